"""The statements of a page: which index drives each, and which of them are asked at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from lineal.protocols.mlflow.filters import parse_filter, parse_order
from lineal.protocols.mlflow.subjects import SUBJECTS
from lineal.query.pages import Page, read_page
from lineal.query.wanted import Wanted
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite

_COUNT = 3_000


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Sqlite]:
    database = Sqlite(MEMORY)
    migrate(database, phase="pre")
    _fill(database)
    yield database
    database.close()


@pytest.fixture(params=[False, True], ids=["unanalysed", "analysed"])
def planned(request: pytest.FixtureRequest, sqlite: Sqlite) -> Sqlite:
    sqlite.run("ANALYZE")
    if not request.param:
        sqlite.run("DELETE FROM sqlite_stat1")
        sqlite.run("ANALYZE sqlite_schema")  # what was known is read anew
    return sqlite


def _fill(database: Database) -> None:
    """Write runs of two experiments; all have ``auc``, one in ten without value, and few ``rare``."""
    numbers = range(_COUNT)
    database.many(
        "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision, experiment)"
        " VALUES (:id, '', 'finished', '', '', '', :at, 1, :experiment)",
        [{"id": f"{number:032x}", "at": number, "experiment": number % 2} for number in numbers],
    )
    database.many(
        "INSERT INTO metric_last (subject, key, value, step, at, experiment) VALUES (:id, :key, :value, 0, 0, :experiment)",
        [
            {
                "id": f"{number:032x}",
                "key": key,
                "value": number * 7919 % _COUNT if number // 2 % 10 else None,
                "experiment": number % 2,
            }
            for number in numbers
            for key in ("auc", "loss", "f1", *(["rare"] if number % 100 in {0, 2} else []))
        ],
    )
    for table in ("param", "tag"):
        database.many(
            f"INSERT INTO {table} (subject, key, value) VALUES (:id, :key, :value)",
            [
                {"id": f"{number:032x}", "key": key, "value": str(number * 7919 % 1_000)}
                for number in numbers
                for key in ("a", "b")
            ],
        )


class Asked:
    """Notes the statements that a page asks, and how each would be carried out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.statements: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        self.statements.append((sql, values))
        return self.database.run(sql, **values)

    def plan(self, number: int) -> list[str]:
        sql, values = self.statements[number]
        how, column = ("QUERY PLAN", "detail") if self.database.dialect == "sqlite" else ("(COSTS OFF)", "QUERY PLAN")
        return [row[column].strip() for row in self.database.run(f"EXPLAIN {how} {sql}", **values)]


def page(
    asked: Asked,
    text: str = "",
    *order: str,
    experiments: tuple[int, ...] | None = (0,),
    limit: int = 20,
    token: str = "",
) -> Page:
    wanted = Wanted(SUBJECTS["runs"].source, parse_filter(text, "runs"), parse_order(order, "runs"), experiments)
    return read_page(wanted, limit=limit, page_token=token, ask=asked)


@pytest.mark.parametrize("order", ["metrics.auc", "metrics.auc DESC"])
@pytest.mark.parametrize("more", [(), ("metrics.loss DESC",), ("params.a", "attributes.run_name")])
def test_an_order_by_a_metric_walks_along_its_values_in_the_experiment(
    planned: Sqlite, order: str, more: tuple[str, ...]
):
    asked = Asked(planned)
    first = page(asked, "", order, *more)
    second = page(asked, "", order, *more, token=first.next_token)

    assert 20 == len(first.rows) == len(second.rows)
    # Each page asks for the value behind it first, and then for the rows before that.
    assert 4 == len(asked.statements)
    for number in (0, 2):
        assert any("USING COVERING INDEX metric_last_experiment (experiment=?" in step for step in asked.plan(number))
    for number in (1, 3):
        plan = asked.plan(number)

        assert plan[0].startswith(
            "SEARCH s0 USING COVERING INDEX metric_last_experiment (experiment=? AND key=? AND value"
        )
        assert plan[1].startswith("SEARCH r USING INDEX sqlite_autoindex_run_1 (id=?)")
        assert all(step.startswith(("SEARCH", "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY")) for step in plan)


def test_an_order_by_a_metric_looks_at_a_bounded_number_of_rows_where_there_are_conditions(planned: Sqlite):
    asked = Asked(planned)
    found = page(asked, "metrics.loss > 10 AND params.a != '3' AND NOT tags.b = '5'", "metrics.auc")
    steps = [step for step in asked.plan(2) if not step.startswith("CORRELATED")]

    assert 20 == len(found.rows)
    assert 3 == len(asked.statements)
    assert all(re.match("SEARCH . USING PRIMARY KEY", step) for step in steps if re.match("(SEARCH|SCAN) [mpt] ", step))
    assert any("metric_last_experiment (experiment=? AND key=? AND value" in step for step in steps)


def test_where_few_hold_their_conditions_find_them_and_not_the_order(planned: Sqlite):
    asked = Asked(planned)
    found = page(asked, "params.a = '7' AND metrics.loss < 50 AND metrics.loss > 0", "metrics.auc", limit=100)
    counts, rest = (asked.plan(number) for number in range(2))

    assert not found.next_token
    for plan in (counts, rest):
        assert any("param_value (key=? AND <expr>=?)" in step for step in plan)
    assert any("metric_last_experiment (experiment=? AND key=? AND value>? AND value<?)" in step for step in counts)
    assert any(re.match(r"SEARCH m USING PRIMARY KEY \(subject=\? AND key=\?\)", step) for step in rest)
    assert any(step.startswith("SEARCH r USING INDEX sqlite_autoindex_run_1 (id=?)") for step in rest)


def test_several_experiments_are_merged_as_each_gives_its_rows(planned: Sqlite):
    asked = Asked(planned)
    page(asked, "", "metrics.auc", experiments=(0, 1))

    for number in (0, 1):
        assert 2 == sum(
            "metric_last_experiment (experiment=? AND key=? AND value" in step for step in asked.plan(number)
        )
    assert 2 == len(asked.statements)


def test_the_values_of_all_experiments_are_walked_where_all_are_meant(planned: Sqlite):
    asked = Asked(planned)
    page(asked, "", "metrics.auc", experiments=None)

    assert asked.plan(1)[0].startswith("SEARCH s0 USING COVERING INDEX metric_last_key (key=? AND value")


def test_the_newest_are_read_from_the_end_of_their_index(planned: Sqlite):
    asked = Asked(planned)
    first = page(asked)
    page(asked, token=first.next_token)

    assert "SEARCH r USING INDEX run_experiment (experiment=?)" == asked.plan(0)[0]
    assert "SEARCH r USING INDEX run_experiment (experiment=? AND started_at<?)" == asked.plan(1)[0]


def test_what_leaves_out_little_looks_at_few_rows_first_and_what_leaves_out_much_finds_the_rest(planned: Sqlite):
    little, much = Asked(planned), Asked(planned)
    first = page(little, "NOT tags.a = '0'")
    rare = page(much, "NOT tags.a != '0'")

    assert 20 == len(first.rows)
    assert 1 == len(little.statements)
    assert max(value for value in little.statements[0][1].values() if isinstance(value, int)) < 50
    assert [2_000, 1_000, 0] == [row["started_at"] for row in rare.rows]


@pytest.mark.parametrize(("order", "index"), [("params.a", "param_value"), ("tags.a DESC", "tag_value")])
def test_an_order_by_a_text_walks_along_its_index(planned: Sqlite, order: str, index: str):
    asked = Asked(planned)
    page(asked, "", order)

    assert any(step.startswith(f"SEARCH s0 USING INDEX {index} (key=?") for step in asked.plan(-1))


def test_nan_and_what_has_no_value_are_asked_for_only_when_the_page_is_not_full(planned: Sqlite):
    asked = Asked(planned)
    first = page(asked, "", "metrics.rare", limit=25)
    of_first = len(asked.statements)
    second = page(asked, "", "metrics.rare", limit=25, token=first.next_token)
    third = page(asked, "", "metrics.rare", limit=25, token=second.next_token)

    assert 2 == of_first
    # That no value is a number is known of so few rows that these are found by it.
    assert any(
        "metric_last_experiment (experiment=? AND key=? AND value=?)" in step
        for number in range(of_first, len(asked.statements))
        for step in asked.plan(number)
    )
    assert [25, 25, 25] == [len(each.rows) for each in (first, second, third)]
    assert any("run_experiment" in step for step in asked.plan(-1))


def test_no_experiment_at_all_asks_nothing(sqlite: Sqlite):
    asked = Asked(sqlite)

    assert Page([], "") == page(asked, experiments=())
    assert [] == asked.statements


def test_postgresql_walks_along_the_same_indexes(postgres_url: str):
    database = Postgres(postgres_url)
    migrate(database, phase="pre")
    _fill(database)
    database.run("ANALYZE")
    asked = Asked(database)
    first = page(asked, "", "metrics.auc DESC")
    page(asked, "", "metrics.auc DESC", token=first.next_token)
    page(asked)
    page(asked, "metrics.loss > 10", "metrics.auc", experiments=(0, 1))
    newest, filtered = asked.plan(4), asked.plan(-1)

    for number in (0, 1, 2, 3):
        plan = " ".join(asked.plan(number))

        assert ("Incremental Sort" in plan) == (number in {1, 3})
        assert "using metric_last_experiment on metric_last s0" in plan
        assert "Seq Scan" not in plan
    # Where an experiment has half of all runs, both indexes are as good.
    assert any(f"using {index} on run r" in step for index in ("run_experiment", "run_started") for step in newest)
    assert 2 == sum("using metric_last_experiment on metric_last s0" in step for step in filtered)
    database.close()

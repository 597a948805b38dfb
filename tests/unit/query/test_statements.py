"""The SQL: one statement, every written word a bound value, and the index that makes it fast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.query.fields import Subject
from lineal.query.keys import VALUED
from lineal.query.pages import Page, read_page
from lineal.query.query import understand
from lineal.query.walks import Walks
from lineal.query.wanted import Statement
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import Sqlite
from tests.unit.query.facts import TOLD
from tests.unit.query.searches import quoted

_SHAPES = (
    "{} > 0.5",
    "has {} best by {}",
    "order by {} desc, params.{}",
    "params.{} = {}",
    "model = {} or author ~ {} or alias != {}",
    "trained on {}",
    "tags.{} = {} or package {} != {}",
    "branch = {} and description like {}",
)
HOSTILE = (
    "x'; DROP TABLE version; --",
    '") OR 1 = 1 --',
    ":limit",
    "%(v0)s",
    "%s",
    "?1",
    "$1",
    "{key}",
    "\\'; --",
    "' UNION SELECT * FROM answer --",
)


class Asked:
    """Notes the statements that a search asks, and how each would be carried out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.statements: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        self.statements.append((sql, values))
        return self.database.run(sql, **values)

    def walk(self) -> list[str]:
        """Return how the first statement is carried out that goes along the values of a metric to rows."""
        return self.plan(next(place for place, (sql, _) in enumerate(self.statements) if " s0 CROSS JOIN " in sql))

    def plan(self, number: int = 0) -> list[str]:
        """Return how a statement is carried out."""
        sql, values = self.statements[number]
        how, column = ("QUERY PLAN", "detail") if self.database.dialect == "sqlite" else ("(COSTS OFF)", "QUERY PLAN")
        return [row[column].strip() for row in self.database.run(f"EXPLAIN {how} {sql}", **values)]


def search(database: Database, text: str, subject: Subject = "versions", token: str = "") -> tuple[Asked, Page]:
    """Ask for a page of a search, and note what was asked."""
    asked = Asked(database)
    found = understand(text, subject=subject, facts=TOLD, now=0)
    return asked, read_page(found.wanted, limit=20, page_token=token, ask=asked)


def rest(text: str, subject: Subject = "versions") -> Statement:
    """Return the statement that finds everything by its conditions."""
    return Walks(understand(text, subject=subject, facts=TOLD, now=0).wanted).rest(VALUED, None, 20)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Sqlite]:
    database = Sqlite(tmp_path / "database.sqlite")
    migrate(database, phase="pre")
    yield database
    database.close()


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_a_bound_value_and_never_part_of_the_statement(shape: str, hostile: str, sqlite: Sqlite):
    count = shape.count("{}")
    innocent, _ = search(sqlite, shape.format(*["zzz"] * count))
    asked, found = search(sqlite, shape.format(*[quoted(hostile)] * count))

    assert [sql for sql, _ in innocent.statements] == [sql for sql, _ in asked.statements]
    assert any(hostile in str(value) for _, values in asked.statements for value in values.values())
    assert [] == found.rows


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip))
def test_no_text_changes_the_statement(text: str):
    shape = "description ~ {} or author ~ {} or params.kind != {} or tags.{} like 'a'"

    assert rest(shape.format(*"xyzw")).sql == rest(shape.format(*[quoted(text)] * 4)).sql


def test_every_mark_of_the_statement_has_a_value_and_every_value_its_mark():
    found = rest(
        "a > 1 and b != NaN and created > 2026 and created = today and version >= 1.2 and params.x = 1 and tags.t like 'x'"
        " and package torch >= 2 and commit = 3fe4 and branch is null and stage = production at today best by c"
    )

    assert set(found.values) == set(re.findall(r":([a-z0-9]+)", found.sql))


def _measure(sqlite: Sqlite, count: int) -> None:
    sqlite.many(
        "INSERT INTO metric_last (subject, key, value, step, at, experiment) VALUES (:subject, :key, :value, 0, 0, 0)",
        [
            {"subject": f"s{n}", "key": key, "value": n * 7919 % count / count}
            for n in range(count)
            for key in ("auc", "log_loss")
        ],
    )


def _record(database: Database, count: int) -> None:
    database.many(
        "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision)"
        " VALUES (:id, 'r', 'finished', '[]', 'ana', '', :at, 1)",
        [{"id": f"s{n}", "at": n} for n in range(count)],
    )
    database.many(
        "INSERT INTO tag (subject, key, value) VALUES (:id, 'team', :value)",
        [{"id": f"s{n}", "value": str(n % 4)} for n in range(count)],
    )


@pytest.mark.parametrize("is_filled", [False, True])
@pytest.mark.parametrize("subject", ["versions", "runs"])
@pytest.mark.parametrize("text", ["auc > 0.5", "auc = 0.5", "auc != 0.5", "auc <= 0.5 and log_loss < 1", "auc = NaN"])
def test_a_condition_on_a_metric_searches_the_index_by_key_and_value(
    sqlite: Sqlite, text: str, subject: Subject, is_filled: bool
):
    if is_filled:
        _measure(sqlite, 500)
        sqlite.run("ANALYZE")
    found = rest(text, subject)
    plan = [row["detail"] for row in sqlite.run(f"EXPLAIN QUERY PLAN {found.sql}", **found.values)]
    steps = [step for step in plan if re.search(r"\bm\b", step)]

    assert steps
    assert all(step.startswith("SEARCH m ") for step in steps)
    assert any("metric_last_key (key=?" in step for step in steps)


@pytest.mark.parametrize("subject", ["versions", "runs"])
@pytest.mark.parametrize("text", ["best by auc", "worst by auc, log_loss", "auc > 0.1 order by auc desc, params.x"])
def test_the_best_by_a_metric_are_read_along_its_values_from_the_end_of_the_index(
    sqlite: Sqlite, text: str, subject: Subject
):
    _measure(sqlite, 500)
    asked, _ = search(sqlite, text, subject)
    steps = [step for step in asked.walk() if re.search(r"\bs\d\b", step)]

    assert "SEARCH s0 USING COVERING INDEX metric_last_key (key=? AND value>" in steps[0]
    assert all(step.startswith("SEARCH s") for step in steps)


def test_the_newest_versions_are_read_from_the_end_of_their_index(sqlite: Sqlite):
    asked, _ = search(sqlite, "")

    assert ["SCAN v USING INDEX version_created"] == asked.plan()


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("commit = 3fe4a1", "made_with_commit (commit_id>? AND commit_id<?)"),
        ("package torch >= 2", "package_name (name=? AND version=?)"),
        ("package torch >= 2", "made_with_packages (packages=?)"),
        ("trained on data:iris", "named_dataset_by_name (name=?)"),
        ("tags.team = a", "tag_value (key=? AND <expr>=?)"),
        ("tags.team in (a, b)", "tag_value (key=? AND <expr>=?)"),
        ("params.kind = a", "param_value (key=? AND <expr>=?)"),
        ("params.depth = 3 best by auc", "param_key (key=? AND number=?)"),
        ("params.depth > 3 or auc > 1", "param_key (key=? AND number>?)"),
        ("metrics./a/ > 0.5", "metric_last_key (key=? AND value>?)"),
    ],
)
def test_what_is_rare_is_found_by_its_index(sqlite: Sqlite, text: str, index: str):
    found = rest(text, "runs")
    plan = [row["detail"] for row in sqlite.run(f"EXPLAIN QUERY PLAN {found.sql}", **found.values)]

    assert any(index in step for step in plan), plan


def test_postgresql_walks_along_the_same_indexes(postgres_url: str):
    database = Postgres(postgres_url)
    migrate(database, phase="pre")
    _record(database, 5_000)
    _measure(database, 5_000)
    database.run("ANALYZE")
    for text in ("best by auc", "auc > 0.5 order by auc", "best by auc, log_loss tags.team = 3"):
        plan = " ".join(search(database, text, "runs")[0].walk())

        assert "metric_last_key on metric_last s0" in plan
        assert "Seq Scan" not in plan
    database.close()

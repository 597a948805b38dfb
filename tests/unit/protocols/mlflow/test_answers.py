"""SQLite and PostgreSQL find what MLflow means by a filter, whichever way they are asked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.objects.errors import Invalid
from lineal.protocols.mlflow.filters import parse_filter, parse_order
from lineal.protocols.mlflow.subjects import SUBJECTS, SubjectName
from lineal.query import search
from lineal.query.pages import read_page
from lineal.query.wanted import View, Wanted
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from tests.unit.protocols.mlflow.claims import NUMERIC, PATTERNS, WORDED, Claim, claims, like, quoted, scraps
from tests.unit.query.runs import NUMBERS, TEXTS, RunFacts, fill, worlds

HOSTILE = (
    "x'; DROP TABLE run; --",
    "' OR 1 = 1 --",
    ":v0",
    "%(v0)s",
    "%s",
    "?1",
    "$1",
    "{key}",
    "\\'; --",
    "' UNION SELECT * FROM answer --",
)


@pytest.fixture
def sqlite() -> Iterator[Sqlite]:
    database = Sqlite(MEMORY)
    migrate(database, phase="pre")
    yield database
    database.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Postgres]:
    database = Postgres(postgres_url)
    migrate(database, phase="pre")
    yield database
    database.close()


def found(
    database: Database, text: str, subject: SubjectName = "runs", order: tuple[str, ...] = (), view: View = "all"
) -> list[dict[str, object]]:
    wanted = Wanted(SUBJECTS[subject].source, parse_filter(text, subject), parse_order(order, subject), view=view)
    return read_page(wanted, limit=99, ask=database.run).rows


def ids(database: Database, text: str, order: tuple[str, ...] = ()) -> list[object]:
    return [row["id"] for row in found(database, text, order=order)]


def run(number: int, **facts: object) -> RunFacts:
    known = {"metrics": {}, "params": {}, "tags": {}, "datasets": []} | facts
    return RunFacts(str(number), 0, "", "running", "", number, None, is_deleted=False, **known)  # type: ignore[arg-type]


# Looking at no rows makes a walk end at once, so that the conditions find the rows.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds, st.lists(claims, min_size=8, max_size=16))
def test_both_databases_find_what_mlflow_means(
    sqlite: Sqlite, postgres: Postgres, world: list[RunFacts], asked: list[Claim]
):
    for database in (sqlite, postgres):
        fill(database, world)
        for claim in asked:
            expected = [
                each.id for each in sorted(world, key=lambda each: (-each.started_at, each.id)) if claim.holds(each)
            ]

            assert (claim, expected) == (claim, ids(database, claim.text))
            with patch.multiple(search, _LOOKED_AT_TIMES=0, _LOOKED_AT_MORE=0):
                assert (claim, expected) == (claim, ids(database, claim.text))


def test_every_number_compares_as_it_is_meant(sqlite: Sqlite, postgres: Postgres):
    world = [run(number, metrics={"a": value}) for number, value in enumerate(NUMBERS)]
    for database in (sqlite, postgres):
        fill(database, world)
        for sign, value in product(NUMERIC, NUMBERS):
            if math.isfinite(value):
                expected = {each.id for each in world if NUMERIC[sign](each.metrics["a"], value)}

                assert (sign, value, expected) == (sign, value, set(ids(database, f"metrics.a {sign} {value!r}")))


def test_every_text_compares_as_it_is_meant(sqlite: Sqlite, postgres: Postgres):
    world = [run(number, params={"a": value}, tags={"a": value}) for number, value in enumerate(TEXTS)]
    for database in (sqlite, postgres):
        fill(database, world)
        for sign, value, entity in product(WORDED, (*TEXTS, *PATTERNS, *HOSTILE), ("params", "tags")):
            expected = {each.id for each in world if WORDED[sign](each.params["a"], value)}

            assert (sign, value, expected) == (sign, value, set(ids(database, f"{entity}.a {sign} {quoted(value)}")))


def test_numbers_come_first_then_nan_then_runs_without_the_metric_in_both_directions(
    sqlite: Sqlite, postgres: Postgres
):
    values = (0.0, math.nan, None, math.inf, -math.inf, 5.0, None, math.nan, 0.0)
    world = [run(at, metrics={} if value is None else {"a": value}) for at, value in enumerate(values)]
    for database in (sqlite, postgres):
        fill(database, world)

        assert [*"480537162"] == ids(database, "", ("metrics.a",))
        assert [*"358047162"] == ids(database, "", ("metrics.a DESC",))


def test_datasets_are_asked_for_one_at_a_time(sqlite: Sqlite):
    fill(sqlite, [run(1, datasets=[("iris", "d1", "a"), ("Adult", "d2", "b")]), run(2, datasets=[("iris", "d2", "a")])])

    assert ["2", "1"] == ids(sqlite, "dataset.name = 'iris' AND dataset.digest = 'd2'")
    assert ["1"] == ids(sqlite, "dataset.name != 'iris'")


def _experiment(database: Database, number: int, name: str, state: str, **tags: str) -> None:
    database.run(
        "INSERT INTO experiment (number, name, state, artifact_location, created_by, created_at, updated_at, revision)"
        " VALUES (:number, :name, :state, '', '', :number, 0, 1)",
        number=number,
        name=name,
        state=state,
    )
    _tag(database, f"experiment:{number}", **tags)


def _tag(database: Database, subject: str, **tags: str) -> None:
    rows = [{"subject": subject, "key": key.replace("__", "."), "value": value} for key, value in tags.items()]
    database.many("INSERT INTO tag (subject, key, value) VALUES (:subject, :key, :value)", rows)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_experiments_are_found_by_name_number_time_and_tags(request: pytest.FixtureRequest, kind: str):
    database = request.getfixturevalue(kind)
    _experiment(database, 1, "One", "active", team="a")
    _experiment(database, 2, "two", "deleted", team="a")
    _experiment(database, 10, "ten", "active", team="b")

    def numbers(text: str, order: tuple[str, ...] = (), view: View = "active") -> list[object]:
        return [row["number"] for row in found(database, text, "experiments", order, view)]

    assert [10, 1, 0] == numbers("")
    assert [10, 2, 1, 0] == numbers("", view="all")
    assert [2] == numbers("", view="deleted")
    assert [1] == numbers("tags.team = 'a'")
    assert [10, 1] == numbers("experiment_id IN ('1', '10', 'x')")
    assert [0, 1, 10] == numbers("", ("experiment_id",))
    assert [1] == numbers("name ILIKE 'o%'")
    assert [10] == numbers("creation_time > 1 AND NOT tags.team = 'a'")


def _model(database: Database, name: str, at: int, versions: int, **tags: str) -> None:
    database.run(
        "INSERT INTO model (name, last_number, created_by, created_at, updated_at) VALUES (:name, 0, '', :at, :at + :count)",
        name=name,
        at=at,
        count=versions,
    )
    _tag(database, f"model:{name}", **tags)
    for number in range(1, versions + 1):
        digest = f"sha256:{name}{number}"
        database.run(
            "INSERT INTO object (digest, kind, size_bytes, body, created_at) VALUES (:digest, '', 0, '', 0)",
            digest=digest,
        )
        database.run(
            "INSERT INTO version (model, number, digest, major, minor, patch, stage, card, created_by, created_at, revision,"
            " updated_at) VALUES (:name, :number, :digest, :number, 0, 0, 'staging', '', '', :at, 1, :at)",
            name=name,
            number=number,
            digest=digest,
            at=at + number,
        )


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_models_and_versions_are_found_by_name_number_run_and_tags(request: pytest.FixtureRequest, kind: str):
    database = request.getfixturevalue(kind)
    fill(database, [run(7)])
    _model(database, "churn", 10, 2, team="a")
    _model(database, "hello", 20, 1, mlflow__prompt__is_prompt="true")
    _model(database, "adult", 5, 0, mlflow__prompt__is_prompt="false")
    _tag(database, "version:churn/2", team="a")
    database.run("UPDATE version SET source = 's3://x' WHERE model = 'churn' AND number = 2")
    database.run("UPDATE version SET run = '7' WHERE model = 'churn' AND number = 1")

    def models(text: str, *order: str) -> list[object]:
        return [row["name"] for row in found(database, text, "registered models", order)]

    def versions(text: str, *order: str) -> list[tuple[object, object]]:
        return [(row["model"], row["number"]) for row in found(database, text, "model versions", order)]

    assert ["adult", "churn", "hello"] == models("")
    assert ["adult", "churn"] == models("tag.`mlflow.prompt.is_prompt` != 'true'")
    assert ["hello"] == models("tag.`mlflow.prompt.is_prompt` = 'true'")
    assert [] == models("tags.team != 'a'")
    assert ["hello", "churn", "adult"] == models("", "last_updated_timestamp DESC")
    assert ["churn"] == models("name LIKE 'ch%' AND tag.`mlflow.prompt.is_prompt` != 'true'")
    assert [("hello", 1), ("churn", 2), ("churn", 1)] == versions("")
    assert [("churn", 1), ("churn", 2)] == versions("name = 'churn'", "version_number ASC")
    assert [("churn", 2)] == versions("tags.team = 'a' AND version_number > 1")
    assert [("churn", 1)] == versions("run_id IN ('7', '8')")
    assert [] == versions("run_id NOT IN ('7')")
    assert [("churn", 2)] == versions("source_path LIKE 's3:%'")


@pytest.mark.parametrize("shape", ["params.{} = {}", "tags.{} LIKE {}", "metrics.{} > 1 AND run_id IN ({})"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_a_bound_value_and_never_part_of_a_statement(shape: str, hostile: str, sqlite: Sqlite):
    asked: dict[str, list[str]] = {"innocent": [], "hostile": []}
    for name, text in (("innocent", "zzz"), ("hostile", hostile)):
        filled = shape.format("`" + text + "`", quoted(text))
        wanted = Wanted(SUBJECTS["runs"].source, parse_filter(filled, "runs"))
        read_page(
            wanted, limit=5, ask=lambda sql, name=name, **values: asked[name].append(sql) or sqlite.run(sql, **values)
        )

    assert asked["innocent"]
    assert asked["innocent"] == asked["hostile"]


def test_a_pattern_made_to_be_slow_is_not(sqlite: Sqlite):
    fill(sqlite, [run(1, params={"a": "a" * 6_000})])

    assert [] == ids(sqlite, f"params.a LIKE '{'%a' * 500}%b'")
    assert like("a" * 60, "%a" * 5 + "%")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scraps, st.sampled_from([*SUBJECTS]))
def test_whatever_is_no_error_is_a_statement_that_both_databases_take(
    sqlite: Sqlite, postgres: Postgres, text: str, subject: SubjectName
):
    with suppress(Invalid):
        parse_filter(text, subject)
        for database in (sqlite, postgres):
            found(database, text, subject)

"""Pages of a search, one after the other, are the whole answer: each row once, in the order that was asked for."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.objects.errors import Invalid
from lineal.operations.asking import columns as choice
from lineal.protocols.mlflow.filters import parse_filter
from lineal.protocols.mlflow.subjects import STATUS_OF, SUBJECTS
from lineal.query import finding, reading, search
from lineal.query.fields import Field
from lineal.query.pages import Page, read_page
from lineal.query.places import fingerprint
from lineal.query.syntax import Blank, Condition, Every, Known, Measured, Not, Noted, Property, Some, Sort
from lineal.query.wanted import Wanted
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from tests.unit.query.runs import EXPERIMENTS, METRICS, RunFacts, fill, worlds

RUNS = SUBJECTS["runs"].source
FIELDS = SUBJECTS["runs"].attributes
END = FIELDS["end_time"]


def _is_open_and_of_others(facts: RunFacts) -> bool:
    return facts.state != "finished" and facts.tags.get("team", "a") != "a"


def _is_neither(facts: RunFacts) -> bool:
    return facts.state != "finished" and facts.user != "a"


def _is_any(facts: RunFacts) -> bool:
    return facts.tags.get("team") == "b" or facts.state == "killed" or (facts.ended_at or 0) >= 2


def _ended_with_another(facts: RunFacts) -> bool:
    return facts.ended_at is not None and facts.ended_at < 2 and facts.metrics.get("auc", 0.5) != 0.5


SOME: tuple[tuple[Condition, Any], ...] = (
    (Every(()), lambda facts: True),
    (Measured("auc", ">", 0.0), lambda facts: facts.metrics.get("auc", math.nan) > 0),
    (Noted("tag", "team", "=", "a"), lambda facts: facts.tags.get("team") == "a"),
    (Not(Known("param", "lr")), lambda facts: "lr" not in facts.params),
    (
        Every((Known("tag", "team"), Known("metric", "val/loss"))),
        lambda facts: "team" in facts.tags and "val/loss" in facts.metrics,
    ),
    (
        Some((Property(FIELDS["start_time"], ">", 1), Known("metric", "auc"))),
        lambda facts: facts.started_at > 1 or "auc" in facts.metrics,
    ),
    (parse_filter("attributes.run_name = 'a'", "runs"), lambda facts: facts.name == "a"),
    (parse_filter("attributes.run_name LIKE 'a%'", "runs"), lambda facts: facts.name.startswith("a")),
    (parse_filter("attributes.run_name ILIKE '%B%'", "runs"), lambda facts: "b" in facts.name),
    (parse_filter("attributes.user_id IN ('a', 'b')", "runs"), lambda facts: facts.user in {"a", "b"}),
    (parse_filter("status = 'FAILED'", "runs"), lambda facts: facts.state in {"failed", "lost"}),
    (parse_filter("status != 'FINISHED' AND tags.team != 'a'", "runs"), _is_open_and_of_others),
    (parse_filter("NOT (status = 'FINISHED' OR user_id = 'a')", "runs"), _is_neither),
    (parse_filter("tags.team = 'b' OR status = 'KILLED' OR end_time >= 2", "runs"), _is_any),
    (parse_filter("end_time < 2 AND metrics.auc != 0.5", "runs"), _ended_with_another),
    (Blank(END), lambda facts: facts.ended_at is None),
)
"""Conditions, and what they mean."""

_GETTERS = {
    "start_time": lambda facts: facts.started_at,
    "end_time": lambda facts: facts.ended_at,
    "run_name": lambda facts: facts.name,
    "run_id": lambda facts: facts.id,
    "user_id": lambda facts: facts.user,
    "status": lambda facts: STATUS_OF[facts.state],
    "artifact_uri": lambda facts: f"here/{facts.id}",
}
_DURATION = choice.sorts("duration asc", lambda _: False)[0].by
_GETTERS["duration"] = lambda facts: None if facts.ended_at is None else facts.ended_at - facts.started_at
_things = [
    *(Known("metric", name) for name in METRICS),
    Known("tag", "team"),
    *(FIELDS[name] for name in _GETTERS if name != "duration"),
    _DURATION,
]
sorts = st.lists(st.builds(Sort, st.sampled_from(_things), st.booleans()), max_size=3).map(tuple)


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


def place(facts: RunFacts, by: Field | Known) -> tuple[int, Any]:
    """Return where a run stands: what has a number or text, NaN, nothing; and the value."""
    if isinstance(by, Field):
        value = _GETTERS[by.name](facts)
    else:
        value = (facts.metrics if by.kind == "metric" else facts.tags).get(by.name)
    if value is None:
        return 2, "" if isinstance(by, Known) and by.kind == "tag" else 0
    return (1, 0) if value != value else (0, value)  # noqa: PLR0124 - NaN


def whole(world: list[RunFacts], wanted: Wanted, holds: Any) -> list[str]:
    """Return the ids of all that is found, in order."""
    found = [
        facts
        for facts in sorted(world, key=lambda facts: (-facts.started_at, facts.id))
        if (wanted.experiments is None or facts.experiment in wanted.experiments)
        and wanted.view in {"all", "deleted" if facts.is_deleted else "active"}
        and holds(facts)
    ]
    for sort in reversed(wanted.sorts):
        found.sort(key=lambda facts, sort=sort: place(facts, sort.by)[1], reverse=not sort.ascending)
        # Sorting backwards keeps equals in their order; and so does what comes last, by itself.
        found.sort(key=lambda facts, sort=sort: place(facts, sort.by)[0])
    return [facts.id for facts in found]


def walked(database: Database, wanted: Wanted, limit: int) -> list[str]:
    """Return the ids of all pages."""
    found, token = list[str](), ""
    while True:
        page = read_page(wanted, limit=limit, page_token=token, ask=database.run)
        found += [row["id"] for row in page.rows]
        assert len(page.rows) == limit or not page.next_token
        assert len(found) < 99
        token = page.next_token
        if not token:
            return found


# How many rows a walk looks at decides which statements are asked; so few that they are all asked of a small world.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    worlds,
    st.lists(
        st.tuples(
            st.sampled_from(SOME),
            sorts,
            st.none() | st.lists(st.sampled_from(EXPERIMENTS), max_size=4).map(tuple),
            st.sampled_from(("active", "deleted", "all")),
            st.integers(1, 6),
            st.sampled_from(((1, 0), (1, 2), (4, 400))),
            st.sampled_from((0, 2, 32)),
            st.sampled_from((3, 1_000)),
        ),
        min_size=4,
        max_size=8,
    ),
)
def test_pages_in_a_row_are_the_whole_answer(
    sqlite: Sqlite, postgres: Postgres, world: list[RunFacts], asked: list[Any]
):
    for database in (sqlite, postgres):
        fill(database, world)
        for (condition, holds), by, experiments, view, limit, (times, more), experiments_max, walked_max in asked:
            wanted = Wanted(RUNS, condition, by, experiments, view)
            with (
                patch.multiple(search, _LOOKED_AT_TIMES=times, _LOOKED_AT_MORE=more),
                patch.multiple(reading, _AHEAD_TIMES=times, _AHEAD_MORE=more, _WALKED_MAX=walked_max),
                patch.object(search, "EXPERIMENTS_WALKED_MAX", experiments_max),
                patch.object(finding, "EXPERIMENTS_WALKED_MAX", experiments_max),
            ):
                assert whole(world, wanted, holds) == walked(database, wanted, limit)


BY_AUC = Wanted(
    RUNS, Every(()), (Sort(Known("metric", "auc"), ascending=True), Sort(FIELDS["run_name"], ascending=True))
)


def nothing(sql: str, **values: Any) -> list[dict[str, Any]]:
    return []


def sealed(*places: Any, wanted: Wanted = BY_AUC) -> str:
    seal = fingerprint(wanted.source.name, wanted.condition, wanted.sorts, None, wanted.view)
    return base64.urlsafe_b64encode(msgspec.json.encode((seal, places))).decode()


REST = ((0, "a"), (0, 5), (0, "id"))


@pytest.mark.parametrize("token", ["!", "eyJ", "é", "\ud800", "a b", "e30=e30="])
def test_what_is_not_base64_is_no_token(token: str):
    with pytest.raises(Invalid, match=r"^Invalid page token, could not base64-decode$"):
        read_page(BY_AUC, limit=1, page_token=token, ask=nothing)


@pytest.mark.parametrize(
    "token",
    [
        "e30=",
        base64.b64encode(b'{"offset": 20}').decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[" * 100_000).decode(),
        sealed(),
        sealed((0, 1.5)),
        sealed((0, 1.5), *REST, (0, 1)),
        sealed((0, "1.5"), *REST),
        sealed((0, None), *REST),
        sealed((0, True), *REST),
        sealed((0, 10**30), *REST),
        sealed((0, [1]), *REST),
        sealed((1, 1.5), *REST),
        sealed((3, None), *REST),
        sealed((-1, None), *REST),
        sealed((0, 1.5), (1, None), *REST[1:]),
        sealed((0, 1.5), (0, 7), *REST[1:]),
        sealed((0, 1.5), (0, "a\x00"), *REST[1:]),
        sealed((0, 1.5), (0, "a"), (0, 5.5), (0, "id")),
        sealed((0, 1.5), (0, "a" * 200_000), *REST[1:]),
    ],
)
def test_what_no_page_gave_is_no_token(token: str):
    with pytest.raises(Invalid, match=r"^Invalid page token$"):
        read_page(BY_AUC, limit=1, page_token=token, ask=nothing)


@pytest.mark.parametrize("first", [(0, 1.5), (0, 2), (0, "Infinity"), (0, "-Infinity"), (1, None), (2, None)])
def test_what_a_page_could_have_given_is_a_token(first: Any):
    assert Page([], "") == read_page(BY_AUC, limit=1, page_token=sealed(first, *REST), ask=_reaching_nothing)


def _reaching_nothing(sql: str, **values: Any) -> list[dict[str, Any]]:
    told = [{"reach": 0}] if "AS reach" in sql else []
    return [{"count_0": 0}] if "AS count_0" in sql else told


@pytest.mark.parametrize(
    "other",
    [
        msgspec.structs.replace(BY_AUC, condition=Known("metric", "auc")),
        msgspec.structs.replace(BY_AUC, sorts=tuple(reversed(BY_AUC.sorts))),
        msgspec.structs.replace(BY_AUC, sorts=BY_AUC.sorts[:1]),
        msgspec.structs.replace(BY_AUC, experiments=(1,)),
        msgspec.structs.replace(BY_AUC, view="all"),
    ],
)
def test_the_token_of_another_search_is_refused(other: Wanted):
    token = sealed((0, 1.5), *REST)
    with pytest.raises(Invalid, match=r"^Invalid page token$"):
        read_page(other, limit=1, page_token=token, ask=nothing)


def test_the_same_experiments_in_another_order_are_the_same_search(sqlite: Sqlite):
    fill(sqlite, [_run(number) for number in range(3)])
    first, second = (msgspec.structs.replace(BY_AUC, experiments=each) for each in ((0, 1), (1, 0, 1)))
    token = read_page(first, limit=1, ask=sqlite.run).next_token

    assert ["1"] == [row["id"] for row in read_page(second, limit=1, page_token=token, ask=sqlite.run).rows]


def test_a_page_goes_on_behind_its_last_row_whatever_was_added_before_it(sqlite: Sqlite):
    fill(sqlite, [_run(number) for number in range(1, 4)])
    first = read_page(BY_AUC, limit=1, ask=sqlite.run)
    fill(sqlite, [_run(number) for number in range(4)])
    second = read_page(BY_AUC, limit=9, page_token=first.next_token, ask=sqlite.run)

    assert ["1", "2", "3"] == [row["id"] for row in (*first.rows, *second.rows)]


def test_rows_have_the_columns_of_their_table_and_no_others(sqlite: Sqlite):
    fill(sqlite, [_run(1)])
    columns = {row["name"] for row in sqlite.run("SELECT name FROM pragma_table_info('run')")}
    for order in (BY_AUC.sorts, ()):
        wanted = msgspec.structs.replace(BY_AUC, sorts=order)

        assert [columns] == [set(row) for row in read_page(wanted, limit=5, ask=sqlite.run).rows]


@pytest.mark.parametrize(("limit", "experiments"), [(0, None), (-1, None), (5, tuple(range(30_001)))])
def test_a_page_that_no_database_could_give_is_invalid(limit: int, experiments: tuple[int, ...] | None):
    with pytest.raises(Invalid, match="a page has at least one row"):
        read_page(Wanted(RUNS, experiments=experiments), limit=limit, ask=nothing)


def test_many_experiments_are_searched_at_once(sqlite: Sqlite, postgres: Postgres):
    for database in (sqlite, postgres):
        fill(database, [_run(number) for number in range(3)])
        for sorts_ in (BY_AUC.sorts, ()):
            wanted = Wanted(RUNS, sorts=sorts_, experiments=tuple(range(30_000)))

            assert 3 == len(read_page(wanted, limit=5, ask=database.run).rows)


def _run(number: int) -> RunFacts:
    return RunFacts(
        str(number),
        0,
        "a",
        "running",
        "",
        0,
        None,
        is_deleted=False,
        metrics={"auc": float(number)},
        params={},
        tags={},
        datasets=[],
    )

"""Pages of a search, one after the other, are the whole answer: each row once, in the order that was asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.protocols.mlflow.subjects import SUBJECTS
from lineal.query import walks
from lineal.query.fields import Field
from lineal.query.pages import read_page
from lineal.query.syntax import Condition, Every, Known, Measured, Not, Noted, Property, Some, Sort
from lineal.query.walks import Wanted
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from tests.unit.query.runs import EXPERIMENTS, METRICS, RunFacts, fill, worlds

RUNS = SUBJECTS["runs"].source
FIELDS = SUBJECTS["runs"].attributes
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
)
"""Conditions, and what they mean."""

_GETTERS = {
    "start_time": lambda facts: facts.started_at,
    "end_time": lambda facts: facts.ended_at,
    "run_name": lambda facts: facts.name,
    "run_id": lambda facts: facts.id,
}
_things = [*(Known("metric", name) for name in METRICS), Known("tag", "team"), *(FIELDS[name] for name in _GETTERS)]
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
        for (condition, holds), by, experiments, view, limit, (times, more), experiments_max in asked:
            wanted = Wanted(RUNS, condition, by, experiments, view)
            with (
                patch.object(walks, "_LOOKED_AT_TIMES", times),
                patch.object(walks, "_LOOKED_AT_MORE", more),
                patch.object(walks, "EXPERIMENTS_WALKED_MAX", experiments_max),
            ):
                assert whole(world, wanted, holds) == walked(database, wanted, limit)

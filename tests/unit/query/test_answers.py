"""SQLite and PostgreSQL find what a search means, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.objects.errors import Invalid
from lineal.query import reading, search, texts
from lineal.query.fields import Subject
from lineal.query.pages import read_page
from lineal.query.query import understand
from lineal.query.syntax import Every, Not, Query
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import Sqlite
from tests.unit.query.facts import TOLD
from tests.unit.query.meaning import answer
from tests.unit.query.searches import every_condition, every_sort, queries, scraps, written
from tests.unit.query.world import NOW, World, fill, full_world, worlds

_SUBJECTS: tuple[Subject, ...] = ("versions", "runs")
_LIMIT = 20


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["id"],) if "id" in row else (row["model"], row["number"])


def found(database: Database, text: str, subject: Subject) -> list[tuple[Any, ...]]:
    asked = understand(text, subject=subject, facts=TOLD, now=NOW)
    rows, _ = read_page(asked.wanted, limit=asked.limit or _LIMIT, ask=database.run)
    return [_key(row) for row in rows]


def in_pages(database: Database, text: str, subject: Subject, size: int) -> list[tuple[Any, ...]]:
    """Return what all pages of a search show, one after the other."""
    keys, token = list[tuple[Any, ...]](), ""
    while True:
        asked = understand(text, subject=subject, facts=TOLD, now=NOW)
        page = read_page(asked.wanted, limit=size, page_token=token, ask=database.run)
        keys += map(_key, page.rows)
        token = page.next_token
        if not token:
            return keys


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Sqlite]:
    database = Sqlite(tmp_path / "database.sqlite")
    migrate(database, phase="pre")
    yield database
    database.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Postgres]:
    database = Postgres(postgres_url)
    migrate(database, phase="pre")
    yield database
    database.close()


@st.composite
def questions(draw: st.DrawFn) -> tuple[World, list[tuple[Subject, Query]]]:
    """Draw a world and what is asked of it; a world costs far more to write down than a question to ask."""
    world = draw(worlds())
    asked = st.sampled_from(_SUBJECTS).flatmap(lambda subject: st.tuples(st.just(subject), queries(subject)))
    return world, draw(st.lists(asked, min_size=5, max_size=10))


@pytest.mark.parametrize("subject", _SUBJECTS)
def test_every_comparison_and_what_it_leaves_out_is_found(sqlite: Sqlite, postgres: Postgres, subject: Subject):
    world = full_world()
    for database in (sqlite, postgres):
        fill(database, world)
    for condition in every_condition(subject):
        for query in (Query(condition, limit=99), Query(Not(condition), limit=99)):
            text = written(query)
            expected = (text, answer(world, query, subject, _LIMIT))

            assert expected == (text, found(sqlite, text, subject))
            assert expected == (text, found(postgres, text, subject))


@pytest.mark.parametrize("subject", _SUBJECTS)
def test_every_order_puts_the_same_first(sqlite: Sqlite, postgres: Postgres, subject: Subject):
    world = full_world()
    for database in (sqlite, postgres):
        fill(database, world)
    for first, second in product(every_sort(subject), list(every_sort(subject))[::5]):
        query = Query(Every(()), (first, second), limit=99)
        text = written(query)
        expected = (text, answer(world, query, subject, _LIMIT))

        assert expected == (text, found(sqlite, text, subject))
        assert expected == (text, found(postgres, text, subject))


# Each example begins by emptying the tables.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(questions())
def test_both_databases_find_what_the_search_means(
    sqlite: Sqlite, postgres: Postgres, question: tuple[World, list[tuple[Subject, Query]]]
):
    world, asked = question
    for database in (sqlite, postgres):
        fill(database, world)
        for subject, query in asked:
            text = written(query)

            assert (text, answer(world, query, subject, _LIMIT)) == (text, found(database, text, subject))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(questions(), st.integers(1, 4), st.sampled_from([(0, 1), (1, 3), (4, 400)]))
def test_pages_one_after_the_other_are_all_that_is_found(
    sqlite: Sqlite,
    postgres: Postgres,
    question: tuple[World, list[tuple[Subject, Query]]],
    size: int,
    looked: tuple[int, int],
):
    world, asked = question
    with (
        patch.multiple(search, _LOOKED_AT_TIMES=looked[0], _LOOKED_AT_MORE=looked[1]),
        patch.multiple(reading, _AHEAD_TIMES=looked[0], _AHEAD_MORE=looked[1], _WALKED_MAX=20 * looked[1]),
        patch.multiple(texts, TEXTS_MAX=looked[0]),
    ):
        for database in (sqlite, postgres):
            fill(database, world)
            for subject, query in asked:
                whole = msgspec.structs.replace(query, limit=None)
                text = written(whole)

                assert (text, answer(world, whole, subject, 99)) == (text, in_pages(database, text, subject, size))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scraps, st.sampled_from(_SUBJECTS))
def test_whatever_is_no_error_is_a_statement_that_both_databases_take(
    sqlite: Sqlite, postgres: Postgres, text: str, subject: Subject
):
    with suppress(Invalid):
        assert [[], []] == [found(database, text, subject) for database in (sqlite, postgres)]

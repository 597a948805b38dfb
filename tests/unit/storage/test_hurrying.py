"""Changes that share a commit come out as they do one after the other, whatever fails in them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.objects.errors import Conflict
from lineal.storage.database.database import Database, Later
from lineal.storage.database.grouping import Grouping
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite

_TABLES = ("CREATE TABLE kept (name BIGINT PRIMARY KEY)", "CREATE TABLE noted (name BIGINT)")
_INSERT = "INSERT INTO kept (name) VALUES (:name)"

Act = tuple[Any, ...]


@pytest.fixture(params=["in a file", "on a server"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database in which changes share commits."""
    is_file = request.param == "in a file"
    database = Sqlite(tmp_path / "x.sqlite") if is_file else Postgres(request.getfixturevalue("postgres_url"))
    for each in _TABLES:
        database.run(each)
    yield database
    database.close()


names = st.integers(0, 5)
acts = st.recursive(
    st.one_of(
        st.tuples(st.just("insert"), names),
        st.tuples(st.just("insert many"), st.lists(names, min_size=1, max_size=3)),
        st.tuples(st.just("insert and look"), names),
        st.tuples(st.just("insert and look later"), names),
        st.tuples(st.just("look")),
        st.tuples(st.just("note"), names),
        st.tuples(st.just("give up")),
    ),
    lambda inner: st.tuples(st.sampled_from(["block", "block that may fail"]), st.lists(inner, max_size=4)),
    max_leaves=8,
)
works = st.lists(acts, max_size=4)
beginnings = st.sampled_from(["told before", "told wrongly", "not told"])


def carry_out(database: Database, work: list[Act]) -> None:
    """Do one thing after the other; what is to be looked at later is looked at in the end."""
    later = [found for act in work if (found := _done(database, *act))]
    for each in later:
        each()


def _done(database: Database, kind: str, what: Any = None) -> Later | None:
    match kind:
        case "insert" | "insert and look":
            database.run(_INSERT + (" RETURNING name" if kind != "insert" else ""), name=what)
        case "insert many":
            database.many(_INSERT, [{"name": each} for each in what])
        case "insert and look later":
            return database.later(f"{_INSERT} RETURNING name", name=what)
        case "look":
            database.run("SELECT name FROM kept")
        case "note":
            database.notes(partial(_write, database)).append(what)
        case "block" | "block that may fail":
            with suppress(*((Conflict, RuntimeError) if kind != "block" else ())), database.transaction():
                carry_out(database, what)
        case _:
            raise RuntimeError
    return None


def _write(database: Database, notes: list[int]) -> None:
    database.many("INSERT INTO noted (name) VALUES (:name)", [{"name": each} for each in notes])


def empty(database: Database) -> None:
    for table in ("kept", "noted"):
        database.run(f"DELETE FROM {table}")


def kept(database: Database) -> tuple[list[int], ...]:
    tables = ("kept", "noted")
    return tuple([row["name"] for row in database.run(f"SELECT name FROM {each} ORDER BY name")] for each in tables)


def one_after_the_other(tasks: list[list[Act]]) -> tuple[list[bool], tuple[list[int], ...]]:
    """Return which of the tasks succeed, and what is there then, where every statement waits."""
    database, has_ended = Sqlite(MEMORY), list[bool]()
    for each in _TABLES:
        database.run(each)
    for each in tasks:
        try:
            with database.transaction():
                carry_out(database, each)
            has_ended.append(True)
        except (Conflict, RuntimeError):
            has_ended.append(False)
    found = kept(database)
    database.close()
    return has_ended, found


def foretell(database: Database, work: list[Act], beginning: str) -> bool:
    """Have the database told what a task begins with, where it is a statement whose rows are looked at; or what no task does."""
    if beginning == "told wrongly":
        database.foretell(f"{_INSERT} RETURNING name", name=9)
    elif beginning == "told before" and work and work[0][0] in {"insert and look", "insert and look later"}:
        database.foretell(f"{_INSERT} RETURNING name", name=work[0][1])
    else:
        return False
    return True


def together(database: Database, tasks: list[list[Act]], begun: list[str], *, are_apart: bool) -> list[bool]:
    async def ask() -> list[bool]:
        grouping = Grouping(database)
        grouping._as_one_from_s = inf if are_apart else 0.0
        said = await asyncio.gather(
            *(
                grouping.carry_out(partial(carry_out, database, each), foretell=partial(foretell, database, each, told))
                for each, told in zip(tasks, begun, strict=True)
            ),
            return_exceptions=True,
        )
        return [each is None for each in said]

    return asyncio.run(ask())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(works, beginnings), min_size=1, max_size=5), st.booleans())
def test_together_they_come_out_as_one_after_the_other(
    shared: Database, told: list[tuple[list[Act], str]], are_apart: bool
) -> None:
    empty(shared)
    tasks, begun = [each for each, _ in told], [each for _, each in told]
    has_ended = together(shared, tasks, begun, are_apart=are_apart)

    # Those that are carried out alone come behind the others: then what is there is that of another order.
    succeeded = [each for each, is_kept in zip(tasks, has_ended, strict=True) if is_kept]
    if all(has_ended):
        assert one_after_the_other(tasks) == (has_ended, kept(shared))
    assert one_after_the_other(succeeded) == ([True] * len(succeeded), kept(shared))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(works)
def test_alone_they_come_out_as_they_do_in_memory(shared: Database, work: list[Act]) -> None:
    empty(shared)
    try:
        with shared.transaction():
            carry_out(shared, work)
        has_ended = True
    except (Conflict, RuntimeError):
        has_ended = False

    assert one_after_the_other([work]) == ([has_ended], kept(shared))

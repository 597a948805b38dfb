"""Changes that share a commit: each is whole or not there, and nobody is told of success before it is safe."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lineal.objects.errors import Conflict, Denied, Unavailable
from lineal.storage.database import grouping as grouping_module
from lineal.storage.database import sqlite_log
from lineal.storage.database.database import Database
from lineal.storage.database.grouping import Grouping
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.database.transactions import Transactions
from tests.unit.storage.purses import amounts

Work = Callable[[], Any]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Sqlite]:
    """A database with one table."""
    found = Sqlite(tmp_path / "database.sqlite")
    found.run("CREATE TABLE number (value INTEGER PRIMARY KEY)")
    yield found
    found.close()


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often the disk is waited for."""
    found, sync = list[int](), sqlite_log._sync_file

    def counting(descriptor: int) -> None:
        found.append(descriptor)
        sync(descriptor)

    monkeypatch.setattr(sqlite_log, "_sync_file", counting)
    return found


def together(database: Database, *works: Work) -> list[Any]:
    """Have all of ``works`` carried out at once; return what each returned or raised."""

    async def ask() -> list[Any]:
        grouping = Grouping(database)
        return await asyncio.gather(*map(grouping.carry_out, works), return_exceptions=True)

    return asyncio.run(ask())


def inserting(database: Sqlite, value: int) -> Work:
    def insert() -> int:
        database.run("INSERT INTO number (value) VALUES (:value)", value=value)
        return value

    return insert


def numbers(tmp_path: Path) -> list[int]:
    """Return what another program sees."""
    with sqlite3.connect(tmp_path / "database.sqlite") as connection:
        return [value for (value,) in connection.execute("SELECT value FROM number ORDER BY value")]


def test_what_was_written_of_a_denied_change_is_kept(database: Sqlite, tmp_path: Path) -> None:
    def denied() -> None:
        database.run("INSERT INTO number (value) VALUES (7)")
        raise Denied("eve is a reader")

    one, other = together(database, inserting(database, 1), denied)

    assert (1, Denied) == (one, type(other))
    assert [1, 7] == numbers(tmp_path)


def test_what_waits_together_waits_for_the_disk_once(database: Sqlite, tmp_path: Path, syncs: list[int]) -> None:
    assert list(range(50)) == together(database, *(inserting(database, value) for value in range(50)))
    assert list(range(50)) == numbers(tmp_path)
    assert 1 == len(syncs)


def test_many_more_than_share_a_commit_are_all_carried_out(database: Sqlite, tmp_path: Path, syncs: list[int]) -> None:
    assert list(range(300)) == together(database, *(inserting(database, value) for value in range(300)))
    assert list(range(300)) == numbers(tmp_path)
    assert 5 == len(syncs)


def test_one_that_fails_leaves_nothing_and_the_others_are_kept(database: Sqlite, tmp_path: Path) -> None:
    def half() -> None:
        inserting(database, 7)()
        inserting(database, 1)()

    first, second, third = (inserting(database, value) for value in (1, 2, 3))
    said = together(database, first, half, second, lambda: 1 / 0, third)

    assert [1, 2, 3] == [each for each in said if isinstance(each, int)]
    assert isinstance(said[1], Conflict)
    assert isinstance(said[3], ZeroDivisionError)
    assert [1, 2, 3] == numbers(tmp_path)


def test_nobody_is_told_of_success_when_the_commit_fails(database: Sqlite, tmp_path: Path) -> None:
    # A key that is looked at only at the end of the change.
    database.run(
        "CREATE TABLE child (value INTEGER REFERENCES number (value) DEFERRABLE INITIALLY DEFERRED)",
    )
    said = together(database, inserting(database, 1), lambda: database.run("INSERT INTO child (value) VALUES (99)"))

    assert [Conflict, Conflict] == [type(each) for each in said]
    assert numbers(tmp_path) == []
    assert [9] == together(database, inserting(database, 9))


def test_nobody_is_told_of_success_when_the_disk_fails(database: Sqlite, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sqlite_log, "_sync_file", broken)
    said = together(database, *(inserting(database, value) for value in range(3)))

    assert all(isinstance(each, Unavailable) and "Input/output error" in each.message for each in said)


def test_it_is_on_the_disk_before_anybody_is_told(database: Sqlite, tmp_path: Path, syncs: list[int]) -> None:
    async def ask() -> None:
        grouping = Grouping(database)
        for value in range(20):
            await grouping.carry_out(inserting(database, value))
            assert value in numbers(tmp_path)
            assert value + 1 == len(syncs)

    asyncio.run(ask())


def test_while_another_program_writes_the_loop_goes_on_and_the_changes_wait(database: Sqlite, tmp_path: Path) -> None:
    async def ask() -> list[Any]:
        grouping, ticks = Grouping(database), 0
        await grouping.carry_out(inserting(database, 0))
        with sqlite3.connect(tmp_path / "database.sqlite", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            asked = [asyncio.ensure_future(grouping.carry_out(inserting(database, value))) for value in (1, 2)]
            while ticks < 20:
                await asyncio.sleep(0.005)
                ticks += 1
            assert not any(each.done() for each in asked)
            other.execute("INSERT INTO number (value) VALUES (100)")
            other.execute("COMMIT")
        other.close()
        return [await each for each in asked] + [await grouping.carry_out(inserting(database, 3))]

    assert [1, 2, 3] == asyncio.run(ask())
    assert [0, 1, 2, 3, 100] == numbers(tmp_path)


def test_who_does_not_wait_any_more_is_not_told(database: Sqlite, tmp_path: Path) -> None:
    async def ask() -> int:
        grouping = Grouping(database)
        gone = asyncio.ensure_future(grouping.carry_out(inserting(database, 1)))
        stays = asyncio.ensure_future(grouping.carry_out(inserting(database, 2)))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert 2 == asyncio.run(ask())
    assert 2 in numbers(tmp_path)


def test_other_threads_still_wait_for_the_disk_themselves(database: Sqlite) -> None:
    found = list[Any]()
    together(database, inserting(database, 1))
    thread = threading.Thread(target=lambda: found.extend(database.run("PRAGMA synchronous")))
    thread.start()
    thread.join()

    assert [{"synchronous": 2}] == found


def test_a_long_log_is_put_into_the_file_and_begun_anew(
    database: Sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_log, "_PAGES", 20)
    log, lengths = tmp_path / "database.sqlite-wal", list[int]()

    async def ask() -> None:
        grouping = Grouping(database)
        for value in range(400):
            await grouping.carry_out(inserting(database, value))
            lengths.append(log.stat().st_size)

    asyncio.run(ask())

    assert list(range(400)) == numbers(tmp_path)
    assert 20 * 4_096 < lengths[-1] < 300 * 4_120  # without that it has eight hundred pages, and grows on


def test_what_puts_the_log_into_the_file_is_not_the_loop(database: Sqlite) -> None:
    assert [[{"wal_autocheckpoint": 0}]] == together(database, lambda: database.run("PRAGMA wal_autocheckpoint"))


def adding(server: Postgres, name: str, *, then: Callable[[], object] = lambda: None) -> Work:
    def add() -> str:
        server.run("UPDATE purse SET amount = amount + 1 WHERE name = :name", name=name)
        then()
        return name

    return add


def test_on_a_server_too_one_that_fails_leaves_nothing_and_the_others_are_kept(server: Postgres) -> None:
    said = together(server, adding(server, "a"), adding(server, "b", then=lambda: 1 / 0), adding(server, "a"))

    assert ["a", "a"] == [each for each in said if isinstance(each, str)]
    assert {"a": 2, "b": 0} == amounts(server)


def test_on_a_server_one_that_fails_after_it_ended_is_told_and_the_others_are_kept(server: Postgres) -> None:
    def take_a_name() -> None:
        server.run("INSERT INTO purse (name, amount) VALUES ('a', 9)")

    said = together(server, adding(server, "a"), take_a_name, adding(server, "b"), adding(server, "a"))

    assert ["a", Conflict, "b", "a"] == [each if isinstance(each, str) else type(each) for each in said]
    assert {"a": 2, "b": 1} == amounts(server)


def test_on_a_server_one_that_expects_a_conflict_goes_on_after_it(server: Postgres) -> None:
    def take_a_name() -> str:
        with suppress(Conflict), server.transaction():
            server.run("INSERT INTO purse (name, amount) VALUES ('a', 9)")
            return "new"
        server.run("UPDATE purse SET amount = 7 WHERE name = 'a'")
        return "known"

    assert ["b", "known", "b"] == together(server, adding(server, "b"), take_a_name, adding(server, "b"))
    assert {"a": 7, "b": 2} == amounts(server)


def test_on_a_server_savepoints_are_taken_only_for_a_while_after_one_failed(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks, inner = list[str](), Transactions._inner

    def noting(transactions: Transactions, statement: str) -> None:
        marks.append(statement.split(maxsplit=1)[0])
        inner(transactions, statement)

    monkeypatch.setattr(Transactions, "_inner", noting)

    async def ask() -> list[int]:
        grouping, counts = Grouping(server), list[int]()
        for then in (int, lambda: 1 / 0, int, lambda: 1 / 0, int):
            if len(counts) == 4:
                grouping._as_one_from_s = 0.0  # as it is after a while
            works = [adding(server, "a"), adding(server, "b", then=then)]
            await asyncio.gather(*map(grouping.carry_out, works), return_exceptions=True)
            counts.append(marks.count("SAVEPOINT"))
            marks.clear()
        return counts

    assert [0, 0, 1, 1, 0] == asyncio.run(ask())
    assert {"a": 5, "b": 3} == amounts(server)


def test_on_a_server_a_group_goes_on_while_another_waits(server: Postgres) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def wait() -> bool:
        has_begun.set()
        return may_end.wait(10)

    async def ask() -> list[Any]:
        grouping = Grouping(server)
        first = asyncio.ensure_future(grouping.carry_out(adding(server, "a", then=wait)))
        await asyncio.get_running_loop().run_in_executor(None, has_begun.wait, 10)
        said = [await grouping.carry_out(adding(server, "b"))]
        may_end.set()
        return [*said, await first]

    assert ["b", "a"] == asyncio.run(ask())
    assert {"a": 1, "b": 1} == amounts(server)


def test_on_a_server_another_group_begins_when_it_is_as_large_as_the_one_that_goes_on(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping_module, "_PATIENCE_S", 600)
    has_begun, may_end, done = threading.Event(), threading.Event(), list[int]()

    def wait() -> bool:
        has_begun.set()
        return may_end.wait(10)

    async def ask() -> list[Any]:
        grouping, loop = Grouping(server), asyncio.get_running_loop()
        first = [asyncio.ensure_future(grouping.carry_out(each)) for each in (wait, int)]
        await loop.run_in_executor(None, has_begun.wait, 10)
        alone = asyncio.ensure_future(grouping.carry_out(lambda: done.append(1)))
        await asyncio.sleep(0.05)
        before = [*done]
        await asyncio.wait_for(asyncio.gather(alone, grouping.carry_out(lambda: done.append(2))), 10)
        may_end.set()
        return [before, *await asyncio.gather(*first)]

    assert [[], True, 0] == asyncio.run(ask())
    assert [1, 2] == done


def test_two_groups_that_wait_for_one_another_both_come_to_their_end(server: Postgres) -> None:
    has_first, is_waited_for = threading.Event(), threading.Event()
    ours = Postgres(server._url)

    def be_the_other() -> None:
        with server.transaction():
            server.run("SET LOCAL deadlock_timeout = '60s'")  # so that ours is the one that gives way
            adding(server, "b")()
            has_first.set()
            is_waited_for.wait(10)
            adding(server, "a")()

    other = threading.Thread(target=be_the_other)
    other.start()
    has_first.wait(10)
    said = together(ours, adding(ours, "a", then=is_waited_for.set), adding(ours, "b"))
    other.join()
    ours.close()

    assert ["a", "b"] == said
    assert {"a": 2, "b": 2} == amounts(server)


def test_two_groups_of_a_server_have_the_same_order_of_what_they_change(server: Postgres) -> None:
    has_first, has_second, done = threading.Event(), threading.Event(), list[str]()

    def changing(group: int, name: str, *, then: Callable[[], object] = lambda: None) -> tuple[Work, Callable[[], str]]:
        def change() -> None:
            adding(server, name, then=then)()
            server.run("SELECT 1")  # the row is ours now
            done.append(f"{group} {name}")

        return change, lambda: name

    def begin_both() -> None:
        has_first.set()
        has_second.wait(0.3)

    async def ask() -> None:
        grouping = Grouping(server)
        # Whoever came first is not the one that is changed first, so the groups would wait for one another.
        first = [grouping.carry_out(*changing(1, name, then=begin_both)) for name in ("a", "b")]
        ended = [asyncio.ensure_future(each) for each in first]
        await asyncio.get_running_loop().run_in_executor(None, has_first.wait, 10)
        second = [grouping.carry_out(*changing(2, name, then=has_second.set)) for name in ("b", "a") * 3]
        await asyncio.gather(*ended, *second)

    asyncio.run(ask())

    one, other = ["1 a", "1 b"], [*["2 a"] * 3, *["2 b"] * 3]
    assert done in (one + other, other + one), "none was done twice, and whoever was second waited for all of the first"
    assert {"a": 4, "b": 4} == amounts(server)


def test_what_cannot_say_what_it_is_about_has_nobody_else_fail(server: Postgres) -> None:
    async def ask() -> list[Any]:
        grouping = Grouping(server)
        works = [
            grouping.carry_out(adding(server, "a"), lambda: str(1 / 0)),
            grouping.carry_out(adding(server, "b"), lambda: "b"),
        ]
        return await asyncio.gather(*works)

    assert ["a", "b"] == asyncio.run(ask())

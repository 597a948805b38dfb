"""Changes that share a commit: each is whole or not there, and nobody is told of success before it is safe."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lineal.objects.errors import Conflict, Denied, Unavailable
from lineal.storage.database import sqlite_log
from lineal.storage.database.grouping import Grouping
from lineal.storage.database.sqlite import Sqlite
from tests.unit.storage.together import Work, savepoints, together


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


def test_one_that_fails_is_not_done_again_after_those_that_came_later(database: Sqlite, tmp_path: Path) -> None:
    def take_both_or_one() -> str:
        with suppress(Conflict), database.transaction():
            inserting(database, 1)()
            inserting(database, 2)()
        inserting(database, 1)()
        return "one"

    first, second = together(database, take_both_or_one, inserting(database, 2))

    assert (Conflict, 2) == (type(first), second)
    assert [2] == numbers(tmp_path)


def test_who_has_the_commit_fail_is_told_and_the_others_are_kept(database: Sqlite, tmp_path: Path) -> None:
    # A key that is looked at only at the end of the change.
    database.run(
        "CREATE TABLE child (value INTEGER REFERENCES number (value) DEFERRABLE INITIALLY DEFERRED)",
    )
    said = together(database, inserting(database, 1), lambda: database.run("INSERT INTO child (value) VALUES (99)"))

    assert [1, Conflict] == [each if isinstance(each, int) else type(each) for each in said]
    assert [1] == numbers(tmp_path)
    assert [9] == together(database, inserting(database, 9))


def test_savepoints_are_taken_only_for_a_while_after_one_failed(
    database: Sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [0, 0, 1, 1, 0] == savepoints(monkeypatch, database, lambda turn: inserting(database, turn))
    assert [0, 1, 2, 3, 4, 100, 102, 104] == numbers(tmp_path)


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


def test_a_quick_question_is_answered_in_the_loop_and_sees_what_was_told(database: Sqlite) -> None:
    async def ask() -> list[Any]:
        grouping = Grouping(database)
        await grouping.carry_out(inserting(database, 7))
        return [await grouping.read(lambda: database.run("SELECT value FROM number")), await grouping.read(get_ident)]

    get_ident = threading.get_ident
    assert [[{"value": 7}], get_ident()] == asyncio.run(ask())

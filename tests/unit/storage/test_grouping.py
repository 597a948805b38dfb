"""Changes that share a commit: each is whole or not there, and nobody is told of success before it is safe."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lineal.objects.errors import Conflict, LinealError, Unavailable
from lineal.storage.database.grouping import Grouping
from lineal.storage.database.sqlite import Sqlite


class Commits:
    """A database that counts its outermost transactions, and can be told to fail at their ends."""

    dialect = "sqlite"

    def __init__(self, inner: Sqlite) -> None:
        self._inner = inner
        self._depth = 0
        self.count = 0
        self.fails = False

    def run(self, sql: str, /, **values: Any) -> list[dict[str, Any]]:
        return self._inner.run(sql, **values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._depth += 1
        try:
            with self._inner.transaction():
                yield
                if self._depth == 1:
                    self.count += 1
                    if self.fails:
                        raise Unavailable("the disk is full")
        finally:
            self._depth -= 1


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Commits]:
    """A database with one table."""
    inner = Sqlite(tmp_path / "database.sqlite")
    inner.run("CREATE TABLE number (value INTEGER PRIMARY KEY)")
    yield Commits(inner)
    inner.close()


@pytest.fixture
def grouping(database: Commits) -> Iterator[Grouping]:
    """Shares its commits."""
    with Grouping(database) as found:  # type: ignore[arg-type]  # of a database it needs no more
        yield found


def insert(database: Commits, value: int) -> int:
    database.run("INSERT INTO number (value) VALUES (:value)", value=value)
    return value


def numbers(tmp_path: Path) -> list[int]:
    """Return what another program sees."""
    with sqlite3.connect(tmp_path / "database.sqlite") as connection:
        return [value for (value,) in connection.execute("SELECT value FROM number ORDER BY value")]


def held(grouping: Grouping) -> threading.Event:
    """Keep the thread busy until the event, so that what follows waits together."""
    event = threading.Event()
    grouping.submit(event.wait)
    return event


def test_what_waits_together_shares_a_commit(grouping: Grouping, database: Commits, tmp_path: Path) -> None:
    event = held(grouping)
    futures = [grouping.submit(insert, database, value) for value in range(50)]
    event.set()

    assert list(range(50)) == [each.result() for each in futures]
    assert list(range(50)) == numbers(tmp_path)
    assert database.count <= 3


def test_one_that_fails_leaves_nothing_and_the_others_are_kept(
    grouping: Grouping, database: Commits, tmp_path: Path
) -> None:
    def half() -> None:
        insert(database, 7)
        insert(database, 1)

    event = held(grouping)
    futures: list[Future[Any]] = [grouping.submit(insert, database, 1), grouping.submit(half)]
    futures.append(grouping.submit(insert, database, 2))
    futures.append(grouping.submit(lambda: 1 / 0))
    futures.append(grouping.submit(insert, database, 3))
    event.set()
    wait(futures)

    assert [1, None, 2, None, 3] == [None if each.exception() else each.result() for each in futures]
    assert isinstance(futures[1].exception(), Conflict)
    assert isinstance(futures[3].exception(), ZeroDivisionError)
    assert [1, 2, 3] == numbers(tmp_path)


def test_nobody_is_told_of_success_when_the_commit_fails(grouping: Grouping, database: Commits, tmp_path: Path) -> None:
    event = held(grouping)
    futures = [grouping.submit(insert, database, value) for value in range(3)]
    database.fails = True
    event.set()
    wait(futures)

    assert all(isinstance(each.exception(), Unavailable) for each in futures)
    assert numbers(tmp_path) == []
    database.fails = False
    assert 9 == grouping.submit(insert, database, 9).result()


def test_it_is_safe_before_anybody_is_told(grouping: Grouping, database: Commits, tmp_path: Path) -> None:
    for value in range(20):
        grouping.submit(insert, database, value).result()
        assert value in numbers(tmp_path)


def test_many_threads_get_their_own_answers(grouping: Grouping, database: Commits, tmp_path: Path) -> None:
    wrong = list[object]()

    def work(start: int) -> None:
        for value in range(start, start + 50):
            try:
                if grouping.submit(insert, database, value).result() != value:
                    wrong.append(value)
            except LinealError as error:
                wrong.append(error)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 400, 50)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert wrong == []
    assert list(range(400)) == numbers(tmp_path)


def test_what_waits_at_the_end_is_carried_out(database: Commits, tmp_path: Path) -> None:
    grouping = Grouping(database)  # type: ignore[arg-type]
    event = held(grouping)
    futures = [grouping.submit(insert, database, value) for value in range(5)]
    event.set()
    grouping.shutdown()

    assert all(each.done() for each in futures)
    assert list(range(5)) == numbers(tmp_path)

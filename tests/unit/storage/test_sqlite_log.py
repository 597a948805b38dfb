"""The log of a database in a file gets into the file while changes go on, and is begun anew."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lineal.objects.errors import Busy, Unavailable
from lineal.storage.database import sqlite_log
from lineal.storage.database.sqlite_log import Log

PAGES = 20


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has a log of a few pages be a long one."""
    monkeypatch.setattr(sqlite_log, "_PAGES", PAGES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "database.sqlite"


@pytest.fixture
def change(path: Path) -> Iterator[Callable[[], None]]:
    """Changes a database, and leaves its log to others."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE number (value)"
        )
        yield lambda: connection.execute("INSERT INTO number (value) VALUES (1)") and None


class Putting:
    """Puts the log into the file, once it is let; knows in which threads it did, and how many pages were left."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.may = threading.Event()
        self.may.set()
        self.threads = list[str]()
        self.left = list[int]()

    def __call__(self) -> None:
        self.threads.append(threading.current_thread().name)
        assert self.may.wait(20)
        with closing(sqlite3.connect(self._path)) as connection:
            _, log, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self.left.append(log - done)


def test_changes_do_not_wait_while_a_long_log_is_put_into_the_file(path: Path, change: Callable[[], None]) -> None:
    putting = Putting(path)
    log = Log(str(path), putting)
    putting.may.clear()
    for _ in range(5 * PAGES):  # were it done by whoever waits for the disk, this would never end
        change()
        log.sync()
    assert ["lineal-log"] == putting.threads
    putting.may.set()
    log.close()


def test_what_came_meanwhile_is_put_there_between_two_changes_so_that_the_log_is_begun_anew(
    path: Path, change: Callable[[], None]
) -> None:
    putting = Putting(path)
    log = Log(str(path), putting)
    while not putting.left:
        change()
        log.sync()
    while len(putting.left) < 2:
        change()
        log.sync()

    assert ["lineal-log", threading.current_thread().name] == putting.threads
    assert putting.left[1] == 0
    longest = Path(f"{path}-wal").stat().st_size
    for _ in range(5):
        change()
    assert longest == Path(f"{path}-wal").stat().st_size
    log.close()


def test_a_short_log_is_left_alone(path: Path, change: Callable[[], None]) -> None:
    putting = Putting(path)
    log = Log(str(path), putting)
    for _ in range(PAGES // 4):
        change()
        log.sync()
    log.close()

    assert [] == putting.threads


def test_one_that_cannot_be_put_there_now_is_tried_again(path: Path, change: Callable[[], None]) -> None:
    tries = list[str]()

    def busy() -> None:
        tries.append(threading.current_thread().name)
        raise Busy("somebody reads", hint="wait")

    log = Log(str(path), busy)
    while len(tries) < 4:
        change()
        log.sync()
    log.close()

    here = threading.current_thread().name
    assert ["lineal-log", here, "lineal-log", here] == tries


def test_closing_it_waits_for_what_is_being_put_there(path: Path, change: Callable[[], None]) -> None:
    putting = Putting(path)
    log = Log(str(path), putting)
    putting.may.clear()
    while not putting.threads:
        change()
        log.sync()
    threading.Timer(0.05, putting.may.set).start()
    log.close()

    assert len(putting.left) == 1


def test_a_disk_that_fails_is_told(path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file"):
        Log(str(path), lambda: None).sync()

"""Turns: who came first goes first; nobody waits for ever, not even for one that is stopped or was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.objects.errors import Busy
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.turns import Turn, patience, patient

HOLDER = "import sys, time; from lineal.storage.turns import Turn; print(Turn(sys.argv[1]).take(9), flush=True); time.sleep(60)"


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def waiting(directory: Path) -> int:
    """Return how many wait for a lock of ``directory``, as the kernel says."""
    inode = directory.stat().st_ino
    lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    return sum(" -> " in line and f":{inode} " in line for line in lines)


def test_who_came_first_goes_first(tmp_path: Path) -> None:
    order: list[int] = []

    def work(number: int) -> None:
        own = Turn(str(tmp_path))
        assert own.take(30)
        order.append(number)
        own.release()

    first = Turn(str(tmp_path))
    assert first.take(0)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for number, each in enumerate(threads):
        each.start()
        until(lambda number=number: waiting(tmp_path) == number + 1)
    first.release()
    for each in threads:
        each.join()

    assert list(range(20)) == order


def test_a_wait_ends_in_time_and_holds_nobody_up_afterwards(tmp_path: Path) -> None:
    first, second, third = (Turn(str(tmp_path)) for _ in range(3))
    assert first.take(0)
    assert not second.take(0)
    began = time.monotonic()
    assert not second.take(0.05)
    assert 0.05 <= time.monotonic() - began < 5
    first.release()

    assert third.take(30)
    third.release()
    until(lambda: not waiting(tmp_path))
    assert second.take(0)
    second.release()


def test_a_turn_ends_with_its_holder_and_is_not_inherited(tmp_path: Path) -> None:
    with subprocess.Popen((sys.executable, "-c", HOLDER, str(tmp_path)), stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert "True\n" == holder.stdout.readline()
        own = Turn(str(tmp_path))
        assert not own.take(0)
        holder.send_signal(signal.SIGKILL)
        assert own.take(30)
    if not (child := os.fork()):  # has the descriptor open, too
        time.sleep(60)
        os._exit(0)
    own.release()
    try:
        assert Turn(str(tmp_path)).take(0)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_where_nothing_can_be_locked_there_is_no_order(tmp_path: Path) -> None:
    turns = [Turn(str(tmp_path / "nowhere")) for _ in range(2)]

    assert all(each.take(0) for each in turns)


def test_a_patient_writer_is_told_that_others_write_and_one_with_time_goes_on_without_a_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Sqlite(tmp_path / "x.sqlite")
    database.run("CREATE TABLE kept (value BIGINT)")
    holder = Turn(str(tmp_path))
    assert holder.take(0)

    with patient(0.05), pytest.raises(Busy, match="others write"), database.transaction():
        pass
    assert float("inf") == patience()
    monkeypatch.setattr("lineal.storage.database.sqlite._WAITS_S", 0.05)
    with database.transaction():  # whoever holds the turn may be stopped, and writes nothing
        database.run("INSERT INTO kept VALUES (1)")
    holder.release()

    assert [{"value": 1}] == database.run("SELECT value FROM kept")


def test_writers_of_many_threads_and_connections_all_come_to_their_turn(tmp_path: Path) -> None:
    database = Sqlite(tmp_path / "x.sqlite")
    database.run("CREATE TABLE kept (value BIGINT)")
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                with patient(20), database.transaction():
                    (row,) = database.run("SELECT coalesce(max(value), 0) + 1 AS next FROM kept")
                    database.run("INSERT INTO kept VALUES (:next)", next=row["next"])
        except BaseException as error:  # noqa: BLE001 told below
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(30)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert [] == failed
    assert [{"count": 150, "last": 150}] == database.run("SELECT count(*) AS count, max(value) AS last FROM kept")
    assert not waiting(tmp_path)

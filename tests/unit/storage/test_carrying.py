"""Packs that other processes copy: as they were, whatever becomes of these processes, and none that is not what it should be."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lineal.formats.pack import Table
from lineal.objects.errors import Corrupt
from lineal.storage import processes
from lineal.storage.blobs import carrying
from lineal.storage.blobs.carrying import Carriers
from tests.unit.storage import processes as processes_of_tests
from tests.unit.storage.spoiling import flip
from tests.unit.storage.test_copying import opened
from tests.unit.storage.test_passing import packed

SIZES = [10_000] * 900


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Processes that were started."""
    found, start = list[subprocess.Popen[bytes]](), processes.start

    def noting(*arguments: str) -> subprocess.Popen[bytes]:
        found.append(start(*arguments))
        return found[-1]

    monkeypatch.setattr(carrying, "_COUNT", 2)
    monkeypatch.setattr(processes, "start", noting)
    return found


def test_packs_are_copied_by_other_processes_as_they_were(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    tables = [packed(tmp_path / f"pack{number}", SIZES) for number in range(5)]

    with Carriers() as carriers, ThreadPoolExecutor(4) as threads:

        def copied(number: int) -> int:
            told = list[int]()
            with opened(tmp_path / f"pack{number}", tmp_path / f"copy{number}") as files:
                carriers.copy(tables[number], *files, told.append, cached=number % 2 == 0)
            return sum(told)

        assert [each.size_bytes for each in tables] == list(threads.map(copied, range(5)))
    for number in range(5):
        assert (tmp_path / f"pack{number}").read_bytes() == (tmp_path / f"copy{number}").read_bytes()
    assert 1 <= len(started) <= 2
    assert all(each.returncode == 0 for each in started)


def test_for_a_small_pack_no_process_is_started(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    table = packed(tmp_path / "pack", [10_000] * 100)
    with Carriers() as carriers, opened(tmp_path / "pack", tmp_path / "copy") as files:
        carriers.copy(table, *files, lambda _: None)

    assert (tmp_path / "pack").read_bytes() == (tmp_path / "copy").read_bytes()
    assert [] == started


def test_a_program_that_has_python_inside_copies_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/app/some-program")
    monkeypatch.setattr(subprocess, "Popen", None)
    table, told = packed(tmp_path / "pack", SIZES), list[int]()
    with Carriers() as carriers, opened(tmp_path / "pack", tmp_path / "copy") as files:
        carriers.copy(table, *files, told.append)

    assert (tmp_path / "pack").read_bytes() == (tmp_path / "copy").read_bytes()
    assert table.size_bytes == sum(told)


def test_a_process_that_is_killed_costs_time_only(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    table, told = packed(tmp_path / "pack", SIZES), list[int]()

    def killing(more: int) -> None:
        told.append(more)
        started[0].kill()
        started[0].wait()

    with Carriers() as carriers:
        for name in ("first", "second"):
            with opened(tmp_path / "pack", tmp_path / name) as files:
                carriers.copy(table, *files, killing if name == "first" else told.append)

            assert (tmp_path / "pack").read_bytes() == (tmp_path / name).read_bytes()
    assert 2 * table.size_bytes == sum(told)


_COPIES = """
from lineal.formats import pack
from lineal.storage.blobs import carrying
carrying._COUNT = 2
source, target = os.open(here / "pack", os.O_RDONLY), os.open(here / "copy", os.O_RDWR | os.O_CREAT)
table = pack.read_table(sys.argv[2], open(source, "rb", closefd=False), is_known=True)
carriers, told_bytes = carrying.Carriers(), []
carriers.expect(table.size_bytes)
copies = [each._process.process for each in carriers._all]
carrying.processes.start = None  # nothing else is started
def passed(more):
    told_bytes.append(more)
    {meanwhile}
with carriers:
    {before}
    told(lambda: carriers.copy(table, source, target, passed))
    print(len(copies), sum(told_bytes), len(told_bytes) > 1)
print([each._process for each in carriers._all])
"""


def copied_by_copies(here: Path, table: Table, *, before: str = "pass", meanwhile: str = "pass") -> list[str]:
    """Return what a process says that has nothing else under way and has a pack copied."""
    running = processes_of_tests.start(_COPIES.format(before=before, meanwhile=meanwhile), here, table.name)
    out, error = running.communicate(timeout=120)

    assert ("", 0) == (error, running.returncode)
    return out.splitlines()


def test_copies_of_a_process_that_has_nothing_else_under_way_carry_for_it(tmp_path: Path) -> None:
    table = packed(tmp_path / "pack", SIZES)

    assert [f"2 {table.size_bytes} True", "[None, None]"] == copied_by_copies(tmp_path, table)
    assert (tmp_path / "pack").read_bytes() == (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_copies_that_are_killed_cost_time_only(when: str, tmp_path: Path) -> None:
    table = packed(tmp_path / "pack", SIZES)
    killed = {when: "len(told_bytes) < 2 and [os.kill(each, 9) for each in copies]"}

    assert f"2 {table.size_bytes} {when == 'meanwhile'}" == copied_by_copies(tmp_path, table, **killed)[0]
    assert (tmp_path / "pack").read_bytes() == (tmp_path / "copy").read_bytes()


def test_a_copy_tells_of_a_damaged_pack(tmp_path: Path) -> None:
    table = packed(tmp_path / "pack", SIZES)
    flip(tmp_path / "pack", 5)

    assert "Corrupt" == copied_by_copies(tmp_path, table)[0].split()[0]


def test_for_a_small_pack_no_copy_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "copy", None)
    with Carriers() as carriers:
        carriers.expect((4 << 20) - 1)


@pytest.mark.parametrize("at", [5, -5], ids=["a blob", "the end"])
def test_a_damaged_pack_is_told(at: int, tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    table = packed(tmp_path / "pack", SIZES)
    flip(tmp_path / "pack", at)
    with Carriers() as carriers:
        with pytest.raises(Corrupt), opened(tmp_path / "pack", tmp_path / "copy") as files:
            carriers.copy(table, *files, lambda _: None)
        flip(tmp_path / "pack", at)
        with opened(tmp_path / "pack", tmp_path / "again") as files:
            carriers.copy(table, *files, lambda _: None)

    assert (tmp_path / "pack").read_bytes() == (tmp_path / "again").read_bytes()
    assert 1 == len(started)


def test_what_is_left_of_one_answer_is_never_taken_for_another_one(tmp_path: Path) -> None:
    table, other = packed(tmp_path / "pack", SIZES), packed(tmp_path / "other", SIZES)

    def ending(_: int) -> None:
        raise KeyboardInterrupt

    with Carriers() as carriers:
        with pytest.raises(KeyboardInterrupt), opened(tmp_path / "pack", tmp_path / "copy") as files:
            carriers.copy(table, *files, ending)
        with opened(tmp_path / "other", tmp_path / "copy") as files:
            carriers.copy(other, *files, lambda _: None)

    assert (tmp_path / "other").read_bytes() == (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize(
    "answer", ["print('d')", "print('d sha256:00')", "print('f')", "print('p')", "print('x' * 70_000)"]
)
def test_a_process_that_talks_nonsense_is_done_without(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "_RUN", f"input(); {answer}")
    table, told = packed(tmp_path / "pack", SIZES), list[int]()
    with Carriers() as carriers, opened(tmp_path / "pack", tmp_path / "copy") as files:
        os.write(files[1], b"something")
        carriers.copy(table, *files, told.append)

    assert (tmp_path / "pack").read_bytes() == (tmp_path / "copy").read_bytes()
    assert table.size_bytes == sum(told)

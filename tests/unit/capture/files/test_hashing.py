"""Files are hashed while the program runs, and only what still holds is believed at its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.capture.files import hashing, sorting
from lineal.capture.files.hashing import Hashing, hash_file
from lineal.capture.files.watch.choose import Level
from lineal.capture.files.watch.watcher import CLOSE_NOWRITE, CLOSE_WRITE, MODIFY, OPEN, Sightings
from lineal.capture.launched import Launched
from lineal.objects.digest import digest_of, short

Record = Callable[..., Launched]
Write = Callable[[str, str], Path]

KERNEL: tuple[Level, ...] = ("fanotify", "inotify")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "QUIET_S", 0.1)
    monkeypatch.setattr(hashing, "_ROUND_S", 0.02)


@pytest.fixture
def read_at_the_end(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were still to be read after the program's end."""
    read: list[str] = []

    def hash_and_note(path: str) -> object:
        found = hash_file(path)
        read.append(Path(path).name)
        return found

    monkeypatch.setattr(sorting, "hash_file", hash_and_note)
    return read


@pytest.mark.parametrize("level", KERNEL)
def test_what_was_hashed_meanwhile_is_not_read_again_and_stays_what_it_was(
    level: Level, record: Record, write: Write, read_at_the_end: list[str]
) -> None:
    write("in.csv", "1")
    write(
        "program.py",
        "import time\nopen('in.csv').read(); open('out', 'w').write('2')\n"
        "open('again', 'w').write('3'); open('both', 'w').write('6')\n"
        "time.sleep(1.5); open('again', 'w').write('4'); open('late', 'w').write('5'); open('both').read()",
    )

    launched = record("program.py", levels=(level,))

    assert [("in.csv", digest_of(b"1"))] == [(each.path, each.digest) for each in launched.inputs]
    assert {"again": digest_of(b"4"), "late": digest_of(b"5"), "out": digest_of(b"2")} == {
        each.path: each.digest for each in launched.outputs
    }
    assert ["both"] == [each.path for each in launched.intermediates]  # that we read the others does not count
    assert {"again", "late"} == set(read_at_the_end)


@pytest.mark.parametrize("level", KERNEL)
def test_what_is_gone_or_changed_at_the_end_is_known_from_before(level: Level, record: Record, write: Write) -> None:
    for name in ("gone", "old", "moved"):
        write(name, name)
    write(
        "program.py",
        "import os, time\nfor n in ('gone', 'old', 'moved'): open(n).read()\n"
        "open('scratch', 'w').write('x'); time.sleep(1.5)\n"
        "os.remove('gone'); os.remove('scratch'); open('old', 'w').write('new'); os.rename('moved', 'done')",
    )

    launched = record("program.py", levels=(level,))

    assert {each: digest_of(each.encode()) for each in ("gone", "old", "moved")} == {
        each.path: each.digest for each in launched.inputs
    }
    assert {"done": digest_of(b"moved"), "old": digest_of(b"new")} == {
        each.path: each.digest for each in launched.outputs
    }
    assert [f"files: 1 written and removed before the end: scratch ({short(digest_of(b'x'))})"] == [
        each for each in launched.gaps if "files:" in each
    ]


@pytest.mark.parametrize("level", KERNEL)
def test_what_is_gone_too_early_to_be_known_is_said(level: Level, record: Record, write: Write) -> None:
    for name in ("gone", "old", "moved"):
        write(name, name)
    write(
        "program.py",
        "import os, time\nfor n in ('gone', 'old', 'moved'): open(n).read()\n"
        "time.sleep(0.02); os.remove('gone'); open('old', 'w').write('new'); os.rename('moved', 'done')",
    )

    launched = record("program.py", levels=(level,))

    assert ["moved"] == [each.path for each in launched.inputs]  # it is the same file under its new name
    assert [
        "files: 1 read and removed before the end: gone",
        "files: 1 read and then written over, so what was read is not known: old",
    ] == [each for each in launched.gaps if "files:" in each]


def test_a_write_through_a_mapping_is_in_the_digest_though_no_time_tells_it(record: Record, write: Write) -> None:
    write("numbers", "1" * 10)
    write(
        "program.py",
        "import mmap, time\nwith open('numbers', 'r+b') as f: pages = mmap.mmap(f.fileno(), 0)\n"
        "pages[0] = 50; time.sleep(1); pages[1] = 50",
    )

    launched = record("program.py")

    assert [digest_of(b"22" + b"1" * 8)] == [each.digest for each in launched.outputs]


def test_a_file_that_changes_under_our_reading_has_no_stamp(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(3 << 20))

    def change() -> bool:
        with path.open("ab") as file:
            file.write(b"1")
        return path.stat().st_size < (3 << 20) + 9

    assert hash_file(str(path), change) is None
    path.write_bytes(b"1")
    assert (digest_of(b"1"), False) == (hash_file(str(path)).digest, hash_file(str(path)).stamp is None)  # type: ignore[union-attr]


def test_our_own_reading_is_not_the_programs(tmp_path: Path) -> None:
    sightings = Sightings(lambda _path: False, has_own=True)
    sightings.note("/a", MODIFY)
    sightings.expect_own("/a")
    for events in (OPEN, CLOSE_NOWRITE):
        sightings.note("/a", events)

    assert {} == sightings.seen("").reads
    sightings.note("/a", CLOSE_NOWRITE)
    assert {"/a"} == sightings.seen("").reads.keys()


def test_a_file_that_is_always_written_is_hashed_ever_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, read = tmp_path / "log", []
    log.write_text("")
    sightings = Sightings(lambda _path: False)
    monkeypatch.setattr(hashing, "hash_file", lambda *_: read.append(time.monotonic()))
    worker = Hashing(sightings, lambda _path: True)
    worker.start()
    end = time.monotonic() + 2
    while time.monotonic() < end:
        sightings.note(str(log), MODIFY | CLOSE_WRITE)
        time.sleep(0.15)
    worker.stop()

    assert 1 <= len(read) <= 3

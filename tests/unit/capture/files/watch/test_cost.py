"""What watching costs a program, counted in work and not in seconds: wake-ups, and events that are handled."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.capture.files.places import Ignored
from lineal.capture.files.watch import events, fanotify
from lineal.capture.files.watch.fanotify import Fanotify
from lineal.capture.files.watch.watcher import Root, Seen

_MANY = 5_000


class Counted(Fanotify):
    """Counts how often it woke, and how many events it handled."""

    wakes = 0
    handled = 0

    def _drain(self) -> None:
        self.wakes += 1
        super()._drain()

    def _noted(self, path: str, events: int, before: int) -> None:
        self.handled += 1
        super()._noted(path, events, before)


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Counted]:
    """A watcher of a directory with two files, ``a`` and ``b``."""
    for each in "ab":
        (tmp_path / each).write_text("1")
    watcher = Counted((Root(str(tmp_path)),), Ignored(), lambda _process: True)
    watcher.start()
    return watcher


def seen(watcher: Counted, script: str, folder: Path) -> Seen:
    subprocess.run((sys.executable, "-c", f"import os, time\n{script}"), cwd=folder, check=True)
    return watcher.stop()


def test_a_file_that_is_read_again_and_again_is_hardly_heard_of(watcher: Counted, tmp_path: Path) -> None:
    # The pauses let us hear of the first reads before the others come.
    script = f"for turn in range({_MANY}):\n    open('a').read()\n    turn < 9 and time.sleep(0.01)"

    found = seen(watcher, script, tmp_path)

    assert [str(tmp_path / "a")] == list(found.reads)
    assert watcher.handled < 40


def test_reads_that_come_fast_wake_us_seldom(watcher: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "REST_S", 0.5)
    for number in range(500):
        (tmp_path / f"{number}").write_text("1")
    time.sleep(0.1)
    watcher.wakes = 0

    found = seen(watcher, "for n in range(500): open(str(n)).read()", tmp_path)

    assert 500 == len(found.reads)
    assert watcher.wakes < 20


def test_a_write_after_many_reads_is_seen_and_so_is_a_read_after_it(watcher: Counted, tmp_path: Path) -> None:
    (tmp_path / "b").unlink()
    again = "for turn in range(9):\n    open('{}').read()\n    time.sleep(0.01)"
    written = "open('a', 'w').write('2')\nopen('b', 'w').write('3')"
    script = f"{again.format('a')}\n{written}\n{again.format('b')}"

    found = seen(watcher, script, tmp_path)

    assert {str(tmp_path / each) for each in "ab"} == found.writes
    assert {str(tmp_path / "a")} == found.overwritten
    assert str(tmp_path / "b") in found.reads


def test_what_was_read_often_and_then_moved_is_seen_under_its_new_name(watcher: Counted, tmp_path: Path) -> None:
    again = "for turn in range(9): open('{}').read(); time.sleep(0.01)"
    script = f"{again.format('a')}\nos.rename('a', 'c'); time.sleep(0.1)\n{again.format('c')}"

    found = seen(watcher, script, tmp_path)

    assert {str(tmp_path / "a"), str(tmp_path / "c")} == set(found.reads)
    assert {str(tmp_path / "a")} == found.moved


def test_a_file_with_another_name_is_read_under_both(watcher: Counted, tmp_path: Path) -> None:
    (tmp_path / "c").hardlink_to(tmp_path / "b")
    script = "for turn in range(9): open('b').read(); time.sleep(0.01)\nopen('c').read()"

    found = seen(watcher, script, tmp_path)

    assert {str(tmp_path / "b"), str(tmp_path / "c")} == set(found.reads)


def test_what_is_written_over_and_read_back_at_once_was_not_read_before(watcher: Counted, tmp_path: Path) -> None:
    names = "[f'n{n}' for n in range(50)]"

    found = seen(watcher, f"for n in {names}:\n    open(n, 'w').write('2')\n    open(n).read()", tmp_path)

    assert (50, frozenset()) == (len(found.reads), found.overwritten)


def test_what_comes_and_is_read_while_we_look_was_not_read_before(
    watcher: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, script = fanotify.blocks, "open('n', 'w').write('2'); open('n').read()"

    def interrupted(descriptor: int) -> Iterator[bytes]:
        if descriptor == watcher._descriptor and not (tmp_path / "n").exists():
            subprocess.run((sys.executable, "-c", script), cwd=tmp_path, check=True)
        return take(descriptor)

    monkeypatch.setattr(fanotify, "blocks", interrupted)

    found = seen(watcher, "open('a').read()", tmp_path)

    assert {str(tmp_path / "a"), str(tmp_path / "n")} == set(found.reads)
    assert ({str(tmp_path / "n")}, frozenset()) == (found.writes, found.overwritten)


@pytest.mark.parametrize("limit", ["no second group", "no marks to forget by"])
def test_a_kernel_that_has_less_is_made_do_with(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("1")
    if limit == "no second group":
        make, made = fanotify._group, list[int]()

        def once() -> int:
            if made:
                raise OSError(24, "too many")
            made.append(make())
            return made[0]

        monkeypatch.setattr(fanotify, "_group", once)
    else:
        monkeypatch.setattr(fanotify, "_EVICTABLE", 1 << 30)  # no such flag
    watcher = Counted((Root(str(tmp_path)),), Ignored(), lambda _process: True)
    watcher.start()

    found = seen(watcher, "for n in range(9): open('a').read(); time.sleep(0.01)\nopen('c', 'w').write('1')", tmp_path)

    assert ([str(tmp_path / "a")], {str(tmp_path / "c")}) == (list(found.reads), found.writes)
    assert watcher.handled >= 10


def test_somebody_who_answers_each_of_our_looks_does_not_hold_up_the_end(tmp_path: Path) -> None:
    watcher = Counted((Root(str(tmp_path)),), Ignored(), lambda _process: True)
    watcher.start()
    writer = subprocess.Popen(("sh", "-c", "while :; do : > x; done"), cwd=tmp_path)
    try:
        while not (tmp_path / "x").exists():
            time.sleep(0.01)
        time.sleep(0.1)
        assert {str(tmp_path / "x")} == watcher.stop().writes
    finally:
        writer.kill()
        writer.wait()

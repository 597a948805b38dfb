"""A sign of life, for people at a terminal only."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lineal.cli import progress
from lineal.cli.context import Context
from lineal.cli.globals import Globals


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(err: io.StringIO, settings: Globals, *, seconds: float = 0.1) -> str:
    with progress.waiting(Context(settings, io.StringIO(), err, {}), "evaluate churn"):
        time.sleep(seconds)
    return err.getvalue()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_AFTER_S", 0.02)
    monkeypatch.setattr(progress, "_EVERY_S", 0.02)


def test_a_terminal_sees_what_takes_so_long_and_then_a_clean_line() -> None:
    text = shown(Terminal(), Globals())

    assert "evaluate churn … 0 s" in text
    assert text.endswith("\r\x1b[K")


def test_what_is_done_soon_shows_nothing() -> None:
    assert "" == shown(Terminal(), Globals(), seconds=0)


@pytest.mark.parametrize(
    ("err", "settings"),
    [(io.StringIO(), Globals()), (Terminal(), Globals(quiet=True)), (Terminal(), Globals(json=True))],
)
def test_programs_and_the_quiet_see_nothing(err: io.StringIO, settings: Globals) -> None:
    assert "" == shown(err, settings)


def test_the_sign_is_wiped_away_when_it_fails() -> None:
    err = Terminal()
    with pytest.raises(KeyError):
        _fail_slowly(err)

    assert err.getvalue().endswith("\r\x1b[K")


def _fail_slowly(err: io.StringIO) -> None:
    with progress.waiting(Context(Globals(), io.StringIO(), err, {}), "deploy"):
        time.sleep(0.1)
        raise KeyError


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The clock that lines look at."""
    watch = Watch()
    monkeypatch.setattr(progress, "time", watch)
    return watch


def test_a_line_says_how_far_it_is_how_fast_and_how_long_it_will_take(watch: Watch) -> None:
    line = progress.Line("data add photos")
    assert "data add photos … 0 s" == line.text()

    line.expect(1_000, 100_000_000)
    watch.seconds += 2
    line.advance(250, 25_000_000)
    assert (
        "[#####...............] data add photos … 2 s, 250 of 1,000 files, 25.0 MB of 100.0 MB, 12.5 MB/s, 6.0 s left"
        == (line.text())
    )

    watch.seconds += 4
    line.advance(750, 75_000_000)
    assert "[####################] data add photos … 6 s, 1,000 of 1,000 files, 100.0 MB of 100.0 MB, 16.7 MB/s" == (
        line.text()
    )


def test_a_line_counts_what_nobody_announced(watch: Watch) -> None:
    line = progress.Line("data status")
    line.advance(7, 0)
    watch.seconds += 1
    assert "data status … 1 s, 7 files, 0 B" == line.text()

    line.expect(1, 10)
    line.advance(20, 5_000)
    assert line.text().startswith("[####################] data status")


def test_a_line_begins_anew_for_what_comes_next(watch: Watch) -> None:
    line = progress.Line("data get x")
    line.expect(5, 500)
    line.advance(5, 500)
    watch.seconds += 10
    line.begin("get data:x@2")

    assert "get data:x@2 … 0 s" == line.text()


def test_many_threads_may_tell_a_line(watch: Watch) -> None:
    line = progress.Line("data add")
    with ThreadPoolExecutor(8) as pool:
        for _ in range(500):
            pool.submit(line.advance, 2, 3)
            pool.submit(line.expect, 3, 5)
    watch.seconds += 1

    assert "1,000 of 1,500 files, 1.5 kB of 2.5 kB" in line.text()


def test_a_long_title_leaves_room_for_the_rest(watch: Watch) -> None:
    assert f"{'x' * 60} … 0 s" == progress.Line("x" * 500).text()
    assert watch.seconds == 100

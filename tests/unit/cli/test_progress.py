"""A sign of life, for people at a terminal only."""

from __future__ import annotations

import io
import time

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

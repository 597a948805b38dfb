"""Hand signals on to the recorded program, and survive them to write down how it ended."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_FORWARDED = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_OWN = ("SIGINT", "SIGQUIT")
"""A terminal sends these to the program itself, which is in the same group."""


class Forwarding:
    """While open, signals to this process go to the program. Python allows that in the main thread only."""

    def __init__(self) -> None:
        self._process = 0
        self._early: list[int] = []
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        """Take over the signals; those that were ignored stay so, as the program would have inherited it."""
        if threading.current_thread() is threading.main_thread():
            for name in (*_FORWARDED, *_OWN):
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._forward if name in _FORWARDED else _survive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]  # what signal() itself returned

    def to(self, process: int) -> None:
        """Forward to ``process`` from now on, and what came before it was there."""
        self._process = process
        for each in self._early:
            self._forward(each, None)

    def stop(self) -> None:
        """Forward nothing more: the program ended, and its number may soon be another's."""
        self._process = -1

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        if self._process == 0:
            self._early.append(number)
        elif self._process > 0:
            try:
                os.kill(self._process, number)
            except ProcessLookupError:
                return


def _survive(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; unlike SIG_IGN, this is not inherited by the program."""

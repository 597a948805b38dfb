"""Hand signals on to the recorded program, and survive them to write down how it ended."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_FORWARDED = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_OWN = ("SIGINT", "SIGQUIT")
"""A terminal sends these to the program itself, which is in the same group."""

_AT_ONCE, _END = 64, b"\0"


class Forwarding:
    """While open, signals to this process go to the program. Python allows that in the main thread only.

    A thread hands them on. Python's own handlers run when the main thread is at work again: one that came just before that
    began to wait for the program, and there is such a moment, would reach it never.
    """

    def __init__(self) -> None:
        self._process = 0
        self._early: list[int] = []
        self._before: dict[int, object] = {}
        self._lock = threading.Lock()
        self._told = self._noted = self._wakeup_before = -1
        self._thread = threading.Thread(target=self._hand_on, name="lineal-signals", daemon=True)

    def __enter__(self) -> Self:
        """Take over the signals; those that were ignored stay so, as the program would have inherited it."""
        if threading.current_thread() is threading.main_thread():
            self._told, self._noted = os.pipe()
            os.set_blocking(self._noted, False)
            self._wakeup_before = signal.set_wakeup_fd(self._noted, warn_on_full_buffer=False)
            self._thread.start()
            for name in (*_FORWARDED, *_OWN):
                number = getattr(signal, name, None)
                if number is not None and (before := signal.getsignal(number)) is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, _survive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]  # what signal() itself returned
        if self._noted >= 0:
            signal.set_wakeup_fd(self._wakeup_before)
            with suppress(BlockingIOError):
                os.write(self._noted, _END)
            os.close(self._noted)
            self._thread.join()
            os.close(self._told)

    def to(self, process: int) -> None:
        """Forward to ``process`` from now on, and what came before it was there."""
        with self._lock:
            self._process = process
            for each in self._early:
                self._send(each)

    def stop(self) -> None:
        """Forward nothing more: the program ended, and its number may soon be another's."""
        with self._lock:
            self._process = -1

    def _hand_on(self) -> None:
        """Forward each signal that the system's part of Python noted, until it notes no more."""
        forwarded = {getattr(signal, name, None) for name in _FORWARDED}
        while numbers := os.read(self._told, _AT_ONCE):
            for each in numbers.partition(_END)[0]:
                if each in forwarded and each in self._before:
                    with self._lock:
                        if self._process:
                            self._send(each)
                        else:
                            self._early.append(each)
            if _END in numbers:
                return

    def _send(self, number: int) -> None:
        if self._process > 0:
            with suppress(ProcessLookupError):
                os.kill(self._process, number)


def _survive(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; unlike SIG_IGN, this is not inherited by the program."""

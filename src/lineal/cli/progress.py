"""A sign of life on a terminal while something takes its time: how far it is, how fast, and how long it will take."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lineal.cli.context import Context

if TYPE_CHECKING:
    from lineal.storage.progress import Progress

_AFTER_S = 1.0
"""What is done sooner needs no sign."""

_EVERY_S = 0.5
_CLEAR = "\r\x1b[K"
_BAR = 20
_RATE_OVER = 10
"""The rate is that of the last so many looks."""


@contextmanager
def waiting(context: Context, title: str) -> Iterator[Progress]:
    """Show ``title`` and how far it is on a terminal's standard error until the block ends; then wipe it away."""
    if context.settings.quiet or context.settings.json or not context.err.isatty():
        from lineal.storage.progress import Silent  # noqa: PLC0415 - the storage is not loaded for help

        yield Silent()
        return
    done, line = threading.Event(), Line(title)
    thread = threading.Thread(target=_show, args=(context, line, done), daemon=True)
    thread.start()
    try:
        yield line
    finally:
        done.set()
        thread.join()


class Line:
    """What is shown: counts that any thread may add to.

    Args:
        title: what is done.
    """

    is_shown = True

    def __init__(self, title: str) -> None:
        self._lock = threading.Lock()
        self.begin(title)

    def begin(self, what: str) -> None:
        """Say what is done from now on; counts begin anew."""
        with self._lock:
            self._title = what
            self._started = time.monotonic()
            self._files = self._bytes = self._files_expected = self._bytes_expected = 0
            self._looks: deque[tuple[float, int]] = deque(maxlen=_RATE_OVER)

    def expect(self, files: int, size_bytes: int) -> None:
        """Say that so much more is to be done."""
        with self._lock:
            self._files_expected += files
            self._bytes_expected += size_bytes

    def advance(self, files: int, size_bytes: int) -> None:
        """Say that so much more is done."""
        with self._lock:
            self._files += files
            self._bytes += size_bytes

    def text(self) -> str:
        """Return the line as it is now."""
        from lineal.cli.render.units import duration, size  # noqa: PLC0415 - only who waits needs it

        with self._lock:
            now = time.monotonic()
            self._looks.append((now, self._bytes))
            parts = [f"{self._title[:60]} … {now - self._started:.0f} s"]
            if self._bytes or self._files:
                parts.append(_of(f"{self._files:,}", f"{self._files_expected:,}", self._files_expected) + " files")
                parts.append(_of(size(self._bytes), size(self._bytes_expected), self._bytes_expected))
            if rate := self._rate():
                parts.append(f"{size(int(rate))}/s")
                if self._bytes_expected > self._bytes:
                    parts.append(f"{duration(int((self._bytes_expected - self._bytes) / rate * 1000))} left")
            return _bar(self._bytes, self._bytes_expected) + ", ".join(parts)

    def _rate(self) -> float:
        """Return the bytes a second of the last looks."""
        (then, before), (now, after) = self._looks[0], self._looks[-1]
        return (after - before) / (now - then) if now > then else 0.0


def _of(done: str, expected: str, is_known: int) -> str:
    return f"{done} of {expected}" if is_known else done


def _bar(done: int, expected: int) -> str:
    if not expected:
        return ""
    filled = min(_BAR, done * _BAR // expected)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] "


def _show(context: Context, line: Line, done: threading.Event) -> None:
    is_shown = False
    pause = _AFTER_S
    while not done.wait(pause):
        pause, is_shown = _EVERY_S, True
        context.err.write(f"{_CLEAR}{line.text()[: context.width - 1]}")
        context.err.flush()
    if is_shown:
        context.err.write(_CLEAR)
        context.err.flush()

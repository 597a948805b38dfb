"""An order among processes that want the same: who came first goes first, and nobody is left out for long.

SQLite alone lets whoever asks at the right moment write first, so that one of many hundred writers may ask in vain until it
gives up. Here they sleep until it is their turn. It is only an order: what keeps a file whole is the database's own lock, and
where a file system knows no locks, or who is first in the row is stopped, others go on without.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

_patience_ends = ContextVar("_patience_ends", default=float("inf"))


@contextmanager
def patient(seconds: float) -> Iterator[None]:
    """In the block, have this thread wait for others that write so long at most, all waits together."""
    token = _patience_ends.set(min(_patience_ends.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _patience_ends.reset(token)


def patience() -> float:
    """Return how many seconds this thread may still wait for others."""
    return max(0.0, _patience_ends.get() - time.monotonic())


class Turn:
    """The turn of one among all that lock the same directory.

    Args:
        directory: itself is what is locked, so that nothing is left behind.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._descriptor = -1

    def take(self, seconds: float) -> bool:
        """Wait for the turn, so long at most, and tell whether it came. It did where it is held, or there is no order."""
        if self._descriptor >= 0:
            return True
        try:
            descriptor = os.open(self._directory, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._wait(_Waiting(descriptor), seconds)
        except OSError:  # a file system without locks
            os.close(descriptor)
            return True
        self._descriptor = descriptor
        return True

    def _wait(self, waiting: _Waiting, seconds: float) -> bool:
        try:
            waiting.wait(seconds)
        finally:
            self._descriptor = waiting.end()
        return self._descriptor >= 0

    def release(self) -> None:
        """Let the next one go on."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        with suppress(OSError):
            # Not only closed: a child that was forked meanwhile has it open, too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)

    close = release


class _Waiting:
    """A wait in a thread of its own, because the system's wait for a lock is in order, but has no end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._mutex = threading.Lock()
        self._is_over = threading.Event()
        self._is_given_up = False

    def wait(self, seconds: float) -> None:
        """Wait so long at most."""
        with suppress(RuntimeError):  # no room for another thread
            if seconds > 0:
                threading.Thread(target=self._block, name="lineal-turn", daemon=True).start()
                self._is_over.wait(seconds)
                return
        self._close()

    def end(self) -> int:
        """Return the descriptor that is locked; -1 when it did not come to that."""
        with self._mutex:
            if self._is_over.is_set():
                return self._descriptor
            self._is_given_up = True
            return -1

    def _block(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except OSError:
            self._close()
            return
        with self._mutex:
            if self._is_given_up:
                os.close(self._descriptor)
            else:
                self._is_over.set()

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1
        self._is_over.set()

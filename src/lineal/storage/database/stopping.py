"""Ends what a thread asks of a database once nobody waits for the answer any more: a client that hung up, a server that stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TypeVar

from lineal.objects.errors import Unavailable

T = TypeVar("T")

_AGAIN_S = 0.1


class Stopped(Unavailable):
    """Nobody waited for the answer any more."""


class Stop:
    """Whether somebody still waits for what one thread does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupt: Callable[[], object] | None = None
        self._is_asked = False
        self._is_over = False

    def over(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, in this thread. Raises what it raises, and Stopped."""
        token = _stop.set(self)
        try:
            return work()
        finally:
            _stop.reset(token)
            self._is_over = True

    def ask(self) -> None:
        """Let the thread end: at once where the database works for it, else when it asks the database for something."""
        if not self._is_asked and not self._is_over:
            self._is_asked = True
            threading.Thread(target=self._insist, name="lineal-stop", daemon=True).start()

    def _insist(self) -> None:
        """Interrupt, again and again: a statement that is only about to begin hears nothing."""
        while not self._is_over:
            with self._lock, suppress(Exception):
                if self._interrupt:
                    self._interrupt()
            time.sleep(_AGAIN_S)

    @contextmanager
    def during(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Let a statement be interrupted while the block runs, and never one that comes behind it. Raises Stopped."""
        with self._lock:
            self._interrupt = interrupt
        try:
            self._check()
            yield
        except Exception:
            self._check()
            raise
        finally:
            with self._lock:
                self._interrupt = None

    def _check(self) -> None:
        if self._is_asked:
            raise Stopped("nobody waits for the answer any more", hint="ask again")


_stop: ContextVar[Stop | None] = ContextVar("_stop", default=None)


def current() -> Stop | None:
    """Return what may stop this thread, if anything."""
    return _stop.get()

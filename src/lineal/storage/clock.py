"""The time and new ids; the only place that asks the system for either."""

from __future__ import annotations

import os
import threading
import time
from typing import Protocol

from lineal.objects.ulid import ulid

_RANDOM_BYTES = 10


class Clock(Protocol):
    """Tells the time and makes ids."""

    def now(self) -> int:
        """Return the time in milliseconds since 1970 UTC."""

    def new_id(self) -> str:
        """Return a new ULID."""


class SystemClock:
    """The clock of this machine. Each id is greater than those before it, also within a millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at, self._random = 0, 0

    def now(self) -> int:
        """Return the time in milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000

    def new_id(self) -> str:
        """Return a new ULID."""
        with self._lock:
            at = self.now()
            self._random = self._random + 1 if at == self._at else int.from_bytes(os.urandom(_RANDOM_BYTES), "big") >> 1
            self._at = at
            return ulid(at, self._random.to_bytes(_RANDOM_BYTES, "big"))


class FixedClock:
    """A clock that moves only when it is asked: one millisecond an answer. For tests and examples.

    Args:
        at: where it begins, in milliseconds since 1970 UTC.
    """

    def __init__(self, at: int = 1_700_000_000_000) -> None:
        self.at = at

    def now(self) -> int:
        """Return the time, and let a millisecond pass."""
        self.at += 1
        return self.at

    def new_id(self) -> str:
        """Return the next ULID; the same ones in every run."""
        at = self.now()
        return ulid(at, at.to_bytes(10, "big"))

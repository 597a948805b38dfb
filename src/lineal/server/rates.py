"""How many requests somebody may send, and how often they may be wrong about who they are. Each server counts by itself."""

from __future__ import annotations

import time
from collections import OrderedDict

_NAMES_MAX = 10_000
"""So many are counted at once; who was not heard of for longest is forgotten, for whom a new count begins."""

_FREE_FAILURES, _FIRST_WAIT_S, _LONGEST_WAIT_S = 5, 1.0, 900.0


class Buckets:
    """Tokens that come back with time, for each name; a request takes one.

    Args:
        rate: how many come back in a second; 0 for no limit.
        burst_s: a bucket holds as many as come back in so many seconds.
    """

    def __init__(self, rate: float, *, burst_s: float = 5) -> None:
        self._rate = rate
        self._size = max(1.0, rate * burst_s)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str, *, is_taken: bool = True) -> float:
        """Take a token, or look whether there is one, and return 0; or return after how many seconds there will be."""
        if not self._rate:
            return 0
        now = time.monotonic()
        held, at = self._buckets.pop(name, (self._size, now))
        held = min(self._size, held + (now - at) * self._rate)
        wait = max(0.0, (1 - held) / self._rate)
        self._buckets[name] = (held - 1 if is_taken and not wait else held, now)
        if len(self._buckets) > _NAMES_MAX:
            self._buckets.popitem(last=False)
        return wait


class Failures:
    """Logins that failed, by name and address: after a few, each next one must wait twice as long.

    A name that does not exist is counted like others, so that nothing tells which do.
    """

    def __init__(self) -> None:
        self._failed: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def wait_s(self, name: str, address: str) -> float:
        """Return for how many seconds nothing is looked at."""
        _, until = self._failed.get((name, address), (0, 0.0))
        return max(0.0, until - time.monotonic())

    def note(self, name: str, address: str, *, failed: bool) -> None:
        """Take note of how a login ended."""
        count, _ = self._failed.pop((name, address), (0, 0.0))
        if not failed:
            return
        over = count + 1 - _FREE_FAILURES
        wait = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(over, 20)) if over >= 0 else 0.0
        self._failed[name, address] = (count + 1, time.monotonic() + wait)
        if len(self._failed) > _NAMES_MAX:
            self._failed.popitem(last=False)

"""A new file that is written through the system's cache, and past it where the cache has no memory at hand.

A machine of its own has memory to spare, and what was written stays there for whoever reads it next. A virtual one may have to ask
its host for each page that nobody used of late, which takes longer than to hash what is written to it. There, the disk gets as
much as it can take directly, and nobody waits for it: what comes while it has enough to do goes through the cache.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from lineal.storage.direct import BLOCK_BYTES, REFUSED, buffer, write_at
from lineal.storage.submitted import Ended, SubmittedWrites

_SLOW_S_PER_BYTE = 0.5 / (1 << 30)
"""Processor's time for a byte that is written to the cache; with memory at hand it is less than half of that."""

_TRIED_BYTES = 32 << 20
_STEP_BYTES = 256 << 10
"""So much is written to the cache at once: for more, the system takes large pages, which are those that hosts take back."""

_UNDER_WAY_BYTES = 8 << 20


class Settling:
    """A new file that several threads write. At the end of the block all of it is written, or the error of that is raised.

    Args:
        descriptor: the file, empty; it stays the caller's.
        size_bytes: how large it is to be.
        room_bytes: so much is written at once.
    """

    def __init__(self, descriptor: int, size_bytes: int, room_bytes: int) -> None:
        self._descriptor = descriptor
        self._size_bytes = size_bytes
        self._room_bytes = room_bytes
        self._lock = threading.Lock()
        self._bytes, self._spent_s = 0, 0.0
        self._past: SubmittedWrites | None = None
        self._may_go_past = True
        self._rooms = list[memoryview]()
        self._under_way: dict[int, memoryview] = {}

    def write(self, room: memoryview, size_bytes: int, at: int) -> memoryview:
        """Write the first bytes of ``room``, which comes from ``direct.buffer``; return the room for the next ones.

        Raises:
            OSError: the disk does not take them, or did not take some before.
        """
        if self._past and (other := self._submitted(room, size_bytes, at)):
            return other
        began = time.thread_time()
        for start in range(0, size_bytes, _STEP_BYTES):
            write_at(self._descriptor, room[start : min(size_bytes, start + _STEP_BYTES)], at + start)
        spent_s = time.thread_time() - began
        with self._lock:
            self._bytes, self._spent_s = self._bytes + size_bytes, self._spent_s + spent_s
            if self._bytes >= _TRIED_BYTES:
                if self._may_go_past and self._spent_s > self._bytes * _SLOW_S_PER_BYTE:
                    self._go_past()
                self._bytes, self._spent_s = 0, 0.0
        return room

    def _go_past(self) -> None:
        """Have the disk take what comes from now on, where that is possible."""
        self._may_go_past = False
        count = max(1, _UNDER_WAY_BYTES // self._room_bytes)
        with suppress(OSError):
            self._past = SubmittedWrites(self._descriptor, self._size_bytes, count)
            self._rooms = [buffer(self._room_bytes) for _ in range(count)]

    def _submitted(self, room: memoryview, size_bytes: int, at: int) -> memoryview | None:
        """Have the disk take whole blocks, unless it has enough to do; return another room then."""
        if size_bytes % BLOCK_BYTES or at % BLOCK_BYTES:
            return None
        with self._lock:
            if self._past is None:
                return None
            self._take_back(self._past.ended())
            if not self._rooms:
                return None
            try:
                self._past.submit(room[:size_bytes], at)
            except OSError:  # the cache tells why, if it cannot either
                return None
            self._under_way[at] = room
            return self._rooms.pop()

    def _take_back(self, writes: list[Ended]) -> None:
        """Use rooms again whose bytes were written; what a disk does not take like this goes through the cache. Raises OSError."""
        for each in writes:
            self._rooms.append(self._under_way.pop(each.at))
            if each.error and each.error.errno not in REFUSED:
                raise each.error
            write_at(self._descriptor, each.data[each.size_bytes :], each.at + each.size_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._past:
            return
        try:
            if not error:
                self._take_back(self._past.ended(is_all=True))
        finally:
            self._past.close()
            self._past = None

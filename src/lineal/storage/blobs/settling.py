"""Memory that a new file takes in the system's cache, given back while the file is written, where more is slow to be had.

A machine of its own has memory to spare, and what was written stays there for whoever reads it next. A virtual one may have to ask
its host for each page that nobody used of late, which takes longer than to hash what is written to it. There, pages whose bytes the
disk has are let go of, and used again at once.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from types import TracebackType
from typing import Self

from lineal.storage.direct import can_wait_for_ranges, wait_for_range, write_at

_UNIT_BYTES = 4 << 20
_SLOW_S_PER_BYTE = 0.75 / (1 << 30)
"""Processor's time for a byte that is written to the cache; with memory at hand it is less than half of that."""

_TRIED_BYTES = 32 << 20


class Settling:
    """A new file that several threads write through the cache. At the end of the block, errors of the disk so far are raised.

    Args:
        descriptor: the file; it stays the caller's.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._written: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._bytes, self._spent_s = 0, 0.0
        self._thread: threading.Thread | None = None
        self._is_over = False
        self._error: OSError | None = None

    def write(self, data: memoryview, at: int) -> None:
        """Write all of ``data`` at a place, which ends a unit or is followed by what goes behind it. Raises OSError."""
        began = time.thread_time()
        write_at(self._descriptor, data, at)
        spent_s, end = time.thread_time() - began, at + len(data)
        if not end % _UNIT_BYTES:
            self._written.put((end - _UNIT_BYTES, _UNIT_BYTES))
        with self._lock:
            self._bytes, self._spent_s = self._bytes + len(data), self._spent_s + spent_s
            if self._bytes < _TRIED_BYTES:
                return
            is_slow = self._spent_s > self._bytes * _SLOW_S_PER_BYTE
            self._bytes, self._spent_s = 0, 0.0
            if is_slow and self._thread is None and can_wait_for_ranges():
                self._thread = threading.Thread(target=self._let_go, daemon=True)
                self._thread.start()

    def _let_go(self) -> None:
        while (unit := self._written.get()) and not self._is_over:
            try:
                # Whoever waits is told of an error, and nobody after that.
                wait_for_range(self._descriptor, *unit)
                os.posix_fadvise(self._descriptor, *unit, os.POSIX_FADV_DONTNEED)
            except OSError as error:
                self._error = error
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        self._written.put(None)
        if self._thread:
            self._thread.join()
        if self._error and not error:
            raise self._error

"""Processes that copy packs, each compared with its table, while this one finds out what else there is to do."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable
from pathlib import Path
from typing import Self

from lineal.formats.pack import Table, raw
from lineal.objects.errors import Corrupt
from lineal.storage import processes
from lineal.storage.blobs.carrier import CORRUPT, DONE, FAILED, PASSED, carry
from lineal.storage.blobs.passing import copy_pack

_COUNT = min(4, os.cpu_count() or 1)
_WORTH_BYTES = 4 << 20
"""What is smaller is copied sooner than a process is started."""

_TOP = Path(__file__).parents[3]
_RUN = "import sys; sys.path.insert(0, sys.argv[1]); from lineal.storage.blobs.carrier import carry_for_another_program as carry; carry()"

Passed = Callable[[int], None]
"""Told of bytes as they pass: how many more."""


class Carriers:
    """Processes that copy packs for this one; each is started when it is first asked. Any thread may use them.

    Whatever goes wrong with one, the pack is copied here: nobody relies on a process that may be killed.
    """

    def __init__(self) -> None:
        self._all = [_Carrier() for _ in range(_COUNT)]
        self._free: queue.LifoQueue[_Carrier] = queue.LifoQueue()
        for each in self._all:
            self._free.put(each)

    def expect(self, size_bytes: int) -> None:
        """Have the processes ready for so many bytes, for whoever has no thread yet: copies of this one are there sooner."""
        if size_bytes >= _WORTH_BYTES:
            for each in self._all:
                each.expect()

    def copy(self, table: Table, source: int, target: int, progress: Passed, *, cached: bool = False) -> None:
        """Copy a pack, as ``copy_pack`` does. Raises Corrupt, OSError."""
        carrier, told = self._free.get(), 0

        def passed(more: int) -> None:
            nonlocal told
            told += more
            progress(more)

        try:
            if table.size_bytes >= _WORTH_BYTES and carrier.copy(table, source, target, passed, cached=cached):
                return
            os.ftruncate(target, 0)
            copy_pack(table, source, target, cached=cached)
            progress(table.size_bytes - told)
        finally:
            self._free.put(carrier)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._all:
            each.close()


class _Carrier:
    """One process; a single thread uses it at a time."""

    def __init__(self) -> None:
        self._process: processes.Process | None = None
        self._is_able = (
            _COUNT > 1 and Path(__file__).is_file() and Path("/proc/self/fd").is_dir() and processes.can_start()
        )

    def expect(self) -> None:
        """Be ready, if a copy of this process can be made."""
        if self._process is None and self._is_able:
            self._process = processes.copy(carry)

    def copy(self, table: Table, source: int, target: int, passed: Passed, *, cached: bool) -> bool:
        """Have a pack copied; tell whether that was possible. Raises Corrupt, OSError."""
        kind, text = self._asked(f"{source} {target} {raw(table.name).hex()} {cached:d}\n", passed)
        if kind == DONE and text == table.name:
            return True
        if kind == CORRUPT:
            raise Corrupt(text)
        if kind == FAILED and text.isdecimal():
            raise OSError(int(text), os.strerror(int(text)))
        self._give_up()
        return False

    def _asked(self, request: str, passed: Passed) -> tuple[bytes, str]:
        """Send a request; return how the last line of the answer begins, and the rest of it."""
        answer = b""
        try:
            if self._process is None and self._is_able:
                self._process = processes.start("-c", _RUN, str(_TOP))
            if self._process and self._process.stdin and self._process.stdout:
                self._process.stdin.write(request.encode())
                self._process.stdin.flush()
                while (answer := self._process.stdout.readline()).startswith(PASSED):
                    passed(int(answer[1:]))
        except (OSError, ValueError):
            answer = b""
        except BaseException:
            self._give_up()  # what is left of its answer must never be taken for another one
            raise
        return answer[:1], answer[1:].decode("unicode_escape").rstrip("\n")

    def _give_up(self) -> None:
        self._is_able = False
        if self._process:
            self._process.kill()
            self.close()

    def close(self) -> None:
        """Wait for the end of the process."""
        if self._process:
            processes.end(self._process)
            self._process = None

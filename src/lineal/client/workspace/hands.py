"""Processes that read and hash many small files: in one process, threads would only wait for one another."""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from lineal.client.workspace.hand import FILE, HEAD
from lineal.client.workspace.scanning import Stamp

_COUNT = min(4, (os.cpu_count() or 1) - 1)
"""One core is left for whoever makes something of what is read."""

_ASKED_MAX = 2
"""So many requests wait for each process, so that none is idle."""

_ROOM_BYTES = 6 << 20
_SCRIPT = Path(__file__).with_name("hand.py")

Read = tuple[Stamp, bytes, bytes]
"""A file that was read: what it was then, its SHA-256 and its bytes."""

Answer = Callable[[], Sequence[Read | None]]
"""Waits for what was asked for, file by file; None for one that must be looked at by whoever asked."""


class Hands:
    """Processes that read files; started when the first are asked for.

    Whatever goes wrong with them, files are answered with None: nobody relies on a process that may be killed.
    """

    def __init__(self) -> None:
        self._hands: list[_Hand] = []
        self._turn = 0

    @property
    def room(self) -> int:
        """How many requests may wait for their answers; answers are taken in the order of the requests."""
        return max(1, _COUNT * _ASKED_MAX)

    def ask(self, files: Sequence[tuple[str, int]]) -> Answer:
        """Have files read, each given by its path and size in bytes; together they are no larger than ``REQUEST_BYTES``."""
        if not self._hands:
            self._hands = [_Hand() for _ in range(_COUNT)] if _can_start() else []
        if not self._hands:
            return lambda: [None] * len(files)
        self._turn += 1
        return self._hands[self._turn % len(self._hands)].ask(files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._hands:
            each.close()


REQUEST_BYTES = _ROOM_BYTES - 1


def _memory() -> IO[bytes]:
    """Return a file that is nothing but memory, where there is such a thing."""
    return os.fdopen(os.memfd_create("lineal"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()


def _can_start() -> bool:
    """Tell whether this interpreter can be started as one: another program may have it inside."""
    return os.name == "posix" and _SCRIPT.is_file() and Path(sys.executable or "").name.startswith("python")


class _Hand:
    """One process, and the memory it shares with us."""

    def __init__(self) -> None:
        self._turn = 0
        self._shared = memoryview(b"")
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError), _memory() as file:
            file.truncate(_ROOM_BYTES * _ASKED_MAX)
            self._shared = memoryview(mmap.mmap(file.fileno(), 0))
            self._process = subprocess.Popen(
                (sys.executable, "-I", "-S", "-B", str(_SCRIPT), str(file.fileno())),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(file.fileno(),),
            )

    def ask(self, files: Sequence[tuple[str, int]]) -> Answer:
        """Send a request; its bytes go where those of the one before the last were."""
        self._turn += 1
        at = self._turn % _ASKED_MAX * _ROOM_BYTES
        paths = b"".join(os.fsencode(path) + b"\0" for path, _ in files)
        sizes = [size for _, size in files]
        request = HEAD.pack(len(files), len(paths), at) + struct.pack(f"<{len(files)}I", *sizes) + paths
        try:
            if self._process and self._process.stdin:
                self._process.stdin.write(request)
                self._process.stdin.flush()
        except OSError:
            self._end()
        return lambda: self._answer(sizes, at)

    def _answer(self, sizes: Sequence[int], at: int) -> Sequence[Read | None]:
        wanted = FILE.size * len(sizes)
        answer = self._process.stdout.read(wanted) if self._process and self._process.stdout else b""
        if len(answer) < wanted:
            self._end()
            return [None] * len(sizes)
        found = list[Read | None]()
        for size, (is_read, *stamp, digest) in zip(sizes, FILE.iter_unpack(answer), strict=True):
            found.append((tuple(stamp), digest, bytes(self._shared[at : at + size])) if is_read else None)
            at += size
        return found

    def _end(self) -> None:
        """Let go of a process that answers no more."""
        if self._process:
            self._process.kill()
            self.close()

    def close(self) -> None:
        """Wait for the end of the process, and let go of the memory."""
        self._shared = memoryview(b"")
        if self._process:
            for each in (self._process.stdin, self._process.stdout):
                with suppress(OSError):
                    if each:
                        each.close()
            self._process.wait()
            self._process = None

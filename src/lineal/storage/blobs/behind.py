"""Long streams on their way to a disk: hashed by whoever has them, and written by a thread that is a little behind."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from lineal.objects.digest import Hasher
from lineal.storage.blobs import reading
from lineal.storage.direct import DirectFile, buffer

LONG_BYTES = 4 << 20
"""What is shorter is written at once."""

_BUFFER_BYTES, _BUFFERS = 2 << 20, 3
"""One is filled while another one is written, and one is on its way back."""


def write_stream(descriptor: int, pieces: Iterable[bytes], path: Path) -> Hasher:
    """Write ``pieces`` to an empty, open file on its way to ``path``; return what hashed them. Raises Unavailable."""
    rest = iter(pieces)
    first, size = list[bytes](), 0
    for piece in rest:
        first.append(piece)
        size += len(piece)
        if size >= LONG_BYTES:
            return _write_long(descriptor, chain(first, rest), path)
    return reading.write_pieces(descriptor, first, path)


def _write_long(descriptor: int, pieces: Iterator[bytes], path: Path) -> Hasher:
    hasher = Hasher()
    with Behind(descriptor, path) as file:
        for piece in pieces:
            hasher.update(piece)
            file.write(piece)
    return hasher


class Behind:
    """A new file that grows at its end, past the system's cache.

    Args:
        descriptor: the file; it stays the caller's.
        path: what it will be called, to be told when it cannot be written.
    """

    def __init__(self, descriptor: int, path: Path) -> None:
        self._file = DirectFile(descriptor)
        self._path = path
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        for _ in range(_BUFFERS):
            self._free.put(buffer(_BUFFER_BYTES))
        self._filled: queue.SimpleQueue[tuple[memoryview, int] | None] = queue.SimpleQueue()
        self._room, self._used = self._free.get(), 0
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._write_all, daemon=True)

    def write(self, piece: bytes) -> None:
        """Append ``piece``; its last bytes may wait. Raises Unavailable."""
        view = memoryview(piece)
        while view:
            part = view[: _BUFFER_BYTES - self._used]
            self._room[self._used : self._used + len(part)] = part
            self._used += len(part)
            view = view[len(part) :]
            if self._used == _BUFFER_BYTES:
                self._hand_over()
                self._room, self._used = self._free.get(), 0
        self._check()

    def _hand_over(self) -> None:
        self._filled.put((self._room, self._used))

    def _write_all(self) -> None:
        at = 0
        while filled := self._filled.get():
            room, size = filled
            try:
                if self._error is None:
                    self._file.write_at(room[:size], at)
            except OSError as error:
                self._error = error
            at += size
            self._free.put(room)

    def _check(self) -> None:
        if self._error:
            raise reading.unavailable(self._path, self._error)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not error:
            self._hand_over()
        self._filled.put(None)
        self._thread.join()
        self._file.close()
        if not error:
            self._check()

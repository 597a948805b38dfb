"""Copy packs, each compared with its table while it passes: one reading, and nothing counts that was not what it should be."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from typing import Self

from lineal.formats.pack import Passing, Table
from lineal.storage.blobs.copying import clone
from lineal.storage.direct import DirectFile, buffer_to_give

_PIECE_BYTES = 4 << 20

Rooms = tuple[memoryview, memoryview]


def new_rooms() -> Rooms:
    """Return memory for two pieces of a pack."""
    return buffer_to_give(_PIECE_BYTES), buffer_to_give(_PIECE_BYTES)


def copy_pack(
    table: Table,
    source: int,
    target: int,
    progress: Callable[[int], None] | None = None,
    *,
    cached: bool = False,
    rooms: Rooms | None = None,
) -> None:
    """Copy a pack into an empty file; what is there when this raises is worth nothing.

    Args:
        table: its table.
        source: a descriptor that reads it.
        target: a descriptor of an empty file, for reading and writing.
        progress: is told of bytes as they pass.
        cached: whether somebody will read the copy soon.
        rooms: memory for two pieces, of whoever copies one pack after the other.

    Raises:
        Corrupt: it is not the pack that the table is of.
        OSError: a disk says so.
    """
    passing, at = Passing(table), 0
    if is_cloned := clone(source, target):
        source = target
    with DirectFile(target, cached=cached) as file, _Beside(file, rooms or new_rooms()) as writing:
        # Through the cache: who sends a pack once sends it again, to another place or from here the next time.
        while count := os.preadv(source, [room := writing.room()], at):
            if not is_cloned:
                writing.write(room[:count], at)
            passing.take(room[:count])
            at += count
            if progress:
                progress(count)
    passing.finish()


class _Beside:
    """Writes one piece in a thread while it is looked at here.

    Args:
        file: where to.
        rooms: memory for the pieces.
    """

    def __init__(self, file: DirectFile, rooms: Rooms) -> None:
        self._file = file
        self._rooms = list(rooms)
        self._asked: queue.SimpleQueue[tuple[memoryview, int] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[OSError | None] = queue.SimpleQueue()
        self._waiting = 0
        self._thread = threading.Thread(target=self._write_all, daemon=True)

    def room(self) -> memoryview:
        """Return memory for the next piece; that of the last one may still be read. Raises OSError."""
        while self._waiting > 1:
            self._take()
        self._rooms.reverse()
        return self._rooms[0]

    def write(self, piece: memoryview, at: int) -> None:
        """Have a piece written."""
        self._waiting += 1
        self._asked.put((piece, at))

    def _take(self) -> None:
        self._waiting -= 1
        if error := self._done.get():
            raise error

    def _write_all(self) -> None:
        while asked := self._asked.get():
            try:
                self._file.write_at(*asked)
            except OSError as error:
                self._done.put(error)
            else:
                self._done.put(None)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._asked.put(None)
        self._thread.join()
        while self._waiting and not error:
            self._take()

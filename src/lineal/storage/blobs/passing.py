"""Copy packs, each compared with its table while it passes: one reading, and nothing counts that was not what it should be."""

from __future__ import annotations

import os
from collections.abc import Callable

from lineal.formats.pack import Passing, Table
from lineal.storage.blobs.copying import clone
from lineal.storage.direct import DirectFile, buffer

_PIECE_BYTES = 4 << 20


def copy_pack(
    table: Table, source: int, target: int, progress: Callable[[int], None] | None = None, *, cached: bool = False
) -> None:
    """Copy a pack into an empty file; what is there when this raises is worth nothing.

    Args:
        table: its table.
        source: a descriptor that reads it.
        target: a descriptor of an empty file, for reading and writing.
        progress: is told of bytes as they pass.
        cached: whether somebody will read the copy soon.

    Raises:
        Corrupt: it is not the pack that the table is of.
        OSError: a disk says so.
    """
    passing, at = Passing(table), 0
    if is_cloned := clone(source, target):
        source = target
    room = buffer(_PIECE_BYTES)
    with DirectFile(target, cached=cached) as writing:
        # Through the cache: who sends a pack once sends it again, to another place or from here the next time.
        while count := os.preadv(source, [room], at):
            piece = room[:count]
            if not is_cloned:
                writing.write_at(piece, at)
            passing.take(piece)
            at += count
            if progress:
                progress(count)
    passing.finish()

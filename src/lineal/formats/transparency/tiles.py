"""Tiles: the hashes and entries of a log, cut into files that never change (C2SP tlog-tiles).

``tile/L/N`` has the 256 hashes of subtrees of ``256 ** L`` leaves; ``tile/entries/N`` the 256 entries below ``tile/0/N``.
The last one of a level may be partial: ``.p/W`` says how many it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from lineal.formats.transparency.merkle import TILE_HEIGHT, TILE_WIDTH, Subtrees, subtree_hash
from lineal.objects.errors import Corrupt, Invalid

ENTRIES = -1
"""The level by which a bundle of entries is known."""

HASH_BYTES = 32
ENTRY_BYTES_MAX = (1 << 16) - 1

_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?")
_LEVEL_MAX = 63


class Tile(NamedTuple):
    """Which tile: its level, or ``ENTRIES``, its number there, and how many hashes or entries it has."""

    level: int
    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Where it is."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_number_path(self.number)}{partial}"


def _number_path(number: int) -> str:
    """Return a number in groups of three digits; all but the last begin with ``x``."""
    path = f"{number % 1000:03}"
    while number := number // 1000:
        path = f"x{number % 1000:03}/{path}"
    return path


def parse_path(path: str) -> Tile:
    """Return the tile that a path means.

    Raises:
        Invalid: it is the path of none.
    """
    match = _PATH.fullmatch(path)
    if match:
        level = ENTRIES if match[1] == "entries" else int(match[1])
        found = Tile(level, int(match[2].replace("/", "").replace("x", "")), int(match[3] or TILE_WIDTH))
        if level <= _LEVEL_MAX and found.width <= TILE_WIDTH and found.path == path:
            return found
    raise Invalid(f"{path[:100]!r} is no tile", hint="write tile/LEVEL/NNN, tile/LEVEL/NNN.p/WIDTH or tile/entries/NNN")


def tiles_of(size: int, *, after: int = 0) -> Iterator[Tile]:
    """Yield every tile of a log with ``size`` entries; those of one with ``after`` entries that are full are left out."""
    level, count, known = 0, size, after
    while count:
        for number in range(known // TILE_WIDTH, -(-count // TILE_WIDTH)):
            width = min(TILE_WIDTH, count - number * TILE_WIDTH)
            if level == 0:
                yield Tile(ENTRIES, number, width)
            yield Tile(level, number, width)
        level, count, known = level + 1, count // TILE_WIDTH, known // TILE_WIDTH


def split_hashes(tile: Tile, data: bytes) -> list[bytes]:
    """Return the hashes of a tile. Raises Corrupt."""
    if len(data) != tile.width * HASH_BYTES:
        raise Corrupt(f"{tile.path} has {len(data)} bytes, not {tile.width * HASH_BYTES}", hint="export the log anew")
    return [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]


def join_entries(entries: Iterable[bytes]) -> bytes:
    """Return the bundle of entries: each behind its length in two bytes, the higher one first.

    Raises:
        Corrupt: one is longer than a bundle can say.
    """
    parts = list[bytes]()
    for each in entries:
        if len(each) > ENTRY_BYTES_MAX:
            raise Corrupt(
                f"an entry has {len(each):,} bytes; a log holds {ENTRY_BYTES_MAX:,} at most", hint="lineal verify"
            )
        parts += (len(each).to_bytes(2, "big"), each)
    return b"".join(parts)


def split_entries(tile: Tile, data: bytes) -> list[bytes]:
    """Return the entries of a bundle. Raises Corrupt."""
    found, at = list[bytes](), 0
    while at + 2 <= len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        found.append(data[at + 2 : end])
        at = end
    if at != len(data) or len(found) != tile.width:
        raise Corrupt(f"{tile.path} is no bundle of {tile.width} entries", hint="export the log anew")
    return found


def reading_subtrees(size: int, read: Callable[[Tile], bytes]) -> Subtrees:
    """Return what gives the hashes of subtrees of a log with ``size`` entries, from its tiles.

    Args:
        size: how many entries it has.
        read: gives the bytes of a tile.
    """

    @lru_cache(maxsize=64)
    def hashes(level: int, number: int) -> Sequence[bytes]:
        width = min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - number * TILE_WIDTH)
        tile = Tile(level, number, width)
        return split_hashes(tile, read(tile))

    def subtree(level: int, index: int) -> bytes:
        above, rest = divmod(level, TILE_HEIGHT)
        number, first = divmod(index << rest, TILE_WIDTH)
        return subtree_hash(hashes(above, number)[first : first + (1 << rest)])

    return subtree

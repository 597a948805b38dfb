"""The transparency log of a repository: tiles and checkpoints, computed from the journal as it stands.

Nothing is written when an act is journalled. Whoever asks for a checkpoint first brings ``journal_tile`` up to date: the
hash over every tile that has become full. Two who do so at once write the same.
"""

from __future__ import annotations

from lineal.formats.transparency.merkle import TILE_HEIGHT, TILE_WIDTH, Subtrees, leaf_hash, root, subtree_hash
from lineal.formats.transparency.notes import Checkpoint
from lineal.formats.transparency.tiles import ENTRIES, Tile, join_entries, reading_subtrees, split_hashes
from lineal.objects.errors import Corrupt, NotFound
from lineal.storage.database.database import Database

_TILES_AT_ONCE = 64


class Log:
    """The journal as a transparency log.

    Args:
        database: where the journal is.
        origin: what the log is called in its checkpoints.
    """

    def __init__(self, database: Database, origin: str) -> None:
        self._database = database
        self.origin = origin

    def size(self) -> int:
        """Return how many entries there are."""
        return int(self._database.run("SELECT sequence FROM journal_head WHERE id = 1")[0]["sequence"])

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """Return the checkpoint over the first ``size`` entries, or over all; nobody signed it yet.

        Raises:
            NotFound: there are not so many.
            Corrupt: an entry is missing.
        """
        size = self._checked(self.size() if size is None else size)
        self.extend(size)
        return Checkpoint(self.origin, size, root(size, self.subtrees(size)))

    def subtrees(self, size: int) -> Subtrees:
        """Return what gives the hashes of subtrees of the first ``size`` entries."""
        return reading_subtrees(size, self.read)

    def read(self, tile: Tile) -> bytes:
        """Return the bytes of a tile or a bundle of entries.

        Raises:
            NotFound: the log is not so long yet.
            Corrupt: an entry is missing.
        """
        count = (tile.number * TILE_WIDTH + tile.width) << TILE_HEIGHT * max(tile.level, 0)
        self.extend(self._checked(count))
        return join_entries(self._entries(tile)) if tile.level == ENTRIES else self._hashes(tile)

    def extend(self, size: int) -> None:
        """Write the hashes over the tiles that the first ``size`` entries fill and that have none yet."""
        level, full = 0, size >> TILE_HEIGHT
        while full:
            known = self._database.run(
                "SELECT coalesce(max(number) + 1, 0) AS count FROM journal_tile WHERE level = :level", level=level
            )[0]["count"]
            for first in range(known, full, _TILES_AT_ONCE):
                numbers = range(first, min(first + _TILES_AT_ONCE, full))
                self._database.many(
                    "INSERT INTO journal_tile (level, number, hash) VALUES (:level, :number, :hash)"
                    " ON CONFLICT (level, number) DO NOTHING",
                    [{"level": level, "number": each, "hash": self._over(level, each).hex()} for each in numbers],
                )
            level, full = level + 1, full >> TILE_HEIGHT

    def _over(self, level: int, number: int) -> bytes:
        """Return the hash over a full tile."""
        return subtree_hash(split_hashes(Tile(level, number), self._hashes(Tile(level, number))))

    def _checked(self, size: int) -> int:
        if size > (there := self.size()):
            raise NotFound(f"the log has {there:,} entries, not {size:,}", hint="ask for the checkpoint first")
        return size

    def _hashes(self, tile: Tile) -> bytes:
        return b"".join(self._below(tile) if tile.level else map(leaf_hash, self._entries(tile)))

    def _entries(self, tile: Tile) -> list[bytes]:
        """Return the canonical bytes of the entries below a tile of the lowest level."""
        first = tile.number * TILE_WIDTH + 1
        rows = self._database.run(
            "SELECT sequence, body FROM journal WHERE sequence BETWEEN :first AND :last ORDER BY sequence",
            first=first,
            last=first + tile.width - 1,
        )
        if len(rows) != tile.width:
            there = {row["sequence"] for row in rows}
            missing = next(each for each in range(first, first + tile.width) if each not in there)
            raise Corrupt(
                f"entry {missing} of the journal is missing", hint="lineal verify --log tells what else is wrong"
            )
        return [row["body"].encode() for row in rows]

    def _below(self, tile: Tile) -> list[bytes]:
        """Return the hashes of a tile above the lowest level: those over the tiles below it."""
        first = tile.number * TILE_WIDTH
        rows = self._database.run(
            "SELECT hash FROM journal_tile WHERE level = :level AND number BETWEEN :first AND :last ORDER BY number",
            level=tile.level - 1,
            first=first,
            last=first + tile.width - 1,
        )
        if len(rows) != tile.width:
            raise Corrupt(f"hashes of {tile.path} are missing in the table journal_tile", hint="lineal verify --log")
        return [bytes.fromhex(row["hash"]) for row in rows]

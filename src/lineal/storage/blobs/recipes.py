"""Keep of a file only what its version before does not have: ranges of blobs that are here, and one blob with the rest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple
from zlib import crc32

from lineal.formats.chunks import cut
from lineal.formats.pieces import Pieces
from lineal.objects.canonical import canonical_bytes, decode
from lineal.objects.digest import Digest, Hasher
from lineal.objects.files import Range, Recipe
from lineal.storage.clock import Clock
from lineal.storage.database.database import Database

WORTH = 0.2
"""A recipe must spare this share of a file; a plain blob is simpler to keep, send and serve."""

Read = Callable[[Digest, int, int], Iterable[bytes]]
"""Gives bytes of a blob that has no recipe: which, from where on, how many."""


class Recipes:
    """The recipes of a store, by the digest of what they make.

    Args:
        database: where they are.
        clock: when one came.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, digest: Digest) -> Recipe | None:
        """Return the recipe of a blob, or None. Raises Corrupt."""
        rows = self._database.run("SELECT body FROM recipe WHERE digest = :digest", digest=digest)
        return decode(rows[0]["body"], Recipe) if rows else None

    def put(self, recipe: Recipe) -> None:
        """Keep a recipe whose parts are stored; one that is there stays."""
        self._database.run(
            "INSERT INTO recipe (digest, body, created_at) VALUES (:digest, :body, :at) ON CONFLICT (digest) DO NOTHING",
            digest=recipe.digest,
            at=self._clock.now(),
            body=canonical_bytes(recipe).decode(),
        )

    def among(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that have a recipe."""
        known = set(self.list())
        return known.intersection(digests) if known else set()

    def list(self) -> list[Digest]:
        """Return everything that has a recipe, in order."""
        return [row["digest"] for row in self._database.run("SELECT digest FROM recipe ORDER BY digest")]

    def delete(self, digest: Digest) -> None:
        """Forget a recipe."""
        self._database.run("DELETE FROM recipe WHERE digest = :digest", digest=digest)


class Layout:
    """The ranges that a recipe puts together, found by where their bytes end up.

    Args:
        recipe: what to read.
        read: gives bytes of its parts.
    """

    def __init__(self, recipe: Recipe, read: Read) -> None:
        self.size_bytes = recipe.size_bytes
        self._parts = recipe.parts
        self._read = read
        self._starts = [0, *accumulate(each.size_bytes for each in recipe.parts)]

    def ranges(self, start: int = 0, size: int | None = None) -> Iterator[Range]:
        """Yield the ranges that hold the bytes from ``start`` on, ``size`` at most."""
        end = self.size_bytes if size is None else min(self.size_bytes, start + size)
        index = bisect_right(self._starts, start) - 1
        while start < end:
            part, inside = self._parts[index], start - self._starts[index]
            taken = min(part.size_bytes - inside, end - start)
            if taken:
                yield Range(blob=part.blob, start=part.start + inside, size_bytes=taken)
            start, index = start + taken, index + 1

    def pieces(self, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start`` on, ``size`` at most, not verified."""
        for each in self.ranges(start, size):
            yield from self._read(each.blob, each.start, each.size_bytes)


class Draft(NamedTuple):
    """What is known of a file once it was compared: its digest, its parts, and the bytes that are new.

    ``parts`` with None for a blob are ranges of the new bytes.
    """

    digest: Digest
    size_bytes: int
    parts: list[tuple[Digest | None, int, int]]
    new_bytes: int

    @property
    def is_worth_it(self) -> bool:
        """Whether a recipe spares enough."""
        return self.size_bytes - self.new_bytes >= WORTH * self.size_bytes

    def recipe(self, rest: Digest | None) -> Recipe:
        """Return the recipe, when the new bytes are the blob ``rest``."""
        parts = (
            Range(blob=blob or rest or self.digest, start=start, size_bytes=size) for blob, start, size in self.parts
        )
        return Recipe(digest=self.digest, size_bytes=self.size_bytes, parts=tuple(parts))


def compare(file: Any, size: int, base: Layout, keep: Callable[[memoryview], object]) -> Draft:
    """Read a file once, find what the base has of it, and give the rest to ``keep``.

    A piece counts as known when the bytes themselves are equal; no digest of pieces is trusted, and none is stored.

    Args:
        file: the file, as an unbuffered binary reader at its start.
        size: its size in bytes.
        base: the blob to compare with; one range for a plain blob.
        keep: takes the new bytes, in order.
    """
    known = dict(_spots(base))
    hasher, parts, new_bytes = Hasher(), list[tuple[Digest | None, int, int]](), 0
    for piece in cut(file, size):
        hasher.update(piece)
        spot = known.get((crc32(piece), len(piece)))
        if spot is not None and piece == b"".join(base.pieces(spot, len(piece))):
            for each in base.ranges(spot, len(piece)):
                _append(parts, each.blob, each.start, each.size_bytes)
        else:
            _append(parts, None, new_bytes, len(piece))
            new_bytes += len(piece)
            keep(piece)
    return Draft(hasher.digest, hasher.size_bytes, parts, new_bytes)


def _spots(base: Layout) -> Iterator[tuple[tuple[int, int], int]]:
    """Yield the checksum and size of each piece of the base, with where it is."""
    at = 0
    for piece in cut(_Reader(base), base.size_bytes):
        yield (crc32(piece), len(piece)), at
        at += len(piece)


def _append(parts: list[tuple[Digest | None, int, int]], blob: Digest | None, start: int, size: int) -> None:
    """Add a range, as a longer last one where it goes on there."""
    if parts and parts[-1][0] == blob and parts[-1][1] + parts[-1][2] == start:
        _, before, length = parts[-1]
        parts[-1] = (blob, before, length + size)
    else:
        parts.append((blob, start, size))


class _Reader(Pieces):
    """What a recipe makes, as a file in which one can go back."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout.pieces(0))
        self._layout = layout

    def seekable(self) -> bool:
        """Say that it can go back."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a byte, counted from the start."""
        super().__init__(self._layout.pieces(offset))
        return offset

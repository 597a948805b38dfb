"""The Merkle tree of RFC 6962 over entries, and proofs about it.

A *subtree* ``(level, index)`` has ``2 ** level`` leaves, the first of them number ``index << level``. Whoever gives the
hashes of complete subtrees can compute every root and every proof in a number of steps that grows with the logarithm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

Subtrees = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree at a level and index."""

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
"""How many hashes a full tile has."""

EMPTY = sha256(b"").digest()
"""The root of no entries."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry as a leaf."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return sha256(b"\1" + left + right).digest()


def subtree_hash(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of the complete subtree over ``hashes``, whose number is a power of two."""
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return hashes[0]


def root(size: int, subtrees: Subtrees) -> bytes:
    """Return the root over the first ``size`` entries."""
    return _range_hash(0, size, subtrees) if size else EMPTY


def _range_hash(first: int, end: int, subtrees: Subtrees) -> bytes:
    """Return the hash over the leaves from ``first`` up to ``end``; ``first`` lies where such a subtree can begin."""
    size = end - first
    level = size.bit_length() - 1
    if size == 1 << level:
        return subtrees(level, first >> level)
    middle = first + _split(size)
    return node_hash(_range_hash(first, middle, subtrees), _range_hash(middle, end, subtrees))


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion(index: int, size: int, subtrees: Subtrees) -> tuple[bytes, ...]:
    """Return the proof that leaf ``index`` is among the first ``size``: the hashes beside its way up."""
    found, first, end = list[bytes](), 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            found.append(_range_hash(middle, end, subtrees))
            end = middle
        else:
            found.append(_range_hash(first, middle, subtrees))
            first = middle
    return tuple(reversed(found))


def consistency(old: int, new: int, subtrees: Subtrees) -> tuple[bytes, ...]:
    """Return the proof that the first ``new`` entries begin with the first ``old``."""
    found, first, end, is_whole = list[bytes](), 0, new, True
    if not 0 < old < new:
        return ()
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            found.append(_range_hash(middle, end, subtrees))
            end = middle
        else:
            found.append(_range_hash(first, middle, subtrees))
            first, is_whole = middle, False
    return tuple(reversed(found if is_whole else [*found, _range_hash(first, end, subtrees)]))


def proves_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], claimed: bytes) -> bool:
    """Tell whether a proof leads from a leaf to the root that is claimed (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(each, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    return last == 0 and found == claimed


def proves_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof leads to both roots: nothing that was under the old one changed (RFC 9162, 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY
    if not 0 < old < new:
        return False
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0]
    for each in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(each, before), node_hash(each, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, each)
        at, last = at >> 1, last >> 1
    return last == 0 and (before, after) == (old_root, new_root)


class Growing:
    """A tree that grows by leaves and holds no more than its right edge: less than 256 hashes for each level of tiles."""

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[list[bytes]] = [[]]

    def add(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Add a leaf's hash; yield the level and number of each tile that is full now, with the hash over it."""
        self.size += 1
        self._levels[0].append(leaf)
        return self._full() if len(self._levels[0]) == TILE_WIDTH else iter(())

    def _full(self) -> Iterator[tuple[int, int, bytes]]:
        level = 0
        while len(self._levels[level]) == TILE_WIDTH:
            over = subtree_hash(self._levels[level])
            self._levels[level] = []
            yield level, (self.size >> TILE_HEIGHT * (level + 1)) - 1, over
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(over)

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        found: bytes | None = None
        for level in self._levels:
            end = len(level)
            while end:
                size = end & -end
                peak = subtree_hash(level[end - size : end])
                found = peak if found is None else node_hash(peak, found)
                end -= size
        return found or EMPTY

"""The tree is that of RFC 6962, and its proofs hold for what they prove and for nothing else."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.transparency import merkle
from lineal.formats.transparency.tiles import ENTRIES, Tile, join_entries, reading_subtrees, tiles_of

SIZES = st.one_of(st.integers(1, 300), st.integers(60_000, 70_000))


def entry(index: int) -> bytes:
    return b"entry %d" % index


def plain_root(leaves: list[bytes]) -> bytes:
    """The definition in RFC 6962, 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\1" + plain_root(leaves[:half]) + plain_root(leaves[half:])).digest()


class Tiles:
    """The tiles of a log of so many entries, as a directory has them."""

    def __init__(self, size: int) -> None:
        self.size, self.files, tree = size, dict[str, bytes](), merkle.Growing()
        levels: dict[int, list[bytes]] = {0: [merkle.leaf_hash(entry(index)) for index in range(size)]}
        for leaf in levels[0]:
            for level, _, over in tree.add(leaf):
                levels.setdefault(level + 1, []).append(over)
        self.root = tree.root()
        for tile in tiles_of(size):
            first = tile.number * 256
            here = range(first, first + tile.width)
            entries = (entry(index) for index in here)
            self.files[tile.path] = (
                join_entries(entries)
                if tile.level == ENTRIES
                else b"".join(levels[tile.level][index] for index in here)
            )

    @property
    def subtrees(self) -> merkle.Subtrees:
        return reading_subtrees(self.size, lambda tile: self.files[tile.path])


def test_the_root_is_that_of_the_definition() -> None:
    for size in (0, 1, 2, 3, 255, 256, 257, 700):
        expected = plain_root([entry(index) for index in range(size)])
        tiles = Tiles(size)

        assert expected == tiles.root == merkle.root(size, tiles.subtrees)


LARGE = Tiles(70_000)


def of_first(size: int) -> tuple[bytes, merkle.Subtrees]:
    """The root over the first entries of the large log, from tiles that are full there where they are full in a large one."""
    tree = merkle.Growing()
    for index in range(size):
        for _ in tree.add(merkle.leaf_hash(entry(index))):
            pass
    return tree.root(), LARGE.subtrees


@given(st.data())
def test_an_inclusion_proof_proves_one_entry_at_one_place(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70_000))
    index = data.draw(st.integers(0, size - 1))
    root, subtrees = merkle.root(size, LARGE.subtrees), LARGE.subtrees
    proof = merkle.inclusion(index, size, subtrees)
    leaf = merkle.leaf_hash(entry(index))

    assert merkle.proves_inclusion(leaf, index, size, proof, root)
    assert not merkle.proves_inclusion(merkle.leaf_hash(b"another"), index, size, proof, root)
    assert size == 1 or not merkle.proves_inclusion(leaf, (index + 1) % size, size, proof, root)
    assert not merkle.proves_inclusion(leaf, index, size, (*proof, root), root)


@given(st.data())
def test_a_consistency_proof_proves_that_nothing_before_was_changed(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 70_000))
    old = data.draw(st.integers(1, new - 1))
    roots = [merkle.root(size, LARGE.subtrees) for size in (old, new)]
    proof = merkle.consistency(old, new, LARGE.subtrees)

    assert merkle.proves_consistency(old, new, *roots, proof)
    assert not merkle.proves_consistency(old, new, sha256(b"").digest(), roots[1], proof)
    assert not merkle.proves_consistency(old, new, roots[0], sha256(b"").digest(), proof)
    assert not merkle.proves_consistency(old, new, *roots, proof[:-1])


def test_the_right_edge_gives_the_root_at_every_size() -> None:
    tree = merkle.Growing()
    for size in range(1, 1_500):
        list(tree.add(merkle.leaf_hash(entry(size - 1))))

        assert merkle.root(size, LARGE.subtrees) == tree.root()


def test_full_tiles_of_a_smaller_log_are_those_of_a_larger_one() -> None:
    small, large = {tile for tile in tiles_of(66_000) if tile.width == 256}, set(tiles_of(70_000))

    assert small <= large
    assert set(tiles_of(70_000, after=66_000)) == large - small
    assert Tile(1, 0, 256) in small

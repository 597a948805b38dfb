"""Paths and bundles are those of C2SP tlog-tiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.transparency.tiles import ENTRIES, Tile, join_entries, parse_path, split_entries, split_hashes
from lineal.objects.errors import Corrupt, Invalid


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(1, 999, 3), "tile/1/999.p/3"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(ENTRIES, 1_000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_a_path_is_that_of_the_specification(tile: Tile, path: str) -> None:
    assert path == tile.path
    assert tile == parse_path(path)


@pytest.mark.parametrize(
    "path",
    ["tile/0/0", "tile/0/1000", "tile/0/x000/001", "tile/0/000.p/256", "tile/0/000.p/0", "tile/64/000", "tile/00/000",
     "tile/-1/000", "tile/0/x001/67", "tile/0/000/001", "tile/0/000.p/01", "../tile/0/000", "tile/entries/000\n"],
)  # fmt: skip
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(Invalid, match="is no tile"):
        parse_path(path)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    tile = Tile(ENTRIES, 0, len(entries))

    assert entries == split_entries(tile, join_entries(entries))


def test_a_bundle_has_lengths_of_two_bytes_the_higher_one_first() -> None:
    assert b"\0\3abc\1\0" + bytes(256) == join_entries([b"abc", bytes(256)])


@given(st.binary(max_size=100))
def test_other_bytes_are_told(data: bytes) -> None:
    with pytest.raises(Corrupt):
        split_entries(Tile(ENTRIES, 0, 200), data)
    with pytest.raises(Corrupt):
        split_hashes(Tile(0, 0, 200), data)


def test_an_entry_that_no_bundle_can_hold_is_told() -> None:
    with pytest.raises(Corrupt, match="65,536 bytes"):
        join_entries([bytes(1 << 16)])

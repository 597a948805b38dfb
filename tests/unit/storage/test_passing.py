"""Packs that are copied: as they were, read once, and none that is not what its table says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lineal.formats import pack
from lineal.objects.digest import digest_of
from lineal.objects.errors import Corrupt
from lineal.storage.blobs.passing import copy_pack, new_rooms
from tests.unit.storage.test_copying import opened

CHANCE = random.Random(1)


def packed(path: Path, sizes: list[int]) -> pack.Table:
    """Write a pack with blobs of these sizes; return its table."""
    contents = [CHANCE.randbytes(each) for each in sizes]
    places, start = list[pack.Place](), 0
    for each in contents:
        places.append(pack.Place(digest_of(each), start, len(each)))
        start += len(each)
    table = pack.table_of(places)
    path.write_bytes(b"".join(contents) + pack.ending(table))
    return table


@pytest.mark.parametrize("sizes", [[], [1], [0, 70_000, 4_096], [3 << 20] * 4, [10_000] * 1_000], ids=len)
@pytest.mark.parametrize("cached", [True, False])
def test_a_pack_is_copied_as_it_was(sizes: list[int], cached: bool, tmp_path: Path) -> None:
    table, told = packed(tmp_path / "pack", sizes), list[int]()
    with opened(tmp_path / "pack", tmp_path / "copy") as files:
        copy_pack(table, *files, told.append, cached=cached)

    assert (tmp_path / "pack").read_bytes() == (tmp_path / "copy").read_bytes()
    assert table.size_bytes == sum(told)


@pytest.mark.parametrize("at", [0, 4 << 20, (12 << 20) - 1, (12 << 20) + 5, -1])
def test_a_pack_that_is_another_one_at_any_byte_is_refused(at: int, tmp_path: Path) -> None:
    table = packed(tmp_path / "pack", [3 << 20] * 4)
    data = bytearray((tmp_path / "pack").read_bytes())
    data[at] ^= 1
    (tmp_path / "pack").write_bytes(data)

    with pytest.raises(Corrupt), opened(tmp_path / "pack", tmp_path / "copy") as files:
        copy_pack(table, *files)


def test_a_pack_is_read_once(tmp_path: Path) -> None:
    table = packed(tmp_path / "pack", [10_000] * 1_000)
    with opened(tmp_path / "pack", tmp_path / "copy") as files:
        before = _read_bytes()
        copy_pack(table, *files)

        assert table.size_bytes <= _read_bytes() - before < table.size_bytes + 100_000


def _read_bytes() -> int:
    """Return how many bytes this process has read, of files in the cache too."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_packs_that_are_copied_one_after_the_other_through_the_same_memory_are_as_they_were(tmp_path: Path) -> None:
    rooms = new_rooms()
    for number, sizes in enumerate([[10_000] * 1_000, [3 << 20] * 4, [1]]):
        table = packed(tmp_path / f"pack{number}", sizes)
        with opened(tmp_path / f"pack{number}", tmp_path / f"copy{number}") as files:
            copy_pack(table, *files, rooms=rooms)

        assert (tmp_path / f"pack{number}").read_bytes() == (tmp_path / f"copy{number}").read_bytes()

"""Copies: hashed while they are made, as sparse as what they are made of, and sharing blocks where the disk can."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.objects.digest import Hasher, digest_of
from lineal.storage.blobs import copying
from lineal.storage.blobs.copying import clone, copy_hashed
from lineal.storage.blobs.files import FileBlobs
from tests.unit.storage.disks import REFLINKS, run_on_disk
from tests.unit.storage.processes import command

MIB = 1 << 20


@contextmanager
def opened(source: Path, target: Path) -> Iterator[tuple[int, int]]:
    """Open a file to read it, and a new one to write it."""
    descriptors = os.open(source, os.O_RDONLY), os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        yield descriptors
    finally:
        for each in descriptors:
            os.close(each)


def copied(source: Path) -> tuple[Path, Hasher]:
    """Copy a file; return the copy and what hashed it."""
    target = source.with_name("copy")
    with opened(source, target) as (a, b):
        return target, copy_hashed(a, b)


def copied_twice(source: Path) -> tuple[Path, Path, Hasher]:
    """Make two copies of a file in one reading; return both and what hashed them."""
    target, spare = source.with_name("copy"), source.with_name("spare")
    with opened(source, target) as (a, b), opened(source, spare) as (_, c):
        return target, spare, copy_hashed(a, b, spare=c)


def sparse(path: Path, size: int, *parts: tuple[int, bytes]) -> Path:
    """Write a file that is a hole but for its parts."""
    with path.open("wb") as file:
        file.truncate(size)
        for start, data in parts:
            file.seek(start)
            file.write(data)
    return path


PATTERNS = {
    "nothing": (0, []),
    "a byte": (1, [(0, b"x")]),
    "only a hole": (5 * MIB, []),
    "only a large hole": (64 * MIB, []),
    "data in the middle": (64 * MIB, [(32 * MIB, b"middle" * 1_000)]),
    "data at both ends": (64 * MIB + 7, [(0, b"start"), (64 * MIB, b"the end")]),
    "a hole at the end": (64 * MIB, [(3, os.urandom(9 * MIB))]),
    "a hole at the start": (20 * MIB, [(11 * MIB, os.urandom(9 * MIB))]),
    "no hole": (17 * MIB + 1, [(0, os.urandom(17 * MIB + 1))]),
    "zeros that are no hole": (9 * MIB, [(0, bytes(9 * MIB))]),
}


@pytest.mark.parametrize("size", [0, 1, 5 * MIB + 1, 40 * MIB + 4_097])
def test_two_copies_of_one_reading_are_the_same(size: int, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(random.Random(size).randbytes(size))
    target, spare, hasher = copied_twice(tmp_path / "source")

    assert (tmp_path / "source").read_bytes() == target.read_bytes() == spare.read_bytes()
    assert (digest_of(target.read_bytes()), size) == (hasher.digest, hasher.size_bytes)


def test_two_copies_of_a_file_with_holes_are_the_same(tmp_path: Path) -> None:
    source = sparse(tmp_path / "source", 40 * MIB, (3 * MIB, b"some"), (30 * MIB + 5, b"more"))
    target, spare, hasher = copied_twice(source)

    assert source.read_bytes() == target.read_bytes() == spare.read_bytes()
    assert digest_of(source.read_bytes()) == hasher.digest


@pytest.mark.parametrize("place", [1, 2])
def test_a_disk_that_takes_one_of_two_copies_only_is_told(
    place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").write_bytes(bytes(random.Random(1).randbytes(1 << 20)) * 40)
    made, write = list[object](), copying.DirectFile.write_at

    def failing(file: copying.DirectFile, data: memoryview, at: int) -> None:
        made.extend({file} - set(made))
        if at > 8 * MIB and len(made) >= place and file is made[place - 1]:
            raise OSError(errno.ENOSPC, "no space")
        write(file, data, at)

    monkeypatch.setattr(copying.DirectFile, "write_at", failing)
    with pytest.raises(OSError, match="no space"):
        copied_twice(tmp_path / "source")


def test_a_disk_that_takes_its_time_over_one_piece_keeps_no_other_from_being_hashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").write_bytes(random.Random(2).randbytes(36 * MIB))
    hashed, write = threading.Semaphore(0), copying.DirectFile.write_at

    class Counting(Hasher):
        def update(self, data: bytes | memoryview) -> None:
            super().update(data)
            hashed.release()

    def waiting(file: copying.DirectFile, data: memoryview, at: int) -> None:
        if not at:
            # Of nine pieces, all can be hashed while the first one is not yet written.
            assert all(hashed.acquire(timeout=30) for _ in range(9))
        write(file, data, at)

    monkeypatch.setattr(copying, "Hasher", Counting)
    monkeypatch.setattr(copying.DirectFile, "write_at", waiting)
    target, hasher = copied(tmp_path / "source")

    assert digest_of(target.read_bytes()) == hasher.digest


def test_copies_at_once_have_no_more_memory_than_all_may_and_give_it_back(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(random.Random(3).randbytes(40 * MIB))

    def one(number: int) -> str:
        with opened(tmp_path / "source", tmp_path / f"copy-{number}") as (a, b):
            return copy_hashed(a, b).digest

    with ThreadPoolExecutor(4) as pool:
        digests = set(pool.map(one, range(8)))

    assert {digest_of((tmp_path / "source").read_bytes())} == digests
    assert all(copying._MORE_PIECES.acquire(blocking=False) for _ in range(8))
    for _ in range(8):
        copying._MORE_PIECES.release()


@pytest.mark.parametrize(("size", "parts"), PATTERNS.values(), ids=PATTERNS)
def test_a_copy_has_the_same_bytes_and_no_fewer_holes(
    size: int, parts: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    source = sparse(tmp_path / "source", size, *parts)
    target, hasher = copied(source)

    assert size == hasher.size_bytes == target.stat().st_size
    assert source.read_bytes() == target.read_bytes()
    assert digest_of(source.read_bytes()) == hasher.digest
    assert target.stat().st_blocks <= source.stat().st_blocks + 64


@pytest.mark.parametrize("large_bytes", [1, 1 << 40], ids=["by two threads", "by one"])
@pytest.mark.parametrize(("size", "parts"), PATTERNS.values(), ids=PATTERNS)
def test_a_copy_that_nobody_hashes_is_the_same(
    size: int, parts: list[tuple[int, bytes]], large_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_LARGE_BYTES", large_bytes)
    source, passed = sparse(tmp_path / "source", size, *parts), list[int]()
    with opened(source, tmp_path / "copy") as (a, b):
        copying.copy(a, b, passed.append, cached=True)
    target = tmp_path / "copy"

    assert source.read_bytes() == target.read_bytes()
    assert target.stat().st_blocks <= source.stat().st_blocks + 64
    assert sum(map(len, (data for _, data in parts))) <= sum(passed) <= size


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(0, 20 * MIB),
    parts=st.lists(st.tuples(st.integers(0, 18 * MIB), st.integers(1, 2 * MIB)), max_size=5),
)
def test_any_pattern_of_holes_is_copied(size: int, parts: list[tuple[int, int]], tmp_path: Path) -> None:
    chance = random.Random(size)
    source = sparse(tmp_path / "source", size, *((start, chance.randbytes(count)) for start, count in parts))
    target, hasher = copied(source)

    assert source.read_bytes() == target.read_bytes()
    assert digest_of(target.read_bytes()) == hasher.digest


def test_a_huge_hole_costs_no_room_in_the_store_nor_in_the_workspace(tmp_path: Path) -> None:
    size = 2 << 30
    source = sparse(tmp_path / "source", size, (1 << 30, b"the only data"))
    blobs = FileBlobs(tmp_path / "blobs", tmp_path / "tmp")
    digest, stored = blobs.put_file(source)
    blobs.fetch_to(digest, tmp_path / "out")

    assert size == stored == (tmp_path / "out").stat().st_size
    for each in (blobs.path(digest), tmp_path / "out"):
        assert each.stat().st_blocks * 512 <= source.stat().st_blocks * 512 + 65_536
    with (tmp_path / "out").open("rb") as file:
        file.seek(1 << 30)
        assert b"the only data\0" == file.read(14)


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 9 * MIB])
def test_a_file_that_is_cut_short_while_it_is_copied_gives_a_copy_whose_digest_is_right(
    size: int, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    for _ in range(20):
        source.write_bytes(os.urandom(20 * MIB))
        cutter = threading.Thread(target=os.truncate, args=(source, size))
        with opened(source, tmp_path / "copy") as (a, b):
            cutter.start()
            hasher = copy_hashed(a, b)
            cutter.join()

        with (tmp_path / "copy").open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == hasher.digest.removeprefix("sha256:")


def test_a_disk_that_fills_up_is_told_and_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "source").write_bytes(os.urandom(30 * MIB))
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        copied(tmp_path / "source")


CLONE = """
from lineal.storage.blobs.copying import clone
(here / "in").write_bytes(os.urandom(100 << 20))
def free():
    os.sync()
    return os.statvfs(here).f_bavail * os.statvfs(here).f_frsize
before = free()
blobs = FileBlobs(here / "blobs", here / "tmp")
digest, size = blobs.put_file(here / "in")
blobs.fetch_to(digest, here / "out")
with (here / "in").open("rb") as a, (here / "other").open("w+b") as b:
    print(clone(a.fileno(), b.fileno()), size, before - free() < 10 << 20)
with (here / "out").open("r+b") as file:
    file.write(b"an edit in place")
with (here / "in").open("r+b") as file:
    file.write(b"another one")
print(len(blobs.get(digest)), (here / "other").stat().st_size)
"""


def test_blocks_are_shared_where_the_disk_can_share_them_and_an_edit_changes_one_copy_only(
    small_disk: Path, tmp_path: Path
) -> None:
    said = run_on_disk(command(CLONE, small_disk), small_disk, make=REFLINKS)

    if said is not None:
        assert ["True 104857600 True", "104857600 104857600"] == said.splitlines()
    # Everywhere, here too: it is a clone with the same bytes, or nothing was done.
    (tmp_path / "in").write_bytes(b"x" * MIB)
    with opened(tmp_path / "in", tmp_path / "out") as (a, b):
        assert (MIB if clone(a, b) else 0) == (tmp_path / "out").stat().st_size

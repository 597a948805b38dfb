"""A version is kept as what differs from the one before, and always read back as exactly its bytes."""

from __future__ import annotations

import base64
import os
import random
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, NotFound
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.clock import FixedClock
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import MEMORY, Sqlite
from tests.unit.formats.test_chunks import safetensors
from tests.unit.storage.spoiling import write_at

NOISE = random.Random(3).randbytes(3 << 20)


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[PackedBlobs]:
    """An empty store."""
    database = Sqlite(MEMORY)
    migrate(database, phase="pre")
    yield PackedBlobs(tmp_path / "blobs", tmp_path / "tmp", database, FixedClock())
    database.close()


def put(blobs: PackedBlobs, data: bytes, base: Digest | None = None) -> Digest:
    """Store a file beside another one."""
    path = blobs.scratch.parent / "file"
    path.write_bytes(data)
    digest, size = blobs.put_file(path, base=base)
    assert (digest_of(data), len(data)) == (digest, size)
    return digest


def stored_bytes(blobs: PackedBlobs) -> int:
    """Return how many bytes the store takes on the disk, and in rows."""
    files = sum(each.stat().st_size for each in blobs.scratch.parent.joinpath("blobs").rglob("*") if each.is_file())
    return files + sum(len(repr(blobs.recipes.get(each))) for each in blobs.recipes.list())


_EDIT = st.tuples(
    st.sampled_from(["insert", "delete", "replace", "append", "prepend", "cut", "repeat"]),
    st.floats(0, 1),
    st.integers(0, 200_000),
)


def edited(data: bytes, edit: tuple[str, float, int]) -> bytes:
    kind, where, size = edit
    at, new = int(where * len(data)), random.Random(size).randbytes(min(size, 5_000))
    changed: dict[str, bytes] = {
        "insert": data[:at] + new + data[at:],
        "delete": data[:at] + data[at + size :],
        "replace": data[:at] + new + data[at + len(new) :],
        "append": data + new,
        "prepend": new + data,
        "cut": data[:at],
        "repeat": data + data[at : at + 3 * size],
    }
    return changed[kind]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=st.lists(st.lists(_EDIT, min_size=1, max_size=3), min_size=1, max_size=4), as_tensors=st.booleans())
def test_every_version_of_a_file_comes_back_and_recipes_stay_flat(
    versions: list[list[tuple[str, float, int]]],
    as_tensors: bool,
    blobs: PackedBlobs,
) -> None:
    data = safetensors({f"{n}": NOISE[n << 17 : (n + 1) << 17] for n in range(16)}) if as_tensors else NOISE
    base, kept = put(blobs, data), {digest_of(data): data}
    for edits in versions:
        for each in edits:
            data = edited(data, each)
        base = put(blobs, data, base)
        kept[base] = data
    for digest, expected in kept.items():
        assert expected == blobs.get(digest)
    for digest in blobs.recipes.list():
        recipe = blobs.recipes.get(digest)
        assert recipe
        assert recipe.size_bytes == sum(each.size_bytes for each in recipe.parts) == len(blobs.get(digest))
        assert set() == blobs.recipes.among(each.blob for each in recipe.parts)
        assert all(a.blob != b.blob or a.start + a.size_bytes != b.start for a, b in pairwise(recipe.parts))


@given(st.integers(0, 3 << 20), st.integers(0, 3 << 20))
def test_any_range_of_a_version_can_be_read(start: int, size: int) -> None:
    data = VERSIONED[1]

    assert data[start : start + size] == b"".join(VERSIONED[0].open(digest_of(data), start=start, size=size))


@pytest.fixture(scope="module", autouse=True)
def versioned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Make a store with a recipe that only is read."""
    root = tmp_path_factory.mktemp("store")
    database = Sqlite(MEMORY)
    migrate(database, phase="pre")
    blobs = PackedBlobs(root / "blobs", root / "tmp", database, FixedClock())
    data = NOISE[:500_000] + b"new" * 9_999 + NOISE[500_000:2_000_000] + NOISE[:500_000]
    put(blobs, data, put(blobs, NOISE))
    assert [digest_of(data)] == blobs.recipes.list()
    VERSIONED[:] = [blobs, data]
    yield
    database.close()


VERSIONED: list[Any] = []


def test_ten_versions_of_a_table_that_grows_cost_little_more_than_the_last_one(blobs: PackedBlobs) -> None:
    chance = random.Random(1)
    data, base, logical = base64.encodebytes(chance.randbytes(15 << 20)), None, 0
    for _ in range(10):
        base = put(blobs, data, base)
        logical += len(data)
        data += base64.encodebytes(chance.randbytes(len(data) * 3 // 400))

    assert stored_bytes(blobs) <= 0.11 * logical


def test_ten_versions_of_tensors_of_which_a_tenth_changes_cost_what_changed(blobs: PackedBlobs) -> None:
    chance = random.Random(2)
    tensors = {f"layer.{n:03}": chance.randbytes(40_000 + 400 * n) for n in range(100)}
    base, logical = None, 0
    for _ in range(10):
        data = safetensors(tensors)
        base = put(blobs, data, base)
        logical += len(data)
        for name in chance.sample(sorted(tensors), 10):
            tensors[name] = chance.randbytes(len(tensors[name]))

    assert stored_bytes(blobs) <= 0.21 * logical


def test_what_has_little_in_common_is_kept_as_it_is(blobs: PackedBlobs) -> None:
    first = put(blobs, NOISE)
    for other in (os.urandom(2 << 20), NOISE[:500_000] + os.urandom(3 << 20)):
        digest = put(blobs, other, first)

        assert blobs.files.path(digest).stat().st_size == len(other)
        assert [] == blobs.recipes.list()


def test_a_version_that_is_here_already_is_not_kept_again(blobs: PackedBlobs) -> None:
    first = put(blobs, NOISE)
    before = stored_bytes(blobs)
    assert first == put(blobs, NOISE, first)
    assert before == stored_bytes(blobs)

    second = put(blobs, NOISE + b"more", first)
    before = stored_bytes(blobs)
    for base in (first, second, None):
        put(blobs, NOISE + b"more", base)
    assert before + (len(NOISE) + 4) >= stored_bytes(blobs)
    assert NOISE + b"more" == blobs.get(second)


def test_a_file_that_shrinks_to_a_part_or_to_nothing_is_still_a_file(blobs: PackedBlobs) -> None:
    first = put(blobs, NOISE)
    for data in (b"", NOISE[:10], NOISE[100_000:200_000]):
        digest = put(blobs, data, first)

        assert data == blobs.get(digest)
        assert len(data) == blobs.size(digest)
        blobs.fetch_to(digest, blobs.scratch.parent / "out")
        assert data == (blobs.scratch.parent / "out").read_bytes()


def test_a_base_that_is_damaged_spoils_no_version(blobs: PackedBlobs) -> None:
    first = put(blobs, NOISE)
    write_at(blobs.files.path(first), 1_000_000, b"damaged")
    second = put(blobs, NOISE + b"more", first)
    third = put(blobs, NOISE + b"and more", second)

    assert NOISE + b"more" == blobs.get(second)
    assert NOISE + b"and more" == blobs.get(third)
    with pytest.raises(Corrupt, match=first):
        blobs.get(first)


def test_a_base_that_is_cut_short_or_gone_in_part_spoils_no_version(blobs: PackedBlobs) -> None:
    first = put(blobs, NOISE)
    second = put(blobs, NOISE[:2_000_000] + b"second" + NOISE[2_000_000:], first)
    path = blobs.files.path(first)
    path.chmod(0o644)
    os.truncate(path, 1_500_000)
    third = put(blobs, NOISE + b"third", second)
    assert NOISE + b"third" == blobs.get(third)

    path.unlink()
    fourth = put(blobs, NOISE + b"fourth", second)
    assert NOISE + b"fourth" == blobs.get(fourth)
    with pytest.raises(NotFound, match=first):
        blobs.get(second)


def test_damage_in_a_part_is_found_when_the_version_is_read(blobs: PackedBlobs, tmp_path: Path) -> None:
    first = put(blobs, NOISE)
    second = put(blobs, NOISE + b"more", first)
    write_at(blobs.files.path(first), 1_000_000, b"damaged")
    for ask in (lambda: blobs.get(second), lambda: blobs.fetch_to(second, tmp_path / "out")):
        with pytest.raises(Corrupt, match=second):
            ask()

    assert not (tmp_path / "out").exists()


def test_a_file_that_changes_while_it_is_compared_is_told_and_nothing_is_kept(blobs: PackedBlobs) -> None:
    first, path = put(blobs, NOISE), blobs.scratch.parent / "file"
    path.write_bytes(NOISE + b"more")
    may_end = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as file:
            while not may_end.wait(0.0005):
                file.write(b"x")

    def put_often() -> None:
        # On a busy machine the writer may sleep through a whole read: such a read is a true one.
        for _ in range(50):
            blobs.put_file(path, base=first)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(Conflict, match="file changed while it was read"):
            put_often()
    finally:
        may_end.set()
        writer.join()
    assert [] == list(blobs.scratch.iterdir())
    assert all(digest_of(blobs.get(each)) == each for each in blobs.list())


@pytest.mark.parametrize("is_part", [False, True])
def test_no_version_is_made_of_a_file_that_is_shared_with_the_workspace(is_part: bool, blobs: PackedBlobs) -> None:
    first = put(blobs, NOISE)
    base = put(blobs, NOISE + b"second", base=first) if is_part else first
    blobs.shared.path(first).parent.mkdir(parents=True)
    blobs.files.path(first).rename(blobs.shared.path(first))
    assert blobs.get(base).startswith(NOISE)
    third = put(blobs, NOISE + b"third", base=base)

    assert blobs.files.has((third,)) == {third}
    blobs.shared.path(first).chmod(0o600)
    write_at(blobs.shared.path(first), 5, b"an edit")
    assert blobs.get(third) == NOISE + b"third"
    for each in {first, base}:
        with pytest.raises(NotFound, match="was edited there"):
            blobs.get(each)
    assert blobs.has((first, base, third)) == {third}
    assert {third} == {first, base, third}.intersection(blobs.list())

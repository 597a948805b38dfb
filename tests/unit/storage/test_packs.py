"""Packs: what is in one is found, also when its rows are lost; what is damaged in one is named, and nothing else suffers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.formats import pack
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, NotFound
from lineal.storage.blobs.blobs import SMALL_BYTES
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.blobs.packing import FEW, PACK_BYTES
from lineal.storage.checking import index_anew, take
from lineal.storage.clock import FixedClock
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import Sqlite
from lineal.testing.contracts.blobs_together import bundled
from lineal.testing.faults import run_on_small_disk
from tests.unit.storage.processes import command, together
from tests.unit.storage.spoiling import flip, write_at

CONTENTS = [b"blob number %d" % number for number in range(100)]
DIGESTS = [digest_of(each) for each in CONTENTS]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Sqlite]:
    """The rows."""
    made = Sqlite(tmp_path / "database.sqlite")
    migrate(made, phase="pre")
    yield made
    made.close()


@pytest.fixture
def blobs(database: Sqlite, tmp_path: Path) -> PackedBlobs:
    """An empty store."""
    return PackedBlobs(tmp_path / "blobs", tmp_path / "tmp", database, FixedClock())


def packs_of(blobs: PackedBlobs) -> list[Digest]:
    """Return the names of the packs that have files."""
    return list(blobs.packs.files())


def test_few_blobs_become_files_that_any_tool_reads_and_more_become_one_pack(blobs: PackedBlobs) -> None:
    few = bundled(blobs, CONTENTS[:FEW])
    assert few == [each for each in few if blobs.files.path(each).is_file()]
    assert [] == packs_of(blobs)

    bundled(blobs, CONTENTS)
    (name,) = packs_of(blobs)
    assert sorted(DIGESTS) == list(blobs.packs.table(name).digests())
    assert 0o444 == blobs.packs.path(name).stat().st_mode & 0o777


def test_a_pack_is_full_at_64_mib(blobs: PackedBlobs, tmp_path: Path) -> None:
    size = SMALL_BYTES - 1
    contents = [number.to_bytes(4, "big") + bytes(size - 4) for number in range(PACK_BYTES // size + 3)]
    digests = bundled(blobs, contents)
    sizes = sorted(blobs.packs.path(each).stat().st_size for each in packs_of(blobs))

    assert 2 == len(sizes)
    assert sizes[1] <= PACK_BYTES + size + 100 * len(contents)
    assert set(digests) == blobs.has(digests)
    assert [] == list((tmp_path / "tmp").iterdir())


def test_what_was_checked_when_it_came_is_known_to_be_right_until_its_file_changes(
    blobs: PackedBlobs, tmp_path: Path
) -> None:
    bundled(blobs, CONTENTS)
    (name,) = packs_of(blobs)
    assert [False] == [each.are_checked for each in blobs.places(DIGESTS)]

    copy = tmp_path / "tmp" / "copy"
    copy.write_bytes(blobs.packs.path(name).read_bytes())
    take(blobs, "pack", name, copy)
    assert [True] == [each.are_checked for each in blobs.places(DIGESTS)]

    os.utime(blobs.packs.path(name))
    assert [False] == [each.are_checked for each in blobs.places(DIGESTS)]


def test_thousands_of_blobs_are_a_few_files(blobs: PackedBlobs) -> None:
    contents = [b"%d" % number * (number % 100) for number in range(20_000)]
    digests = bundled(blobs, contents)

    assert 1 == len(packs_of(blobs))
    assert set(digests) == blobs.has(digests)
    assert set(contents) == {data for _, data in blobs.get_many(digests)}
    assert sorted(set(digests)) == list(blobs.list())


def test_rows_that_are_lost_are_made_anew_from_the_packs(blobs: PackedBlobs, database: Sqlite) -> None:
    bundled(blobs, CONTENTS)
    bundled(blobs, CONTENTS[50:])
    before = database.run("SELECT * FROM packed ORDER BY blob, pack"), database.run("SELECT digest FROM pack")
    database.run("DELETE FROM packed")
    database.run("DELETE FROM pack")
    assert set() == blobs.has(DIGESTS)
    for name in packs_of(blobs):
        blobs.packs.index(blobs.packs.read_table(name))

    assert before == (database.run("SELECT * FROM packed ORDER BY blob, pack"), database.run("SELECT digest FROM pack"))
    assert dict(zip(DIGESTS, CONTENTS, strict=True)) == dict(blobs.get_many(DIGESTS))


def test_a_pack_whose_table_says_what_cannot_be_gets_no_rows(blobs: PackedBlobs, database: Sqlite) -> None:
    bundled(blobs, CONTENTS)
    (name,) = packs_of(blobs)
    body = bytearray(blobs.packs.table(name).body)
    body[-8:] = (1 << 20).to_bytes(8, "big")
    bad = digest_of(body)
    blobs.packs.path(bad).parent.mkdir(parents=True, exist_ok=True)
    data = bytes((1 << 20) + 10_000) + body + len(body).to_bytes(8, "big") + b"LINEALPK"
    blobs.packs.path(bad).write_bytes(data)
    database.run("DELETE FROM packed")
    database.run("DELETE FROM pack")

    assert 1 == index_anew(blobs)
    assert [name] == blobs.packs.list()


def test_indexing_a_pack_again_changes_nothing(blobs: PackedBlobs, database: Sqlite) -> None:
    bundled(blobs, CONTENTS)
    before = database.run("SELECT * FROM packed ORDER BY blob, pack")
    (name,) = packs_of(blobs)
    for _ in range(2):
        blobs.packs.index(blobs.packs.read_table(name))

    assert before == database.run("SELECT * FROM packed ORDER BY blob, pack")


def test_a_flipped_bit_of_a_blob_is_named_with_its_place_and_the_others_are_what_they_were(blobs: PackedBlobs) -> None:
    bundled(blobs, CONTENTS)
    (name,) = packs_of(blobs)
    place = blobs.packs.table(name).find(DIGESTS[7])
    assert place
    flip(blobs.packs.path(name), place.start + 3)
    for ask in (lambda: list(blobs.get_many(DIGESTS)), lambda: blobs.get(DIGESTS[7])):
        with pytest.raises(Corrupt, match=DIGESTS[7]) as told:
            ask()
        assert f"{blobs.packs.path(name)}, byte {place.start}" in told.value.message
    others = [each for each in DIGESTS if each != DIGESTS[7]]

    assert set(others) == {digest for digest, _ in blobs.get_many(others)}
    with pytest.raises(Corrupt, match=DIGESTS[7]):
        list(pack.blobs_of(name, blobs.packs.path(name).open("rb")))


def _flipped_table(path: Path) -> None:
    flip(path, -pack.END_BYTES - 5)


def _flipped_end(path: Path) -> None:
    flip(path, -1)


def _cut(path: Path) -> None:
    path.chmod(0o644)
    os.truncate(path, path.stat().st_size - 1)


def _emptied(path: Path) -> None:
    path.chmod(0o644)
    os.truncate(path, 0)


def _longer(path: Path) -> None:
    write_at(path, path.stat().st_size, b"x")


def _of_another(path: Path) -> None:
    other = pack.table_of([])
    path.chmod(0o644)
    path.write_bytes(pack.ending(other))


@pytest.mark.parametrize("damage", [_flipped_table, _flipped_end, _cut, _emptied, _longer, _of_another])
def test_a_pack_whose_table_is_damaged_is_named_and_the_blobs_can_come_again(
    damage: object, blobs: PackedBlobs, tmp_path: Path, database: Sqlite
) -> None:
    bundled(blobs, CONTENTS)
    (name,) = packs_of(blobs)
    damage(blobs.packs.path(name))  # type: ignore[operator]
    again = PackedBlobs(tmp_path / "blobs", tmp_path / "tmp", database, FixedClock())
    reads = (again.get, again.size, lambda each: list(again.get_many([each])), lambda each: b"".join(again.open(each)))
    for ask in reads:
        with pytest.raises(Corrupt, match=DIGESTS[3]) as told:
            ask(DIGESTS[3])
        assert str(blobs.packs.path(name)) in told.value.message
    # Whoever sends them again is not told that they are here.
    assert set() == again.has(DIGESTS)
    bundled(again, CONTENTS)

    assert dict(zip(DIGESTS, CONTENTS, strict=True)) == dict(again.get_many(DIGESTS))


def test_a_pack_that_is_gone_holds_nothing(blobs: PackedBlobs, tmp_path: Path, database: Sqlite) -> None:
    bundled(blobs, CONTENTS)
    (name,) = packs_of(blobs)
    blobs.packs.path(name).unlink()
    again = PackedBlobs(tmp_path / "blobs", tmp_path / "tmp", database, FixedClock())

    assert set() == again.has(DIGESTS)
    assert [] == list(again.list())
    with pytest.raises(NotFound, match=DIGESTS[0]):
        again.get(DIGESTS[0])


FILL = """
store = repository.open_store(repository.create(here), actor=ada)
from lineal.objects.digest import digest_of
from lineal.testing.contracts.blobs_together import bundled
kept = bundled(store.blobs, (b"%d" % number for number in range(100)))
told(lambda: bundled(store.blobs, (os.urandom(900_000) for _ in range(20))))
print(sorted(kept) == list(store.blobs.list()), list((here / ".lineal" / "tmp").iterdir()))
print(len(list((here / ".lineal" / "blobs" / "packs").rglob("*/*"))), len(dict(store.blobs.get_many(kept))))
print(len(bundled(store.blobs, (os.urandom(1_000) for _ in range(100)))))
"""


def test_a_full_disk_is_told_and_no_pack_is_half_there(small_disk: Path) -> None:
    done = run_on_small_disk(command(FILL, small_disk), small_disk, size_bytes=8 << 20)
    full, *rest = done.stdout.splitlines()

    assert "" == done.stderr
    assert full.startswith("Unavailable | ")
    assert "No space left on device | free some space" in full
    assert ["True []", "1 100", "100"] == rest


TOGETHER = """
store = repository.open_store(repository.create(here), actor=ada)
from lineal.testing.contracts.blobs_together import bundled
for number in range(20):
    digests = bundled(store.blobs, (b"%d %d" % (number, each) for each in range(100)))
    print(len(store.blobs.has(digests)), len(dict(store.blobs.get_many(digests))))
"""


def test_two_processes_may_pack_the_same_at_once(tmp_path: Path) -> None:
    assert ["100 100\n" * 20] * 2 == together(TOGETHER, tmp_path, 2)
    packs = [each for each in (tmp_path / ".lineal" / "blobs" / "packs").rglob("*/*") if each.is_file()]

    assert 20 == len(packs)
    assert [] == list((tmp_path / ".lineal" / "tmp").iterdir())

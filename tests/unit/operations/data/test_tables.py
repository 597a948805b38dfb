"""Tables of datasets: found by their names, profiled once, and no part of a version's identity."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineal.client.local import LocalRepository
from lineal.objects.datasets import Column
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt
from lineal.operations.data import dataset_tables, tables
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.blobs.wrappers import Forwarding, Measured
from lineal.storage.database.sqlite import Sqlite
from tests.unit.operations.making import dataset, files

CSV = b"id,city\n1,Bonn\n2,\n"


def parquet(values: list[int]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"a": values}), file)
    return file.getvalue()


def long_table(rows: int, seed: int = 3) -> bytes:
    draw = random.Random(seed)
    return b"id,text\n" + b"".join(b"%d,%x\n" % (each, draw.getrandbits(400)) for each in range(rows))


def kept(repository: LocalRepository) -> int:
    (row,) = repository.store.database.run("SELECT count(*) AS count FROM profile")
    return int(row["count"])


def test_a_table_is_shown_with_its_columns_and_what_is_in_them(repository: LocalRepository) -> None:
    dataset(repository, "t", CSV)
    (found,) = repository.data.show("t").tables

    assert ("t.csv", "csv", 2) == (found.name, found.format, found.row_count)
    assert (Column(name="id", dtype="integer"), Column(name="city", dtype="string", optional=True)) == found.columns
    assert [2, 1] == [each.distinct for each in found.summaries]


def test_a_version_is_the_same_whatever_is_known_of_its_tables(repository: LocalRepository) -> None:
    added = files(repository, "p", {"part.parquet": parquet([1, 2])})
    shown = repository.data.show("p")

    assert ((), None) == (added.dataset.columns, added.dataset.row_count)
    assert (added.digest, added.dataset) == (shown.digest, shown.dataset)
    assert 2 == shown.tables[0].row_count


def test_files_with_the_same_columns_are_one_table(repository: LocalRepository) -> None:
    contents = {f"year={year}/p.parquet": parquet([year, 1]) for year in (2023, 2024)}
    files(repository, "p", contents | {"notes.txt": b"x", "labels.csv": CSV, "_done.csv": b"", "no.csv": b"a,b\n1\n"})
    shown = repository.data.show("p")

    assert {"labels.csv": 2, "year=*/*.parquet": 4} == {each.name: each.row_count for each in shown.tables}
    parts = shown.tables[1]
    assert (2, ("year",)) == (parts.file_count, parts.partitions)
    assert ["a", "year"] == [each.name for each in parts.columns]
    assert ("no.csv is no table: row 1 has 1 cells under 2 columns",) == shown.gaps


def test_an_empty_file_of_a_table_is_a_gap_and_a_directory_without_tables_has_none(
    repository: LocalRepository,
) -> None:
    files(repository, "none", {f"{place}.bin": b"x" for place in range(50)})
    files(repository, "empty", {"a.csv": b"", "b.txt": b""})

    assert ((), ()) == (repository.data.show("none").tables, repository.data.show("none").gaps)
    assert "a.csv is no table" in repository.data.show("empty").gaps[0]


def test_a_single_file_may_be_a_table_whatever_its_name(repository: LocalRepository) -> None:
    files(repository, "a", {"table.txt": CSV})
    files(repository, "b", {"prose.txt": b"word\nanother\n"})
    files(repository, "c", {"model.bin": b"\x80\x04\x95"})

    assert 2 == repository.data.show("a").tables[0].row_count
    assert ((), ()) == (repository.data.show("b").tables, repository.data.show("b").gaps)
    assert ((), ()) == (repository.data.show("c").tables, repository.data.show("c").gaps)


def test_of_a_file_that_has_grown_only_the_end_is_profiled(repository: LocalRepository) -> None:
    data = long_table(100_000)
    dataset(repository, "t", data)
    before = kept(repository)
    dataset(repository, "t", data + b"7,seven\n")
    after = kept(repository)

    # The file, its last unit, and the dataset version; the units before are known.
    assert before >= 4
    assert after - before <= 3
    assert 100_001 == repository.data.show("t").tables[0].row_count


def test_what_was_profiled_is_not_read_again(repository: LocalRepository) -> None:
    dataset(repository, "t", CSV)
    first = repository.data.show("t")
    counting = Measured(repository.store.blobs)
    again = LocalRepository(msgspec.structs.replace(repository.store, blobs=counting)).data.show("t")

    assert (first, 0) == (again, counting.read_bytes)


def test_what_was_removed_is_profiled_again(repository: LocalRepository) -> None:
    dataset(repository, "t", CSV)
    first = repository.data.show("t")
    repository.store.database.run("DELETE FROM object WHERE kind IN ('profile', 'tables')")

    assert first == repository.data.show("t")


def test_a_large_table_is_profiled_when_it_is_asked_for(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (tables, dataset_tables):
        monkeypatch.setattr(module, "quick_bytes", lambda: 100)
    files(repository, "t", {"a.csv": b"a,b\n" + b"1,2\n" * 100, "b.csv": CSV})
    shown = repository.data.show("t")

    assert () == shown.tables
    assert ("its tables, 0 MB, are not profiled yet; lineal data profile data:t@1 does that",) == shown.gaps
    assert [100, 2] == [each.row_count for each in repository.data.profile("t").tables]
    assert [100, 2] == [each.row_count for each in repository.data.show("t").tables]


def test_without_arrow_text_is_profiled_and_parquet_is_a_gap_for_now(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    files(repository, "t", {"a.csv": CSV, "p.parquet": parquet([1])})
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "lineal.formats.tables.columnar_files", None)
        shown = repository.data.show("t")

    assert ["a.csv"] == [each.name for each in shown.tables]
    assert ("Parquet files cannot be read here: pip install 'lineal[tables]'",) == shown.gaps
    assert ["a.csv", "p.parquet"] == [each.name for each in repository.data.show("t").tables]


def test_a_reader_that_may_not_write_sees_the_tables_too(repository: LocalRepository, tmp_path: Path) -> None:
    dataset(repository, "t", CSV)
    only = Sqlite(tmp_path / "database.sqlite", read_only=True)
    store = msgspec.structs.replace(repository.store, database=only)

    assert 2 == LocalRepository(store).data.show("t").tables[0].row_count
    only.close()


def test_a_damaged_file_is_damage_and_no_gap(repository: LocalRepository) -> None:
    added = files(repository, "t", {"a.csv": CSV, "b.csv": CSV + b"3,x\n"})
    entry = repository.store.get_tree(added.dataset.tree).entries[0]
    repository.blobs.spoil(entry.digest, CSV.replace(b"Bonn", b"Rome"))

    with pytest.raises(Corrupt):
        repository.data.show("t")


def test_a_large_table_without_arrow_is_described_in_the_same_way(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = long_table(1_000)
    profiled = dataset(repository, "a", data).digest
    monkeypatch.setattr(dataset_tables, "quick_bytes", lambda: 100)
    monkeypatch.setattr(dataset_tables, "has_arrays", lambda: False)
    repository.store.database.run("DELETE FROM profile")

    assert profiled == dataset(repository, "a", data).digest
    assert not dataset(repository, "a", data).created


class Interrupted(Forwarding):
    """Blobs during whose reading somebody else writes into the same repository."""

    def __init__(self, inner: MemoryBlobs, other: Sqlite) -> None:
        super().__init__(inner)
        self.other = other

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes, once the other one has written."""
        self.other.run("UPDATE journal_head SET sequence = sequence")
        return self.inner.open(digest, start=start, size=size)


def test_nobody_waits_to_write_while_a_table_is_profiled(repository: LocalRepository, tmp_path: Path) -> None:
    other = Sqlite(tmp_path / "database.sqlite")
    blobs = repository.store.blobs
    assert isinstance(blobs, MemoryBlobs)
    interrupted = LocalRepository(msgspec.structs.replace(repository.store, blobs=Interrupted(blobs, other)))

    assert dataset(interrupted, "t", CSV).created
    other.close()

"""Delta and Iceberg tables: old states, removed files, replaced tables, and what each says of its columns."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import deltalake
import pyarrow as pa
import pytest
from pyarrow import parquet

from lineal.objects.datasets import Column
from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.storage.sources.delta import DeltaTables
from lineal.storage.sources.iceberg import IcebergTables
from lineal.storage.sources.source import Asked, Connection
from lineal.testing.contracts.source import fetched
from tests.sources.places import IcebergPlace, Lists, around, in_order
from tests.sources.s3 import S3

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "price": pa.array([Decimal("1.50"), None, Decimal("3.00")], pa.decimal128(10, 2)),
        "part": ["n x", "s%20é/1", "n x"],
        "tags": [["a"], [], None],
    }
)


@pytest.fixture
def tables(tmp_path: Path) -> DeltaTables:
    return DeltaTables(around(tmp_path, Lists()))


@pytest.fixture
def lake(tmp_path: Path) -> str:
    uri = str(tmp_path / "lake" / "my sales")
    deltalake.write_deltalake(uri, ROWS, partition_by=["part"])
    return uri


def rows_of(files: dict[str, bytes]) -> list[dict[str, object]]:
    (data,) = files.values()
    return in_order(parquet.read_table(pa.BufferReader(data)))


def test_a_delta_table_says_what_is_in_it_without_being_read(tables: DeltaTables, lake: str, tmp_path: Path) -> None:
    source = tables.pin(Asked(f"delta://{lake}")).source

    assert ("lake/my sales", 0, 2, 3) == (source.uri, source.version, source.file_count, source.row_count)
    assert source.columns[:2] == (
        Column(name="id", dtype="integer", optional=True),
        Column(name="price", dtype="float", optional=True),
    )
    assert source.types[1] == "decimal(10,2)"
    assert '"elementType":"string"' in source.types[3].replace(" ", "")


def test_names_of_partitions_may_hold_anything(tables: DeltaTables, lake: str) -> None:
    source = tables.pin(Asked(f"delta://{lake}")).source

    assert "unchanged" == tables.check(source).state
    assert in_order(ROWS) == rows_of(fetched(tables, source))


def test_names_of_partitions_may_hold_anything_in_s3_too(s3: S3, tmp_path: Path) -> None:
    uri = f"s3://{s3.bucket(keeps=False)}/my sales"
    deltalake.write_deltalake(uri, ROWS, partition_by=["part"], storage_options=s3.delta_options)
    tables = DeltaTables(around(tmp_path, Lists(), variables=s3.variables))
    source = tables.pin(Asked(f"delta://{uri}")).source

    assert "unchanged" == tables.check(source).state
    assert in_order(ROWS) == rows_of(fetched(tables, source))


def test_an_older_version_can_be_named(tables: DeltaTables, lake: str) -> None:
    deltalake.write_deltalake(lake, ROWS, mode="append")
    source = tables.pin(Asked(f"delta://{lake}", at="0")).source

    assert 3 == source.row_count
    assert 3 == len(rows_of(fetched(tables, source)))
    with pytest.raises(NotFound, match="no version 99"):
        tables.pin(Asked(f"delta://{lake}", at="99"))
    with pytest.raises(Invalid, match="no number"):
        tables.pin(Asked(f"delta://{lake}", at="latest"))


def test_the_same_version_gives_the_same_bytes(tables: DeltaTables, lake: str) -> None:
    source = tables.pin(Asked(f"delta://{lake}")).source

    assert fetched(tables, source) == fetched(tables, source)


def test_files_that_were_vacuumed_are_told(tables: DeltaTables, lake: str) -> None:
    source = tables.pin(Asked(f"delta://{lake}")).source
    table = deltalake.DeltaTable(lake)
    table.delete("id = 2")
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)

    assert ("changed", "1 of its 2 files were removed, for example by VACUUM") == tables.check(source)
    with pytest.raises(Conflict, match="VACUUM"):
        fetched(tables, source)


def test_a_log_that_was_cleaned_up_is_told(tables: DeltaTables, lake: str) -> None:
    source = tables.pin(Asked(f"delta://{lake}")).source
    deltalake.write_deltalake(lake, ROWS, mode="append")
    deltalake.DeltaTable(lake).create_checkpoint()
    (Path(lake) / "_delta_log" / f"{0:020}.json").unlink()

    assert "changed" == tables.check(source).state
    assert "no version 0" in tables.check(source).sentence


def test_another_table_in_the_same_place_is_told(tables: DeltaTables, lake: str) -> None:
    source = tables.pin(Asked(f"delta://{lake}")).source
    shutil.rmtree(lake)
    deltalake.write_deltalake(lake, ROWS, partition_by=["part"])

    assert "another table" in tables.check(source).sentence
    with pytest.raises(Conflict, match="another table"):
        fetched(tables, source)


@pytest.mark.parametrize(
    "setting", [{"delta.columnMapping.mode": "name"}, {"delta.enableDeletionVectors": "true"}], ids=str
)
def test_tables_whose_files_cannot_be_read_alone_are_read(
    tables: DeltaTables, tmp_path: Path, setting: dict[str, str | None]
) -> None:
    uri = str(tmp_path / "clever")
    deltalake.write_deltalake(uri, ROWS, configuration=setting)
    deltalake.DeltaTable(uri).delete("id = 2")
    source = tables.pin(Asked(f"delta://{uri}")).source

    assert [each for each in in_order(ROWS) if each["id"] != 2] == rows_of(fetched(tables, source))


def test_a_directory_is_no_table(tables: DeltaTables, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for uri in ("plain", "nowhere"):
        with pytest.raises(NotFound, match="no Delta table"):
            tables.pin(Asked(f"delta://{tmp_path}/{uri}"))
    with pytest.raises(Invalid):
        tables.pin(Asked("delta://"))


@pytest.fixture
def orders(tmp_path: Path) -> IcebergPlace:
    return IcebergPlace(tmp_path, Lists())


@pytest.fixture
def icebergs(tmp_path: Path) -> IcebergTables:
    return IcebergTables(around(tmp_path, Lists(), lake="sqlite:///catalog.db"))


def test_an_iceberg_table_says_what_is_in_it_without_being_read(icebergs: IcebergTables, orders: IcebergPlace) -> None:
    source = icebergs.pin(orders.asked).source

    assert (3, 1, ("long", "string")) == (source.row_count, source.file_count, source.types)
    assert source.columns[0] == Column(name="id", dtype="integer", optional=True)
    assert source.metadata.endswith(".metadata.json")


def test_an_older_snapshot_can_be_named(icebergs: IcebergTables, orders: IcebergPlace) -> None:
    before = icebergs.pin(orders.asked).source
    orders.change()
    again = icebergs.pin(orders.asked._replace(at=str(before.snapshot))).source

    assert (before.snapshot, 3) == (again.snapshot, again.row_count)
    assert 3 == len(rows_of(fetched(icebergs, again)))
    with pytest.raises(NotFound, match="no snapshot 7"):
        icebergs.pin(orders.asked._replace(at="7"))


def test_a_snapshot_that_has_expired_is_told(icebergs: IcebergTables, orders: IcebergPlace) -> None:
    source = icebergs.pin(orders.asked).source
    orders.change()
    orders.catalog.load_table("sales.orders").maintenance.expire_snapshots().by_id(source.snapshot).commit()

    assert ("changed", f"snapshot {source.snapshot} has expired") == icebergs.check(source)
    with pytest.raises(Conflict, match="has expired"):
        fetched(icebergs, source)


def test_files_that_were_removed_are_told(icebergs: IcebergTables, orders: IcebergPlace, tmp_path: Path) -> None:
    source = icebergs.pin(orders.asked).source
    for each in (tmp_path / "warehouse").rglob("*.parquet"):
        each.unlink()

    assert ("changed", "1 of its 1 files were removed") == icebergs.check(source)


def test_another_table_of_the_same_name_is_told(icebergs: IcebergTables, orders: IcebergPlace) -> None:
    source = icebergs.pin(orders.asked).source
    schema = orders.catalog.load_table("sales.orders").schema()
    orders.catalog.drop_table("sales.orders")
    orders.catalog.create_table("sales.orders", schema=schema)

    assert "another table has that name" in icebergs.check(source).sentence


def test_a_table_without_rows_has_no_snapshot(icebergs: IcebergTables, orders: IcebergPlace) -> None:
    orders.catalog.create_table("sales.empty", schema=pa.schema([("id", pa.int64())]))
    with pytest.raises(NotFound, match="no snapshot"):
        icebergs.pin(Asked("iceberg://lake/sales.empty"))


def test_a_catalog_that_is_not_there_is_not_made(icebergs: IcebergTables, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no catalog"):
        icebergs.pin(Asked("iceberg://lake/sales.orders"))

    assert [] == list(tmp_path.iterdir())


def test_a_catalog_that_nobody_names_is_explained(tmp_path: Path) -> None:
    icebergs = IcebergTables(around(tmp_path, Lists())._replace(connections={"other": Connection(url="sqlite:///x")}))
    with pytest.raises(Invalid) as caught:
        icebergs.pin(Asked("iceberg://lake/sales.orders"))

    assert "[connections.CATALOG]" in caught.value.hint
    with pytest.raises(Invalid, match="names no table"):
        icebergs.pin(Asked("iceberg://lake/orders"))

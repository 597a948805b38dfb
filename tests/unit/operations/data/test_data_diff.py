"""What changed in data: files, columns and rows, of datasets and of whatever else has files."""

from __future__ import annotations

import io
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, NotFound
from lineal.operations.answers.data_diffs import DataDiff
from tests.unit.operations.making import dataset, files, run

Rows = dict[int, tuple[int, str]]


def csv(rows: Rows) -> bytes:
    return b"id,age,city\n" + b"".join(b"%d,%d,%s\n" % (key, age, city.encode()) for key, (age, city) in rows.items())


def parquet(rows: Rows) -> bytes:
    file = io.BytesIO()
    ages, cities = zip(*rows.values(), strict=True)
    pq.write_table(pa.table({"id": list(rows), "age": ages, "city": cities}), file, row_group_size=100)
    return file.getvalue()


def lines(rows: Rows) -> bytes:
    return b"".join(
        b'{"id":%d,"age":%d,"city":"%s"}\n' % (key, age, city.encode()) for key, (age, city) in rows.items()
    )


def made(count: int) -> Rows:
    draw = random.Random(3)
    return {key: (draw.randrange(18, 90), draw.choice(["Bonn", "Mainz"])) for key in range(count)}


def test_two_versions_differ_in_files_columns_and_rows(repository: LocalRepository) -> None:
    rows = made(1_000)
    dataset(repository, "t", csv(rows))
    dataset(repository, "t", csv({key: (age, "Trier" if key % 4 == 0 else city) for key, (age, city) in rows.items()}))
    found: DataDiff = repository.data.diff("data:t@1", "t")

    assert ("data:t@1", "data:t@2", False) == (found.left, found.right, found.same)
    assert 1 == found.counts.modified
    (table,) = found.tables
    assert (1_000, 1_000) == (table.left_rows, table.right_rows)
    assert ["city"] == [each.name for each in table.columns]
    assert ("Trier",) == table.columns[0].appeared


@pytest.mark.parametrize("write", [csv, parquet, lines])
def test_rows_are_known_by_a_key(write, repository: LocalRepository) -> None:
    rows, name = made(1_000), f"t.{write.__name__.replace('lines', 'jsonl')}"
    files(repository, "t", {name: write(rows)})
    changed = {key: (age + 1 if key == 7 else age, city) for key, (age, city) in rows.items() if key not in {3, 4}}
    files(repository, "t", {name: write(changed | {2_000: (1, "Bonn")})})
    (table,) = repository.data.diff("t@1", "t", key="id").tables

    assert table.rows
    assert (1, 2, 1) == (table.rows.inserted, table.rows.deleted, table.rows.changed)
    assert (0, 0) == (table.rows.left_repeated, table.rows.right_repeated)


def test_columns_that_only_one_side_has_and_their_order_change_no_row(repository: LocalRepository) -> None:
    dataset(repository, "t", b"id,a,old\n1,x,0\n2,y,0\n")
    dataset(repository, "t", b"new,a,id\n9,x,1\n9,z,2\n")
    (table,) = repository.data.diff("t@1", "t", key="id").tables

    assert {"old": "removed", "new": "added"}.items() <= {each.name: each.change for each in table.columns}.items()
    assert table.rows
    assert (0, 0, 1) == (table.rows.inserted, table.rows.deleted, table.rows.changed)


def test_rows_in_many_files_may_move_between_them(repository: LocalRepository) -> None:
    rows = made(300)
    first, second = dict(list(rows.items())[:150]), dict(list(rows.items())[150:])
    files(repository, "t", {"a.parquet": parquet(first), "b.parquet": parquet(second)})
    moved = second | {0: first.pop(0)}
    files(repository, "t", {"a.parquet": parquet(first), "b.parquet": parquet(moved)})
    (table,) = repository.data.diff("t@1", "t", key="id").tables

    assert table.rows
    assert (0, 0, 0) == (table.rows.inserted, table.rows.deleted, table.rows.changed)


def test_keys_that_repeat_are_told(repository: LocalRepository) -> None:
    dataset(repository, "t", b"id,a\n1,x\n1,y\n")
    dataset(repository, "t", b"id,a\n1,x\n1,z\n2,x\n")
    (table,) = repository.data.diff("t@1", "t", key="id").tables

    assert table.rows
    assert (1, 0, 1, 2, 2) == (
        table.rows.inserted,
        table.rows.deleted,
        table.rows.changed,
        table.rows.left_repeated,
        table.rows.right_repeated,
    )


def test_a_key_that_is_no_column_is_refused_with_those_that_are(repository: LocalRepository) -> None:
    dataset(repository, "t", b"id,a\n1,x\n")

    with pytest.raises(Invalid) as caught:
        repository.data.diff("t", "t", key="ID")

    assert ("data:t@1 has no column 'ID'", "its columns are id, a") == (caught.value.message, caught.value.hint)


def test_rows_of_several_tables_are_not_compared(repository: LocalRepository) -> None:
    files(repository, "t", {"a.csv": b"id,a\n1,x\n", "b.csv": b"id,b\n1,x\n"})

    with pytest.raises(Invalid, match="has 2 tables"):
        repository.data.diff("t", "t", key="id")


def test_tables_are_paired_by_name_and_a_single_one_is_meant_whatever_its_name(repository: LocalRepository) -> None:
    files(repository, "t", {"old.csv": b"id,a\n1,x\n", "labels.tsv": b"id\tl\n1\tx\n"})
    files(repository, "t", {"new.csv": b"id,a,b\n1,x,2\n", "labels.tsv": b"id\tl\n1\tx\n"})
    files(repository, "u", {"one.csv": b"id,a\n1,x\n"})
    files(repository, "v", {"two.csv": b"id,a\n1,x\n2,y\n"})

    assert {"old.csv": "removed", "labels.tsv": "changed", "new.csv": "added"} == {
        each.name: each.change for each in repository.data.diff("t@1", "t").tables
    }
    (table,) = repository.data.diff("u", "v").tables
    assert ("two.csv", "one.csv", 1, 2) == (table.name, table.was, table.left_rows, table.right_rows)


def test_a_version_is_the_same_as_itself(repository: LocalRepository) -> None:
    dataset(repository, "t", csv(made(10)))
    found = repository.data.diff("t", "data:t@1", key="id")

    assert found.same
    assert ((), 0) == (found.tables[0].columns, found.tables[0].rows.changed)


def test_files_of_model_versions_and_of_runs_are_compared(repository: LocalRepository) -> None:
    runs = [run(repository, writes={"m.pkl": data, "log.txt": b"x"}, note=str(data)) for data in (b"1", b"2")]
    versions = [repository.model.register(each.reference, name="m").reference for each in runs]

    for pair in (versions, [each.reference for each in runs], ["m:1.0.0", "m@staging"]):
        assert ["m.pkl"] == [each.path for each in repository.data.diff(*pair).files]


def test_what_has_no_files_or_no_name_is_told(repository: LocalRepository) -> None:
    made_run = run(repository, writes={"m.pkl": b"1"})
    dataset(repository, "table", b"id,a\n1,x\n")

    with pytest.raises(NotFound) as caught:
        repository.data.diff("tabel", made_run.reference)

    assert "data:table" in caught.value.hint
    with pytest.raises(NotFound):
        repository.data.diff("data:table", "nobody@production")


def test_gaps_are_told_with_their_side(repository: LocalRepository) -> None:
    files(repository, "t", {"a.csv": b"id,a\n1,x\n", "b.csv": b"id,a\n1\n"})
    found = repository.data.diff("t", "t")

    assert ("data:t@1: b.csv is no table: row 1 has 1 cells under 2 columns",) == found.gaps

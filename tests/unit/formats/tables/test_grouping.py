"""Which files are one table, and what it is called."""

from __future__ import annotations

import pytest

from lineal.formats.tables.grouping import group_of, name_of, partition_columns, partitions
from lineal.objects.profiles import ColumnProfile, Profile


def profile(*names: str) -> Profile:
    return Profile(row_count=1, columns=tuple(ColumnProfile(name=name, dtype="integer") for name in names))


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a/b.csv"], "a/b.csv"),
        (["a.csv", "b.csv"], "*.csv"),
        (["d/a.csv", "d/b.csv"], "d/*.csv"),
        (["d/x/a.csv", "d/y/b.csv"], "d/**/*.csv"),
        (["a.csv", "d/b.tsv"], "**/*"),
        (["y=1/m=2/p.parquet", "y=2/m=1/p.parquet"], "y=*/m=*/*.parquet"),
        (["t/part.0.parquet", "t/part.1.parquet"], "t/*.parquet"),
    ],
)
def test_a_table_is_called_by_what_its_paths_have_in_common(paths: list[str], expected: str) -> None:
    assert name_of(paths) == expected


def test_columns_stand_in_paths() -> None:
    assert partitions("base/year=2024/city=K%C3%B6ln/p=/__x=1.csv") == {"year": "2024", "city": "Köln", "p": ""}
    assert partitions("k=__HIVE_DEFAULT_PARTITION__/a.csv") == {"k": ""}


def test_files_of_the_same_columns_are_one_table() -> None:
    assert group_of("a.csv", "csv", profile("x", "y")) == group_of("d/b.csv", "csv", profile("x", "y"))
    assert group_of("a.csv", "csv", profile("x")) != group_of("a.csv", "csv", profile("y"))
    assert group_of("a.csv", "csv", profile("x")) != group_of("y=1/a.csv", "csv", profile("x"))
    assert group_of("a.csv", "csv", profile("x")) != group_of("a.parquet", "parquet", profile("x"))


def test_objects_in_one_folder_are_one_table_whatever_members_they_have() -> None:
    assert group_of("d/a.jsonl", "json lines", profile("x")) == group_of("d/b.jsonl", "json lines", profile("y"))
    assert group_of("d/a.jsonl", "json lines", profile("x")) != group_of("e/b.jsonl", "json lines", profile("x"))


def test_a_column_in_paths_has_a_value_for_each_row() -> None:
    year, city = partition_columns({"year": {"2023": 4, "2024": 6}, "city": {"": 3, "Bonn": 7, "Köln": 0}})

    assert (year.dtype, year.kinds, year.missing) == ("integer", {"integer": 10}, 0)
    assert (city.dtype, city.kinds, city.missing) == ("string", {"string": 7}, 3)

"""Tables of data, and what changed in them, as people read them."""

from __future__ import annotations

import msgspec

from lineal.checks.comparing.files import FileChange
from lineal.checks.comparing.rows import RowChanges
from lineal.checks.comparing.tables import ColumnChange
from lineal.formats.profiles import limits
from lineal.formats.summaries import columns, summarise
from lineal.formats.tables.texts import TextCells
from lineal.objects.profiles import ColumnProfile, Profile
from lineal.operations.answers.data import TableAnswer
from lineal.operations.answers.data_diffs import DataDiff, FileCounts, TableDiff
from tests.unit.cli.render.constructed import DATASET, digest, text_of

CELLS = {
    "age": [str(each) for each in range(24, 72)],
    "city": ["Bonn"] * 30 + ["Köln"] * 12 + [""] * 6,
    "day": ["2024-01-01"] * 24 + ["2024-03-01"] * 24,
    "pay": ["1"] * 47 + ["unknown"],
}


def made(cells: dict[str, list[str]]) -> TableAnswer:
    found: list[ColumnProfile] = []
    for name, column in cells.items():
        found += TextCells(name, column, limits(4)).profiles()
    profile = Profile(row_count=48, columns=tuple(found))
    return TableAnswer(
        name="part=*/*.csv",
        format="csv",
        file_count=2,
        size_bytes=1_000,
        row_count=48,
        columns=columns(profile, is_text=True),
        profile=digest("a"),
        partitions=("day",),
        summaries=tuple(map(summarise, profile.columns)),
    )


def test_a_dataset_shows_what_is_in_its_tables() -> None:
    answer = msgspec.structs.replace(
        DATASET, tables=(made(CELLS),), gaps=("b.csv is no table",), read_by=(), message=""
    )
    expected = """\
data:adult@2  48 rows, 1 file, 1.2 MB
  digest  sha256:4444444444444444444444444444444444444444444444444444444444444444
  added   2023-11-14 22:13 UTC (3 min ago) by ada
  part=*/*.csv  48 rows, 4 columns, csv, 2 files
    COLUMN  TYPE         MISSING  DISTINCT  SHAPE         VALUES
    age     integer                     48  ████████████  24 … 47 … 71
    city    string        12.5 %         2                Bonn 71.4 %, Köln 28.6 %
    day     date (path)                  2  █          █  2024-01-01 … 2024-01-01 … 2024-03-01
    pay     string                       2                always 1; unknown 2.1 %
  ! b.csv is no table
  versions that came from it
    - income:1.0.0
"""

    assert expected == text_of(answer)


DIFF = DataDiff(
    left="data:t@1",
    right="data:t@2",
    same=False,
    counts=FileCounts(modified=1, added=1, renamed=1, removed=1),
    left_bytes=1_000,
    right_bytes=2_000,
    files=(
        FileChange(change="added", path="a.csv", right_bytes=900),
        FileChange(change="modified", path="b.csv", left_bytes=600, right_bytes=700),
        FileChange(change="removed", path="c\x1b.csv", left_bytes=400),
        FileChange(change="renamed", path="e.csv", was="d.csv", left_bytes=400, right_bytes=400),
    ),
    tables=(
        TableDiff(
            name="*.csv",
            change="changed",
            left_rows=1_000,
            right_rows=1_500,
            columns=(
                ColumnChange(name="new", change="added", size=1, sentence="a new column, integer"),
                ColumnChange(name="age", change="changed", size=0.1, sentence="clearly changed: mean 3 → 4"),
            ),
            rows=RowChanges(key="id", inserted=600, deleted=100, changed=2, right_repeated=4),
        ),
        TableDiff(name="same.csv", change="changed", was="other.csv", left_rows=10, right_rows=10),
        TableDiff(name="gone.csv", change="removed", left_rows=7),
    ),
    gaps=("data:t@1: x.parquet is no table",),
)


def test_a_diff_of_data_says_what_changed_in_files_columns_and_rows() -> None:
    expected = """\
data:t@1 → data:t@2
  files  1 added, 1 removed, 1 modified, 1 renamed, 1.0 kB → 2.0 kB
    + a.csv  900 B
    ~ b.csv  600 B → 700 B
    - c\\x1b.csv  400 B
    > e.csv  was d.csv
  *.csv  1,000 → 1,500 rows (+500)
    by id: 600 inserted, 100 deleted, 2 changed; 0 and 4 of those rows share their id with another
    new  a new column, integer
    age  clearly changed: mean 3 → 4
  same.csv (was other.csv)  10 → 10 rows
    no column changed beyond what chance does
  gone.csv  the table was removed, 7 rows
  ! data:t@1: x.parquet is no table
"""

    assert expected == text_of(DIFF)


def test_of_many_files_some_are_listed() -> None:
    files = tuple(FileChange(change="added", path=f"{place:03}.bin", right_bytes=1) for place in range(30))
    text = text_of(
        DataDiff(
            left="a", right="b", same=False, counts=FileCounts(added=5_000), left_bytes=0, right_bytes=0, files=files
        )
    )

    assert "    … 4,980 more files\n" in text
    assert 20 == text.count(".bin")


def test_the_same_files_are_said_to_be_the_same() -> None:
    answer = DataDiff(left="a", right="b", same=True, counts=FileCounts(), left_bytes=1, right_bytes=1)

    assert text_of(answer) == "a → b\n  the files are the same\n"

"""Parquet and Arrow: every type has a dtype, parts are found again, and broken files are refused in words."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import random
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.formats.tables.columnar_files import ArrowFiles, ParquetFiles
from lineal.formats.tables.delimited_files import DelimitedFiles
from lineal.formats.tables.json_lines import JsonLinesFiles
from lineal.formats.tables.measuring import measure, measure_unit
from lineal.formats.tables.table import Reader
from lineal.objects.errors import Invalid
from lineal.objects.profiles import Profile
from tests.unit.formats.tables.sources import Bytes, columns_of, profile_of

UTC = dt.UTC
TYPES: dict[str, tuple[pa.Array, str]] = {
    "b": (pa.array([True, None]), "boolean"),
    "i8": (pa.array([-1, None], pa.int8()), "integer"),
    "u64": (pa.array([2**64 - 1, None], pa.uint64()), "integer"),
    "f16": (pa.array([1.5, float("nan")], pa.float16()), "float"),
    "dec": (pa.array([decimal.Decimal("1.25"), None], pa.decimal128(10, 2)), "decimal"),
    "s": (pa.array(["a", None]), "string"),
    "ls": (pa.array(["a", None], pa.large_string()), "string"),
    "dict": (pa.array(["a", None]).dictionary_encode(), "string"),
    "bin": (pa.array([b"ab", None]), "bytes"),
    "fixed": (pa.array([b"ab", None], pa.binary(2)), "bytes"),
    "day": (pa.array([dt.date(1970, 1, 2), None]), "date"),
    "day64": (pa.array([dt.date(1970, 1, 2), None], pa.date64()), "date"),
    "at": (pa.array([dt.datetime(1970, 1, 2, tzinfo=UTC), None], pa.timestamp("us", "UTC")), "timestamp"),
    "time": (pa.array([dt.time(0, 0, 1), None], pa.time64("us")), "time"),
    "for": (pa.array([dt.timedelta(seconds=1), None], pa.duration("ms")), "duration"),
    "list": (pa.array([[1, None], None], pa.list_(pa.int64())), "list"),
    "vector": (pa.array([[1.0, 2.0], None], pa.list_(pa.float32(), 2)), "list"),
    "map": (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())), "map"),
    "struct": (pa.array([{"x": 1, "y": {"z": "a"}}, None]), "struct"),
    "null": (pa.nulls(2), "null"),
}


def parquet(table: pa.Table, **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def arrow(table: pa.Table, opened: Any = pa.ipc.new_file) -> bytes:
    file = io.BytesIO()
    with opened(file, table.schema) as writer:
        writer.write_table(table)
    return file.getvalue()


def stream(table: pa.Table) -> bytes:
    return arrow(table, pa.ipc.new_stream)


WAYS = pytest.mark.parametrize(
    ("reader", "write"),
    [
        pytest.param(ParquetFiles(), parquet, id="parquet"),
        pytest.param(ArrowFiles(), arrow, id="arrow"),
        pytest.param(ArrowFiles(), stream, id="stream"),
    ],
)


@WAYS
def test_every_type_has_a_dtype(reader: Reader, write: Any) -> None:
    found = profile_of(reader, write(pa.table({name: cells for name, (cells, _) in TYPES.items()})))
    dtypes = {name: each.dtype for name, each in columns_of(found).items()}

    assert found.row_count == 2
    assert {name: dtype for name, (_, dtype) in TYPES.items()} == {name: dtypes[name] for name in TYPES}
    assert {
        "list[]": "integer",
        "vector[]": "float",
        "struct.x": "integer",
        "struct.y.z": "string",
    }.items() <= dtypes.items()
    assert {1, 2} == {each.missing for each in found.columns if "[]" not in each.name}
    assert [86_400_000.0] * 3 == [columns_of(found)[name].times.minimum for name in ("day", "day64", "at")]
    assert [1_000.0] * 2 == [columns_of(found)[name].times.minimum for name in ("time", "for")]


@WAYS
def test_a_table_without_rows_has_its_columns(reader: Reader, write: Any) -> None:
    found = profile_of(reader, write(pa.table({name: cells[:0] for name, (cells, _) in TYPES.items()})))

    assert found.row_count == 0
    assert {name: dtype for name, (_, dtype) in TYPES.items()}.items() <= {
        each.name: each.dtype for each in found.columns
    }.items()


def test_the_same_values_have_the_same_profile_in_every_format() -> None:
    draw = random.Random(3)
    rows = [
        {
            "id": place,
            "age": draw.randrange(99),
            "pay": draw.lognormvariate(10, 1),
            "city": draw.choice(["Bonn", "Köln"]),
            "is": draw.random() < 0.5,
        }
        for place in range(3_000)
    ]
    table = pa.Table.from_pylist(rows)
    header = "id,age,pay,city,is\n"
    csv = header + "".join(f"{r['id']},{r['age']},{r['pay']!r},{r['city']},{r['is']}\n" for r in rows)
    lines = "".join(
        f'{{"id":{r["id"]},"age":{r["age"]},"pay":{r["pay"]!r},"city":"{r["city"]}","is":{str(r["is"]).lower()}}}\n'
        for r in rows
    )
    found = [
        profile_of(ParquetFiles(), parquet(table)),
        profile_of(ArrowFiles(), arrow(table)),
        profile_of(DelimitedFiles(), csv.encode()),
        profile_of(JsonLinesFiles(), lines.encode()),
    ]

    assert found[0] == found[1] == found[2] == found[3]


def test_row_groups_are_units_that_are_found_again() -> None:
    def keys(values: list[int]) -> list[str]:
        data = parquet(pa.table({"a": values}), row_group_size=1_000)
        return [unit.key for unit in ParquetFiles().units(Bytes(data))]

    before, after = keys(list(range(5_000))), keys([*range(5_000), 7])

    assert len(before) == 5
    assert after[:5] == before


def test_many_row_groups_make_the_whole_within_the_error() -> None:
    draw = random.Random(3)
    values = sorted(draw.gauss(0, 1) for _ in range(20_000))
    found = profile_of(ParquetFiles(), parquet(pa.table({"a": values}), row_group_size=300)).columns[0].numbers

    assert found
    assert found.count == 20_000
    assert found.error <= 20_000 * 0.02


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([parquet, arrow, stream]),
    st.integers(0, 2_000),
    st.integers(1, 40),
    st.binary(min_size=1, max_size=40),
)
def test_a_spoiled_file_is_refused_or_read_but_nothing_else(write: Any, at: int, size: int, other: bytes) -> None:
    data = bytearray(write(pa.table({"a": list(range(300)), "b": [str(each) for each in range(300)]})))
    data[at : at + size] = other
    reader = ParquetFiles() if write is parquet else ArrowFiles()
    found: object = None
    with suppress(Invalid):
        found = profile_of(reader, bytes(data))

    assert found is None or isinstance(found, Profile)


@pytest.mark.parametrize("reader", [ParquetFiles(), ArrowFiles()], ids=lambda each: each.name)
@pytest.mark.parametrize("data", [b"", b"PAR1", b"ARROW1", b"PAR1" + b"\xff" * 40 + b"PAR1", b"a,b\n1,2\n"])
def test_what_is_no_such_file_is_refused(reader: Reader, data: bytes) -> None:
    with pytest.raises(Invalid, match="that can be read"):
        profile_of(reader, data)


def test_two_columns_of_one_name_are_refused() -> None:
    data = parquet(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]))

    with pytest.raises(Invalid, match="same name"):
        profile_of(ParquetFiles(), data)


def test_large_whole_numbers_are_told_apart() -> None:
    found = profile_of(ParquetFiles(), parquet(pa.table({"id": [2**60, 2**60 + 1]}))).columns[0]

    assert found.numbers
    assert 1 == len(found.numbers.values)
    assert found.distinct


def test_a_file_of_many_columns_is_read_some_at_a_time_to_the_same_profile() -> None:
    draw = random.Random(3)
    table = pa.table({f"c{place}.x": [draw.random() for _ in range(500)] for place in range(40)} | {"c1": [1] * 500})
    (unit,) = ParquetFiles().units(Bytes(parquet(table)))

    assert len(unit.groups) == 3
    assert measure_unit(unit) == measure(unit.batches())
    assert measure_unit(unit) == profile_of(ArrowFiles(), arrow(table))


def test_a_file_of_many_columns_and_no_rows_has_each_of_them_once() -> None:
    table = pa.table({f"c{place}": pa.array([], pa.int64()) for place in range(40)})
    found = profile_of(ParquetFiles(), parquet(table))

    assert [f"c{place}" for place in range(40)] == [each.name for each in found.columns]

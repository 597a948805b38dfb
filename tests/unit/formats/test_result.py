"""A result has one spelling: read back it is what it was, and no other order of rows changes its row set."""

from __future__ import annotations

import csv
import io
import math
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.result import Result, cell
from lineal.objects.datasets import Column
from lineal.objects.errors import Invalid

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
rows = st.lists(st.tuples(texts, st.one_of(st.none(), st.integers())), max_size=20)


def table_of(result: Result) -> bytes:
    return b"".join(result.pieces())


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("", '""'),
        ("plain", "plain"),
        (" led", '" led"'),
        ('a "b", c', '"a ""b"", c"'),
        ("two\nlines", '"two\nlines"'),
        (-7, "-7"),
        (True, "true"),
        (0.1, "0.1"),
        (1e16, "1e+16"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("NaN"), "NaN"),
        (date(2026, 11, 5), "2026-11-05"),
        (time(13, 45, 0, 500_000), "13:45:00.5"),
        (datetime.fromisoformat("2026-11-05T12:45:00"), "2026-11-05T12:45:00"),
        (datetime(2026, 11, 5, 13, 45, tzinfo=timezone(timedelta(hours=1))), "2026-11-05T12:45:00Z"),
        (datetime(2026, 11, 5, 12, 45, 10, 120_000, tzinfo=UTC), "2026-11-05T12:45:10.12Z"),
        (timedelta(days=1, microseconds=1_500_000), "86401.5"),
        (timedelta(0), "0"),
        (timedelta(hours=-1), "-3600"),
        (b"\x00\xff", "00ff"),
        (memoryview(b"\x01"), "01"),
        ({"b": [1, None], "a": date(2026, 1, 1)}, '"{""a"":""2026-01-01"",""b"":[1,null]}"'),
        (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_a_value_stands_in_a_table_in_one_way(value: Any, written: str) -> None:
    assert written == cell(value)


@given(rows)
def test_what_is_written_is_read_back_by_any_reader_of_csv(drawn: list[tuple[str, int | None]]) -> None:
    written = table_of(Result(("name", "count"), [drawn[:7], [], drawn[7:]]))
    read = list(csv.reader(io.StringIO(written.decode(), newline="")))

    assert read[0] == ["name", "count"]
    assert read[1:] == [[name, "" if count is None else str(count)] for name, count in drawn]


@given(rows, st.randoms())
def test_the_order_of_rows_changes_the_bytes_and_not_the_row_set(drawn: list[Any], shuffle: Any) -> None:
    other = list(drawn)
    shuffle.shuffle(other)
    first, second = Result(("name", "count"), [drawn]), Result(("name", "count"), [other])

    assert (table_of(first) == table_of(second)) == (drawn == other)
    assert first.row_set == second.row_set


@given(rows, st.integers(1, 20))
def test_the_batches_in_which_rows_come_play_no_part(drawn: list[Any], size: int) -> None:
    cut = [drawn[first : first + size] for first in range(0, len(drawn), size)]
    whole, parts = Result(("name", "count"), [drawn]), Result(("name", "count"), cut)

    assert table_of(whole) == table_of(parts)
    assert (whole.row_set, whole.columns, whole.row_count) == (parts.row_set, parts.columns, parts.row_count)


@given(st.lists(st.text('ab ,"\r\n', max_size=4), min_size=1, max_size=6))
def test_a_column_of_texts_is_written_as_each_of_them_alone(drawn: list[str]) -> None:
    alone = b"".join(f"{cell(each)}\n".encode() for each in drawn)

    assert b"a\n" + alone == table_of(Result(("a",), [[(each,) for each in drawn]]))


def test_a_row_that_is_there_twice_is_not_as_one_that_is_there_once() -> None:
    once, twice = Result(("a",), [[(1,)]]), Result(("a",), [[(1,), (1,)]])
    for each in (once, twice):
        table_of(each)

    assert once.row_set != twice.row_set


def test_columns_have_the_narrowest_type_that_fits() -> None:
    result = Result(
        ("whole", "price", "flag", "mixed", "empty"),
        [[(1, 1.5, True, 1, None)], [(2, Decimal(2), False, "x", None), (None, 3, True, 2, None)]],
    )
    table_of(result)

    assert result.columns == (
        Column(name="whole", dtype="integer", optional=True),
        Column(name="price", dtype="float"),
        Column(name="flag", dtype="boolean"),
        Column(name="mixed", dtype="string"),
        Column(name="empty", dtype="string", optional=True),
    )


def test_a_result_whose_columns_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(Invalid, match="'id'"):
        Result(("id", "name", "id"), [])
    with pytest.raises(Invalid, match="no rows"):
        Result((), [])

"""What texts stand for, one by one and in arrays: the same profile, to the last sign."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineal.formats.profiles import Limits
from lineal.formats.tables.delimited import describe
from lineal.formats.tables.tally import Tally
from lineal.formats.tables.text_arrays import TextArray
from lineal.formats.tables.texts import TextCells, take
from lineal.objects.profiles import ColumnProfile

LIMITS = Limits(32, 16)

WORDS = st.sampled_from(
    "0 -0 1 +1 -1 007 1.0 1. .5 -.5 +.5 1e3 1E-2 1e400 -1e400 1e-400 9007199254740993 9223372036854775808 "
    "123456789012345678901234567890 1_000 0x1F ٣ ４.５ inf -Inf Infinity infinity INF nan NaN NAN NA N/A null NULL none "
    "true True FALSE tRuE yes 2020-02-29 2021-02-29 2020-2-1 0001-01-01 9999-12-31 2020-01-01T00:00:00 "
    "2020-01-01T10:00 2020-01-01T23:59:59.123456 2020-01-01T23:59:60 2020-01-01T00:00:00Z 2020-01-01T00:00:00+02:00 "
    "1969-12-31T23:59:59.5 1500-01-01T00:00:00.1 2300-01-01T00:00:00.1 12:30 1/2/2020 user_12345 A1 e5 E5x 1e5e5 "
    "infinity_1 550e8400-e29b-41d4-a716-446655440000 5e-4-3 1e 1e+ - + . e Köln 東京 called-twice a\u00adb".split()
).flatmap(lambda word: st.sampled_from([word, f" {word}", f"{word} ", f"\t{word}", f"{word}\u00a0"]))
CELLS = st.lists(
    st.one_of(
        WORDS,
        WORDS,
        st.sampled_from(
            ["", " ", "called twice, no answer", "true but wrong ", "x" * 80, "x" * 81, "é" * 40, "é" * 81]
        ),
        st.integers().map(str),
        st.floats().map(repr),
        st.datetimes().map(str),
        st.dates().map(str),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
        st.text("0123456789+-.eE_ :T", max_size=8),
    ),
    max_size=60,
)


def by_one(cells: list[str]) -> ColumnProfile:
    (found,) = TextCells("c", cells, LIMITS).profiles()
    return found


def at_once(cells: list[str]) -> ColumnProfile:
    (found,) = TextArray("c", pa.chunked_array([pa.array(cells, pa.string())]), LIMITS).profiles()
    return found


@settings(max_examples=400)
@given(CELLS)
@example([str(each) for each in range(100)])
@example([f"{each / 7}" for each in range(100)])
@example([f"2020-01-01T00:{each:02}:00.{each}" for each in range(60)])
@example([f"user {each}" for each in range(100)])
@example(["9007199254740993", "9007199254740992"])
def test_both_ways_find_the_same(cells: list[str]) -> None:
    assert at_once(cells) == by_one(cells)


@pytest.mark.parametrize(
    ("cells", "kinds", "missing"),
    [
        ("1 -2 007 +3", {"integer": 4}, 0),
        ("1.5 1e3 .5 5.", {"float": 4}, 0),
        ("true FALSE True", {"boolean": 3}, 0),
        ("2020-02-29 2021-02-29", {"date": 1, "string": 1}, 0),
        ("2020-01-01T10:00Z 2020-01-01T10:00:00.5+02:00", {"timestamp": 2}, 0),
        ("NA nan null N/A x", {"string": 1}, 4),
        ("1_000 0x1F INF NAN 1/2/2020", {"string": 5}, 0),
    ],
)
def test_texts_are_what_they_look_like(cells: str, kinds: dict[str, int], missing: int) -> None:
    found = by_one(cells.split())

    assert (kinds, missing) == (found.kinds, found.missing)


def test_a_time_is_kept_in_milliseconds_and_without_a_zone_it_is_utc() -> None:
    found = by_one(["1970-01-01T00:00:00.25", "1970-01-02", "1970-01-02T02:00:00+02:00"]).times

    assert found
    assert ((250.0, 86_400_000.0), (1, 2)) == (found.values, found.weights)


def test_numbers_are_told_from_what_is_no_number_among_them() -> None:
    found = by_one(["1", "2.5", "1.0", "unknown", "", "inf"])

    assert ("mixed", 1, 1) == (found.dtype, found.missing, found.infinite)
    assert {"integer": 1, "float": 3, "string": 1} == found.kinds
    assert found.numbers
    assert (3, (1.0, 2.5), (2, 1)) == (found.numbers.count, found.numbers.values, found.numbers.weights)


def test_a_long_text_is_measured_but_not_kept() -> None:
    found = by_one(["x" * 81, "y"])

    assert found.texts
    assert ({"y": 1}, 1) == (found.texts.counts, found.untold)
    assert found.lengths
    assert found.lengths.maximum == 81
    assert found.distinct


@given(CELLS.filter(bool))
def test_a_column_has_the_dtype_by_which_it_has_always_been_described(cells: list[str]) -> None:
    tally = Tally()
    take(tally, Counter(cells))
    quoted = [cell.replace('"', '""') for cell in cells]
    table = describe(["".join(f'"{cell}","1"\n' for cell in ["header", *quoted]).encode()])

    assert table
    found = tally.profile("header", LIMITS)
    dtype = found.dtype if found.dtype in {"integer", "float", "boolean"} else "string"
    assert (table.columns[0].dtype, table.columns[0].optional) == (dtype, found.missing > 0)

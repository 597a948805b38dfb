"""Profiles put together: exact where they say so, in any number of parts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.profiles import Limits, distinct_count, dtype_of, limits, merged
from lineal.formats.tables.texts import TextCells
from lineal.objects.profiles import ColumnProfile, Profile

ROOM = Limits(32, 16)
PARTS = st.lists(
    st.lists(st.sampled_from("1 2 3.5 x y NA true 2020-01-01".split()), min_size=1, max_size=9), min_size=1, max_size=80
)


def profile(cells: list[str], name: str = "c") -> Profile:
    return Profile(row_count=len(cells), columns=tuple(TextCells(name, cells, ROOM).profiles()))


@given(PARTS)
def test_parts_make_the_whole_exactly_while_there_are_few_values(parts: list[list[str]]) -> None:
    whole = profile([cell for part in parts for cell in part]).columns[0]
    found = merged(map(profile, parts)).columns[0]

    assert [getattr(found, name) for name in ("dtype", "missing", "kinds", "texts", "distinct")] == [
        getattr(whole, name) for name in ("dtype", "missing", "kinds", "texts", "distinct")
    ]
    for left, right in ((found.numbers, whole.numbers), (found.times, whole.times), (found.lengths, whole.lengths)):
        assert (left and (left.values, left.weights)) == (right and (right.values, right.weights))
    assert distinct_count(found) == distinct_count(whole)


def test_many_parts_stay_within_the_error_and_in_order() -> None:
    draw = random.Random(3)
    parts = [[repr(draw.gauss(0, 1)) for _ in range(100)] for _ in range(1_500)]
    found = merged(profile(part, f"c{place % 3}") for place, part in enumerate(parts))

    assert [each.name for each in found.columns] == ["c0", "c1", "c2"]
    assert found.row_count == 150_000
    for each in found.columns:
        assert each.missing == 100_000
        assert each.numbers
        assert each.numbers.error < 50_000 * 0.04
        assert abs(distinct_count(each) - 50_000) < 50_000 * 0.1


def test_one_part_that_is_not_exact_makes_the_whole_estimated() -> None:
    many = profile([f"word {each}" for each in range(50)])
    found = merged([many, profile(["word 1", "other"])]).columns[0]

    assert found.distinct
    assert distinct_count(found) == pytest.approx(51, abs=2)


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        ([], "null"),
        (["null", "integer"], "integer"),
        (["integer", "float", "null"], "float"),
        (["date", "timestamp"], "timestamp"),
        (["float", "integer", "string"], "mixed"),
        (["mixed", "integer"], "mixed"),
    ],
)
def test_dtypes_widen(dtypes: list[str], expected: str) -> None:
    assert dtype_of(dtypes) == dtype_of(reversed(dtypes)) == expected


def test_items_of_lists_are_not_missing_where_there_is_no_list() -> None:
    left = Profile(row_count=3, columns=(ColumnProfile(name="a[]", dtype="integer"),))
    found = merged([left, Profile(row_count=2, columns=(ColumnProfile(name="b", dtype="integer"),))])

    assert {"a[]": 0, "b": 3} == {each.name: each.missing for each in found.columns}


@pytest.mark.parametrize("width", [1, 10, 256, 1_000, 100_000])
def test_wide_tables_keep_less_of_each_column(width: int) -> None:
    room = limits(width)

    assert 32 <= room.points <= 256
    assert room.points * min(width, 512) <= max(1 << 14, 256)

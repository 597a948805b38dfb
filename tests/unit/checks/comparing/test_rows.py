"""Rows by key: as counting them one by one says."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lineal.checks.comparing.rows import RowChanges, compare_keys

ROWS = st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 2), min_size=1, max_size=3))


def test_rows_are_inserted_deleted_and_changed() -> None:
    found = compare_keys({1: [7], 2: [7], 3: [7]}, {2: [7], 3: [8], 4: [7]})

    assert RowChanges(key="id", **found) == RowChanges(key="id", inserted=1, deleted=1, changed=1)


def test_rows_that_share_a_key_are_counted_as_such() -> None:
    found = compare_keys({1: [7, 8]}, {1: [8, 9, 9]})

    assert RowChanges(key="id", **found) == RowChanges(
        key="id", inserted=1, changed=1, left_repeated=2, right_repeated=3
    )


@given(ROWS, ROWS)
def test_the_figures_lead_from_one_side_to_the_other(left: dict[int, list[int]], right: dict[int, list[int]]) -> None:
    found = compare_keys(left, right)  # type: ignore[arg-type]
    sizes = [sum(map(len, side.values())) for side in (left, right)]
    same = sum((Counter(left[key]) & Counter(right[key])).total() for key in left.keys() & right.keys())

    assert sizes[0] - found["deleted"] + found["inserted"] == sizes[1]
    assert sizes[0] - found["deleted"] - found["changed"] == same

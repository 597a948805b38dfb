"""A Range header means some bytes, all of them, or none that there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.ranges import NoSuchRange, range_of

MEANT: dict[str, tuple[int, int] | None] = {
    "bytes=0-9": (0, 10),
    "bytes=2-4": (2, 3),
    "bytes=7-": (7, 3),
    "bytes=7-99": (7, 3),
    "bytes=-3": (7, 3),
    "bytes=-99": (0, 10),
    "": None,
    "bytes=-": None,
    "bytes=4-2": None,
    "bytes=1-2,4-5": None,
    "lines=1-2": None,
    "bytes=1-" + "9" * 19: None,
}


@pytest.mark.parametrize("header", MEANT)
def test_a_header_means_the_bytes_that_it_says(header: str):
    assert MEANT[header] == range_of(header, 10)


@pytest.mark.parametrize(
    ("header", "whole"), [("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=0-", 0), ("bytes=-0", 10)]
)
def test_bytes_behind_the_end_are_none(header: str, whole: int):
    with pytest.raises(NoSuchRange, match="no range"):
        range_of(header, whole)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40))
def test_what_is_meant_is_within_the_whole(first: int, last: int, whole: int):
    data = bytes(range(whole))
    if first < whole and first <= last:
        start, size = range_of(f"bytes={first}-{last}", whole) or (0, 0)

        assert data[first : last + 1] == data[start : start + size]
        assert len(data[start : start + size]) == size > 0

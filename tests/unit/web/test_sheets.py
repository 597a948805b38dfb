"""CSV that programs read back as it was, and spreadsheets take for texts and numbers only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.web.sheets import csv_text

_texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"))


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-cmd", "@SUM(1)", "\t=1", "\r=1"])
def test_a_text_that_begins_as_a_formula_is_none(text: str) -> None:
    assert [["'" + text]] == list(csv.reader(io.StringIO(csv_text([[text]]), newline="")))


@pytest.mark.parametrize("value", [-1, "-1.5e-3", "+2", -0.5, 1e300])
def test_numbers_stay_numbers(value: object) -> None:
    assert f"{value}\r\n" == csv_text([[value]])


@given(st.lists(st.lists(_texts, min_size=1), min_size=1))
def test_rows_are_read_back_as_they_were(rows: list[list[str]]) -> None:
    back = csv.reader(io.StringIO(csv_text(rows), newline=""))

    assert _without_apostrophes(rows) == _without_apostrophes(back)


def _without_apostrophes(rows: Iterable[list[str]]) -> list[list[str]]:
    return [[each.removeprefix("'") for each in row] for row in rows]

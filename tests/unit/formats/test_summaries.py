"""Profiles in figures and words."""

from __future__ import annotations

import math

import pytest

from lineal.formats.columns import ColumnSummary
from lineal.formats.profiles import limits
from lineal.formats.summaries import columns, in_words, summarise
from lineal.formats.tables.tally import Tally
from lineal.formats.tables.texts import TextCells
from lineal.formats.wording import figure, percent, time_of
from lineal.objects.datasets import Column
from lineal.objects.profiles import Profile


def summary(*cells: str) -> ColumnSummary:
    (found,) = TextCells("c", cells, limits(1)).profiles()
    return summarise(found)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2", "3.5"], "1 … 2 … 3.5"),
        (["7", "7"], "always 7"),
        (["12000", "12000"], "always 12,000"),
        (["2020-01-01", "2021-01-01T10:30"], "2020-01-01 … 2020-01-01 … 2021-01-01 10:30"),
        (["a", "a", "b"], "a 66.7 %, b 33.3 %"),
        ([*"aaaabbbccd"], "a 40 %, b 30 %, c 20 %, …"),
        (["1", "x"], "always 1; x 50 %"),
        ([f"{'long ' * 20}{each}" for each in range(3)], "length always 101"),
        (["", ""], ""),
    ],
)
def test_what_stands_in_a_column_in_words(cells: list[str], expected: str) -> None:
    assert in_words(summary(*cells)) == expected


def test_a_summary_has_the_figures_of_a_column() -> None:
    found = summary(*map(str, range(1, 101)), "", "inf")

    assert (found.count, found.missing, found.infinite, found.distinct, found.is_exact) == (101, 1, 1, 101, True)
    assert found.numbers
    assert (found.numbers.mean, found.numbers.minimum, found.numbers.maximum) == (50.5, 1, 100)
    assert {"p25": 25, "p50": 50, "p95": 95}.items() <= found.numbers.quantiles.items()
    assert sum(found.numbers.bins.counts) == 100


def test_bins_leave_far_out_values_to_the_last_one() -> None:
    found = summary(*map(str, range(1_000)), "1e9").numbers

    assert found
    assert found.bins.edges[-1] < 1_001
    assert sum(found.bins.counts) == 1_001


def test_numbers_that_a_float_hardly_holds_have_a_picture() -> None:
    for cells in (["1.7e308", "-1.7e308"], ["5e-324", "0"], ["3", "3"]):
        found = summary(*cells).numbers

        assert found
        assert all(map(math.isfinite, found.bins.edges))
        assert sum(found.bins.counts) == 2


def test_in_text_what_is_no_number_or_truth_value_is_a_string() -> None:
    found = [
        TextCells(name, cells, limits(1)).profiles()
        for name, cells in {"a": ["1", ""], "b": ["2020-01-01"], "c": ["1", "x"], "d": [""]}.items()
    ]
    profile = Profile(row_count=2, columns=tuple(each for one in found for each in one))

    assert columns(profile, is_text=True) == (
        Column(name="a", dtype="integer", optional=True),
        Column(name="b", dtype="string"),
        Column(name="c", dtype="string"),
        Column(name="d", dtype="string", optional=True),
    )
    assert ["integer", "date", "mixed", "null"] == [each.dtype for each in columns(profile, is_text=False)]


def test_the_most_frequent_texts_come_first_and_rare_ones_not_at_all() -> None:
    tally = Tally()
    for place in range(20):
        tally.take_text(f"t{place:02}", 100 + place)
    tally.take_text("rare", 1)

    top = summarise(tally.profile("c", limits(1))).top

    assert top[0] == ("t19", 119)
    assert len(top) == 10
    assert "rare" not in dict(top)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, "0 %"), (0.0001, "<0.1 %"), (0.125, "12.5 %"), (0.5, "50 %"), (0.99999, ">99.9 %"), (1, "100 %")],
)
def test_shares_in_words(share: float, expected: str) -> None:
    assert percent(share) == expected


@pytest.mark.parametrize(
    ("value_ms", "dtype", "expected"),
    [
        (0, "date", "1970-01-01"),
        (90_000, "timestamp", "1970-01-01 00:01"),
        (1e20, "timestamp", "1e+20 ms after 1970"),
        (1_500, "duration", "1.5 s"),
    ],
)
def test_times_in_words(value_ms: float, dtype: str, expected: str) -> None:
    assert time_of(value_ms, dtype) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(2024.0, "2024"), (12_345.0, "12,345"), (0.123456789, "0.123457"), ("NaN", "NaN")]
)
def test_figures_in_words(value: float | str, expected: str) -> None:
    assert figure(value) == expected

"""Distributions: moments, points whose error is known, and that parts make the whole."""

from __future__ import annotations

import math
import random
import statistics
from bisect import bisect_left, bisect_right
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.sketches import distributions
from lineal.objects.profiles import Distribution

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)
NUMBERS = st.one_of(st.lists(st.integers(-9, 9).map(float)), st.lists(FINITE, max_size=300))
LIMIT = 32


def made(values: list[float], limit: int = LIMIT) -> Distribution:
    found = distributions.distribution(Counter(values), limit)
    assert found
    return found


def rank_error(found: Distribution, values: list[float]) -> int:
    """Return by how much the rank of any value is wrong, when the points are taken for the values."""
    told = sorted(value for value, weight in zip(found.values, found.weights, strict=True) for _ in range(weight))
    ordered = sorted(values)
    return max(
        abs(rank(told, value) - rank(ordered, value))
        for value in {*told, *ordered}
        for rank in (bisect_left, bisect_right)
    )


def test_there_is_no_distribution_of_nothing() -> None:
    assert distributions.distribution({}, LIMIT) is None
    assert distributions.merged([None, None], LIMIT) is None


@given(NUMBERS.filter(bool))
def test_moments_are_those_of_the_textbook(values: list[float]) -> None:
    found = made(values)

    assert (len(values), min(values), max(values)) == (found.count, found.minimum, found.maximum)
    assert math.isclose(found.mean, statistics.fmean(values), rel_tol=1e-9, abs_tol=1e-30)
    assert len(values) == 1 or math.isclose(
        distributions.deviation(found), statistics.stdev(values), rel_tol=1e-9, abs_tol=1e-30
    )


@given(NUMBERS.filter(bool))
def test_no_rank_is_wrong_by_more_than_the_error_and_few_values_are_exact(values: list[float]) -> None:
    found = made(values)

    assert rank_error(found, values) <= found.error <= len(values) * 3 / (LIMIT - 1)
    assert len(found.values) <= LIMIT
    assert sum(found.weights) == len(values)
    if len(set(values)) <= LIMIT:
        assert dict(zip(found.values, found.weights, strict=True)) == Counter(values)
        assert found.error == 0


@given(st.lists(NUMBERS, min_size=1, max_size=6))
def test_parts_make_the_whole(parts: list[list[float]]) -> None:
    values = [value for part in parts for value in part]
    found = distributions.merged([distributions.distribution(Counter(part), LIMIT) for part in parts], LIMIT)

    if not values:
        assert found is None
        return
    assert found
    whole = made(values)
    assert (whole.count, whole.minimum, whole.maximum) == (found.count, found.minimum, found.maximum)
    assert math.isclose(found.mean, whole.mean, rel_tol=1e-9, abs_tol=1e-9)
    assert math.isclose(found.squares, whole.squares, rel_tol=1e-6, abs_tol=1e-6)
    assert rank_error(found, values) <= found.error
    if whole.error == 0:
        assert (whole.values, whole.weights, 0) == (found.values, found.weights, found.error)


def test_order_changes_nothing() -> None:
    draw = random.Random(3)
    parts = [made([draw.gauss(shift, 1) for _ in range(500)]) for shift in range(5)]

    assert distributions.merged(parts, LIMIT) == distributions.merged(parts[::-1], LIMIT)


def test_a_value_that_many_rows_share_stays_itself() -> None:
    draw = random.Random(3)
    found = made([0.0] * 9_000 + [draw.random() + 1 for _ in range(1_000)])

    assert dict(zip(found.values, found.weights, strict=True))[0.0] == 9_000
    assert found.error <= 300


def test_numbers_whose_sum_is_too_large_have_a_mean_that_is_a_word() -> None:
    assert made([1.7e308, 1.7e308, 1.5e308]).mean == "Infinity"
    assert made([1.7e308] * 2 + [-1.7e308] * 2).mean in {0.0, "NaN"}


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.1, 1), (0.5, 5), (0.9, 9), (0.95, 10), (1, 10)])
def test_quantiles_are_numbers_that_were_there(share: float, expected: float) -> None:
    assert distributions.quantile(made([float(each) for each in range(1, 11)]), share) == expected


def test_bins_frozen_from_one_distribution_count_another() -> None:
    training = made([float(each) for each in range(100)], 256)
    edges = distributions.edges_of(training, 4)

    assert edges == [24, 49, 74]
    assert distributions.counts_between(training, edges) == [25, 25, 25, 25]
    assert distributions.counts_between(made([-5.0, 24.0, 24.5, 1e9]), edges) == [2, 1, 0, 1]


def test_a_value_that_fills_several_bins_ends_one() -> None:
    assert distributions.edges_of(made([0.0] * 90 + [1.0, 2.0, 3.0, 4.0, 5.0] * 2), 10) == [0]
    assert distributions.edges_of(made([7.0] * 5), 10) == []


@given(NUMBERS.filter(bool), NUMBERS.filter(bool))
def test_the_distance_is_the_largest_difference_of_shares(left: list[float], right: list[float]) -> None:
    distance, error = distributions.farthest(made(left), made(right))
    a, b = sorted(left), sorted(right)
    expected = max(abs(bisect_right(a, x) / len(a) - bisect_right(b, x) / len(b)) for x in {*a, *b})

    assert abs(expected - distance) <= error + 1e-9
    assert distributions.farthest(made(left), made(left))[0] == 0

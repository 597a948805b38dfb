"""Distances between sketches: against the plain definitions, against scipy, and against chance."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from scipy import stats

from lineal.checks.drift import between_numbers, between_texts, chance_of_shares, chi_square_quantile, shift
from lineal.formats.sketches.categories import categories
from lineal.formats.sketches.distributions import distribution
from lineal.objects.profiles import Categories, Distribution


def numbers(values: list[float]) -> Distribution:
    found = distribution(Counter(values), 256)
    assert found
    return found


def texts(values: list[str], limit: int = 256) -> Categories:
    found = categories(Counter(values), limit)
    assert found
    return found


def normal(seed: int, count: int = 5_000, mean: float = 0) -> list[float]:
    draw = random.Random(seed)
    return [draw.gauss(mean, 1) for _ in range(count)]


def test_the_distance_of_numbers_is_that_of_kolmogorov_and_smirnov() -> None:
    left, right = normal(1), normal(2, mean=0.4)
    found = between_numbers(numbers(left), numbers(right))

    assert found.size == pytest.approx(stats.ks_2samp(left, right).statistic, abs=found.error)
    assert found.error < 0.02
    assert found.is_told


def test_samples_of_the_same_population_are_hardly_ever_told_apart() -> None:
    told = [between_numbers(numbers(normal(seed)), numbers(normal(seed + 1_000))).is_told for seed in range(200)]

    assert sum(told) <= 8


@pytest.mark.parametrize("freedom", [1, 2, 9, 50, 255])
def test_quantiles_of_chi_square_are_near(freedom: int) -> None:
    assert chi_square_quantile(freedom) == pytest.approx(stats.chi2.ppf(0.99, freedom), rel=0.015)


def test_the_distance_of_texts_is_the_share_that_would_have_to_change() -> None:
    left, right = texts(["a"] * 60 + ["b"] * 40), texts(["a"] * 30 + ["b"] * 40 + ["c"] * 30)
    found = between_texts(left, right, 100, 100)

    assert found.size == pytest.approx(0.3)
    assert found.is_told
    assert between_texts(left, left, 100, 100).size == 0


def test_texts_that_are_not_told_are_one_text() -> None:
    left = texts(["a"] * 50 + [str(each) for each in range(50)], limit=4)
    right = texts(["a"] * 80 + [str(each) for each in range(20)], limit=4)
    found = between_texts(left, right, 100, 100)

    assert found.size == pytest.approx(0.3, abs=found.error)


def test_a_shift_is_in_standard_deviations_of_the_left() -> None:
    assert shift(numbers([0, 2]), numbers([1 + math.sqrt(2)])) == pytest.approx(1)
    assert shift(numbers([1, 1]), numbers([2])) == math.inf
    assert shift(numbers([1, 1]), numbers([1])) == 0


def test_shares_of_small_samples_differ_by_chance() -> None:
    assert chance_of_shares(1, 10, 3, 10) > 0.2
    assert chance_of_shares(1_000, 10_000, 3_000, 10_000) < 0.02
    assert chance_of_shares(0, 0, 1, 10) == 0

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from lineal.checks.statistics.means import Mean, mean_of, student_quantile, student_tail


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 39, 40, 41, 200, 100_000])
def test_student_is_scipys(freedom: int) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-6)
    assert [student_tail(t, freedom) for t in (-3.0, -0.5, 0.0, 1.0, 2.5, 8.0)] == pytest.approx(
        [stats.t.sf(t, freedom) for t in (-3.0, -0.5, 0.0, 1.0, 2.5, 8.0)], rel=1e-6
    )


def influences(values: list[float]) -> list[float]:
    return [each - sum(values) / len(values) for each in values]


def test_symmetric_values_have_students_interval() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    found = mean_of(4.0, influences(values), 7)

    assert tuple(found.interval()) == pytest.approx(stats.t.interval(0.95, 6, loc=4, scale=stats.sem(values)))
    assert found.tail(5.0) == pytest.approx(stats.ttest_1samp(values, 5.0, alternative="less").pvalue)


def test_skewed_values_have_a_wider_side_towards_their_tail() -> None:
    values = [float(2**place) for place in range(10)]
    found = mean_of(102.3, influences(values), 10)
    low, high = found.interval()
    t = stats.t.interval(0.95, 9, loc=102.3, scale=stats.sem(values))

    assert low == pytest.approx(t[0])
    assert high > t[1] * 1.2


@pytest.mark.parametrize("slope", [-0.2, -0.01, 0.0, 0.01, 0.2])
def test_the_interval_ends_where_the_test_does(slope: float) -> None:
    found = Mean(1.0, 0.3, 25, slope)
    low, high = found.interval()

    assert found.tail(high) == pytest.approx(0.025, rel=1e-6)
    assert Mean(-1.0, 0.3, 25, -slope).tail(-low) == pytest.approx(0.025, rel=1e-6)


def test_rows_that_do_not_carry_it_change_nothing() -> None:
    values = influences([1.0, 5.0, 2.0, 9.0])
    alone, among = mean_of(4.25, values, 4), mean_of(4.25, [each * 3 for each in values] + [0.0] * 8, 4)

    assert (alone.error, alone.slope) == pytest.approx((among.error, among.slope))


def test_one_row_shows_nothing() -> None:
    assert tuple(mean_of(1.0, [0.0], 1).interval()) == (-math.inf, math.inf)
    assert mean_of(1.0, [0.0], 1).tail(5.0) == 1.0


def test_the_interval_of_a_skewed_mean_misses_about_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    missed = 0
    for _ in range(400):
        values = chance.exponential(size=60)
        low, high = mean_of(float(values.mean()), list(values - values.mean()), 60).interval()
        missed += not low <= 1 <= high

    assert stats.binomtest(missed, 400, 0.05).pvalue > 0.001

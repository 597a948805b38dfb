from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lineal.checks.statistics.resampling import Column, highest, lowest, ratio, resample

COUNTS = [30, 10, 25, 35]


def gap(columns: Sequence[Column]) -> Column:
    return ratio(columns[0], columns[0] + columns[1]) - ratio(columns[2], columns[2] + columns[3])


def test_the_interval_is_that_of_resampled_rows() -> None:
    rows = np.repeat(np.arange(4), COUNTS)

    def of_rows(sample: Any) -> float:
        return float(gap([float(each) for each in np.bincount(sample, minlength=4)]))

    expected = stats.bootstrap(
        (rows,), of_rows, n_resamples=4_000, vectorized=False, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    found = resample(COUNTS, gap)

    assert found
    assert (found.value, found.method) == (0.75 - 25 / 60, "bootstrap")
    assert tuple(found.interval) == pytest.approx((expected.low, expected.high), abs=0.012)


def test_the_same_counts_give_the_same_interval() -> None:
    assert resample(COUNTS, gap) == resample(COUNTS, gap)


def test_without_numpy_the_jackknife_says_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = resample([each * 10 for each in COUNTS], gap)
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name == "numpy":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    found = resample([each * 10 for each in COUNTS], gap)

    assert drawn
    assert found
    assert found.method == "jackknife"
    assert tuple(found.interval) == pytest.approx(tuple(drawn.interval), abs=0.006)


def test_what_has_no_value_has_no_interval() -> None:
    assert resample([0, 0, 5, 5], gap) is None


def test_what_most_samples_cannot_give_has_no_interval() -> None:
    assert resample([1, 0, 500, 500], gap) is None


def test_of_several_the_highest_and_the_lowest_are_found_replicate_by_replicate() -> None:
    columns = [np.array([1.0, 5.0]), np.array([3.0, 2.0])]

    assert highest(columns).tolist() == [3.0, 5.0]
    assert lowest(columns).tolist() == [1.0, 2.0]
    assert (highest([1.0, 3.0]), lowest([1.0, 3.0])) == (3.0, 1.0)
    assert np.isnan(highest([1.0, float("nan")]))

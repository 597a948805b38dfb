from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from lineal.checks.statistics.calibration_error import (
    CalibrationError,
    bins_of,
    calibration_error,
    class_wise,
    decompose,
    plain_error,
    top_label,
)


def drawn(count: int, *, off: float = 0.0, seed: int = 3) -> tuple[list[float], list[bool]]:
    """Return probabilities and outcomes that come true by ``off`` less often than was said."""
    chance = np.random.default_rng(seed)
    said = chance.uniform(0.2, 0.8, count)
    return said.tolist(), (chance.random(count) < said - off).tolist()


def test_bins_are_those_of_scikit_learn() -> None:
    scores, outcomes = drawn(1_500)
    came, said = calibration_curve(outcomes, scores, n_bins=10, strategy="quantile")
    bins = bins_of(scores, outcomes, 10)

    assert [each.row_count for each in bins] == [150] * 10
    assert [each.came for each in bins] == pytest.approx(came, abs=0.01)
    assert [each.said for each in bins] == pytest.approx(said, abs=0.01)


def test_the_parts_of_briers_score_make_up_the_score() -> None:
    scores, outcomes = drawn(1_000, off=0.1)
    parts = decompose(scores, outcomes, bins_of(scores, outcomes))

    assert parts.reliability - parts.resolution + parts.uncertainty + parts.within == pytest.approx(
        brier_score_loss(outcomes, scores)
    )
    assert parts.reliability == pytest.approx(0.01, abs=0.005)


def test_what_is_calibrated_has_hardly_an_error_where_the_plain_one_has() -> None:
    found = [calibration_error(bins_of(*drawn(600, seed=seed))) for seed in range(40)]
    squared = [max(each.value, 0.0) for each in found]

    assert np.mean(squared) < 0.03 < np.mean([each.plain for each in found])


@pytest.mark.parametrize("off", [0.0, 0.1])
def test_the_interval_holds_the_true_error_about_as_often_as_it_says(off: float) -> None:
    held = 0
    for seed in range(200):
        low, high = calibration_error(bins_of(*drawn(1_000, off=off, seed=seed))).interval
        held += low <= off <= high

    assert held / 200 > 0.91


def test_rows_of_the_same_probability_stay_together() -> None:
    bins = bins_of([0.5] * 10 + [0.9] * 10, [True] * 20, 5)

    assert [(each.row_count, each.said) for each in bins] == [(10, 0.5), (10, 0.9)]


def test_a_certain_model_that_is_always_right_has_no_error() -> None:
    found = calibration_error(bins_of([0.0] * 50 + [1.0] * 50, [False] * 50 + [True] * 50))

    assert (found.value, found.plain, math.isfinite(found.interval.high)) == (0.0, 0.0, True)


def three_classes(count: int, seed: int, temperature: float) -> tuple[dict[str, list[float]], list[str]]:
    """Return probabilities of three classes, and classes drawn from them made sharper or flatter."""
    chance = np.random.default_rng(seed)
    said = chance.dirichlet([2.0, 2.0, 2.0], count)
    truly = said ** (1 / temperature)
    truly /= truly.sum(axis=1, keepdims=True)
    drawn_class = (truly.cumsum(axis=1) > chance.random((count, 1))).argmax(axis=1)
    return {name: said[:, place].tolist() for place, name in enumerate("abc")}, ["abc"[each] for each in drawn_class]


def errors_of(chances: dict[str, list[float]], actual: list[str]) -> tuple[CalibrationError, CalibrationError]:
    rows = list(zip(*chances.values(), strict=True))
    hits = ["abc"[row.index(max(row))] == each for row, each in zip(rows, actual, strict=True)]
    return top_label([max(row) for row in rows], hits), class_wise(chances, actual)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_intervals_of_several_classes_hold_the_true_error_at_least_as_often_as_they_say(temperature: float) -> None:
    truly = [each.value for each in errors_of(*three_classes(100_000, 9_999, temperature))]
    held = [0, 0]
    for seed in range(100):
        for place, found in enumerate(errors_of(*three_classes(800, seed, temperature))):
            # With few rows the bins are the same, but their means are not.
            held[place] += found.interval.low - 0.005 <= truly[place] <= found.interval.high + 0.005

    assert (temperature == 1.0) == (max(truly) < 0.02)
    assert min(held) >= 91


def test_the_plain_error_of_classes_is_the_mean_of_theirs() -> None:
    chances, actual = three_classes(900, 1, 1.5)
    found = class_wise(chances, actual)
    each = [plain_error(bins_of(column, [one == name for one in actual])) for name, column in chances.items()]

    assert found.plain == pytest.approx(np.mean(each))
    assert found.interval.low <= found.value <= found.interval.high

"""Curves are those that scikit-learn draws, and bins tell how probabilities hold."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from lineal.checks.statistics.curves import precision_recall, reliability, roc
from lineal.checks.statistics.samples import Sample


def sample(count: int, *, digits: int, seed: int = 1) -> Sample:
    """Return rows whose probabilities are right; with few ``digits`` many are the same."""
    chance = random.Random(seed)
    scores = [round(chance.random(), digits) for _ in range(count)]
    actual = ["yes" if chance.random() < score else "no" for score in scores]
    return Sample(actual=actual, predicted=actual, positive="yes", scores=scores)


@pytest.mark.parametrize("digits", [1, 2, 6])
def test_curves_are_those_of_another_implementation(digits: int) -> None:
    found = sample(500, digits=digits)
    truth = [each == "yes" for each in found.actual]
    wrong, right, _ = roc_curve(truth, found.scores, drop_intermediate=False)
    precision, recall, _ = precision_recall_curve(truth, found.scores)

    assert np.allclose(roc(found), np.column_stack((wrong, right)))
    # It ends with a precision of one where nothing is found any more; we begin with that of the first rows.
    assert np.allclose(precision_recall(found)[1:], np.column_stack((recall, precision))[::-1][1:])


def test_probabilities_that_are_right_hold_in_every_bin() -> None:
    bins = reliability(sample(20_000, digits=6))

    assert sum(each.row_count for each in bins) == 20_000
    assert len(bins) == 10
    assert all(each.low - 0.02 <= each.said <= each.high + 0.02 for each in bins)


def test_a_probability_of_one_is_in_the_last_bin() -> None:
    (only,) = reliability(Sample(actual=("yes",), predicted=("yes",), positive="yes", scores=(1.0,)))

    assert (only.said, only.found, only.row_count) == (1.0, 1.0, 1)


def test_one_class_alone_has_no_curve() -> None:
    negative = Sample(actual=("no", "no"), predicted=("no", "no"), positive="yes", scores=(0.1, 0.2))

    assert roc(negative) == []
    assert precision_recall(negative) == []

from __future__ import annotations

import numpy as np
import pytest

from lineal.checks.statistics.metrics import METRICS, interval, standard_error
from lineal.checks.statistics.samples import Sample


def scored(count: int, seed: int) -> Sample:
    generator = np.random.default_rng(seed)
    actual = generator.random(count) < 0.3
    scores = (generator.normal(actual * 1.0, 1.0)).round(1)
    return Sample(
        actual=["yes" if each else "no" for each in actual],
        predicted=["yes" if each > 0.5 else "no" for each in scores],
        positive="yes",
        scores=[float(each) for each in scores],
    )


def delong(sample: Sample) -> tuple[float, float]:
    """AUC and its standard error as DeLong et al. 1988 write them: over all pairs, sample variances of placements."""
    assert sample.scores
    scores, actual = np.array(sample.scores), np.array(sample.actual)
    positive, negative = scores[actual == "yes"], scores[actual == "no"]
    wins = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    variance = wins.mean(1).var(ddof=1) / len(positive) + wins.mean(0).var(ddof=1) / len(negative)
    return float(wins.mean()), float(np.sqrt(variance))


@pytest.mark.parametrize("count", [60, 500, 2_000])
def test_auc_and_its_standard_error_are_delongs(count: int) -> None:
    sample = scored(count, seed=count)
    area, error = delong(sample)

    found = METRICS["auc"].estimate(sample)

    assert found
    assert found.value == pytest.approx(area)
    assert standard_error(found.influences) == pytest.approx(error, rel=3 / count**0.5 / 2)


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if "binary" in metric.tasks])
def test_influences_are_centred_and_intervals_stay_within_bounds(name: str) -> None:
    metric, sample = METRICS[name], scored(300, 1)._replace(losses=[0.1, 0.9, 0.4] * 100, scores=[0.2, 0.7, 0.5] * 100)
    found = metric.estimate(sample)

    assert found
    assert abs(sum(found.influences)) / len(found.influences) < 1e-9
    low, high = interval(metric, found)
    assert metric.bounds[0] <= low <= found.value <= high <= metric.bounds[1]


def test_a_proportions_standard_error_is_the_binomial_one() -> None:
    sample = scored(400, 2)
    found = METRICS["accuracy"].estimate(sample)

    assert found
    assert standard_error(found.influences) == pytest.approx((found.value * (1 - found.value) / 400) ** 0.5)


def test_an_empty_denominator_gives_no_metric() -> None:
    sample = Sample(actual=["no", "no"], predicted=["no", "no"], positive="yes", scores=[0.1, 0.2])

    assert [name for name in ("precision", "recall", "f1", "auc") if METRICS[name].estimate(sample)] == []

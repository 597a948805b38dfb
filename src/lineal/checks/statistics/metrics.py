"""What can be measured: each metric as a number with the influence that every row has on it.

The influence of a row is how much the metric moves when the row gets more weight (Hampel 1974); the standard error
of the metric is the root mean square of the influences over sqrt(n) (the infinitesimal jackknife, Efron 1982). It
holds for one version and for the difference of two on the same rows: one mechanism compares any metric with pairing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby
from typing import Literal, NamedTuple

from lineal.checks.statistics import ranking
from lineal.checks.statistics.intervals import Interval, wilson
from lineal.checks.statistics.means import mean_of
from lineal.checks.statistics.samples import Sample, Task


class Estimate(NamedTuple):
    """A metric's value on some rows.

    ``proportion`` is (hits, count) when it is one. ``support`` is the number of rows that carry it: a perfect score on
    three positives is worth three rows.
    """

    value: float
    influences: Sequence[float]
    support: int
    proportion: tuple[int, int] | None = None


class Metric(NamedTuple):
    """A metric: how it is computed, which way is better (0: neither), and between what it lies.

    A proportion has ``counted``: from a row's actual, predicted and positive class, whether the row counts and whether
    it is a hit. ``same_rows``: which rows count does not depend on the answers, so two versions share them.
    """

    tasks: tuple[Task, ...]
    better: Literal[-1, 0, 1]
    estimate: Callable[[Sample], Estimate | None]
    bounds: tuple[float, float] = (0.0, 1.0)
    counted: Callable[[str, str, str], tuple[bool, bool]] | None = None
    same_rows: bool = False


def interval(metric: Metric, found: Estimate) -> Interval:
    """Return the 95 % confidence interval of an estimate: Wilson's for proportions, that of ``means`` for the rest."""
    if found.proportion:
        return wilson(*found.proportion)
    mean = mean_of(found.value, found.influences, found.support)
    low, high = metric.bounds
    if mean.error == 0 and (low, high) == (0.0, 1.0):
        return wilson(found.value * found.support, found.support)  # a perfect score on few rows proves little
    between = mean.interval()
    return Interval(max(between.low, low), min(between.high, high))


def standard_error(influences: Sequence[float]) -> float:
    """Return the standard error of an estimate from each row's influence on it."""
    return math.sqrt(math.fsum(each * each for each in influences)) / len(influences)


def _ratio(above: Sequence[float], below: Sequence[float], support: int = 0) -> Estimate | None:
    """Return the estimate of sum(above) / sum(below), with its linearised influences (Cochran 1977, section 6.4)."""
    total = math.fsum(below)
    if total <= 0:
        return None
    value, mean = math.fsum(above) / total, total / len(below)
    return Estimate(value, [(a - value * b) / mean for a, b in zip(above, below, strict=True)], support or len(below))


def _mean(values: Sequence[float] | None) -> Estimate | None:
    return _ratio(values, [1.0] * len(values)) if values else None


def _proportion(
    counted: Callable[[str, str, str], tuple[bool, bool]],
) -> Callable[[Sample], Estimate | None]:
    def estimate(sample: Sample) -> Estimate | None:
        pairs = [counted(a, p, sample.positive) for a, p in zip(sample.actual, sample.predicted, strict=True)]
        found = _ratio([inside and hit for inside, hit in pairs], [inside for inside, _ in pairs])
        if found is None:
            return None
        count = sum(inside for inside, _ in pairs)
        hits = sum(inside and hit for inside, hit in pairs)
        return found._replace(proportion=(hits, count), support=count)

    return estimate


def _right(actual: str, predicted: str, _: str) -> tuple[bool, bool]:
    return True, actual == predicted


def _recalled(actual: str, predicted: str, positive: str) -> tuple[bool, bool]:
    return actual == positive, predicted == positive


def _precise(actual: str, predicted: str, positive: str) -> tuple[bool, bool]:
    return predicted == positive, actual == positive


def _alarmed(actual: str, predicted: str, positive: str) -> tuple[bool, bool]:
    return actual != positive, predicted == positive


def _selected(_: str, predicted: str, positive: str) -> tuple[bool, bool]:
    return True, predicted == positive


def _f1_of(sample: Sample, kind: str) -> Estimate | None:
    """F1 = 2 TP / (predicted + actual), a ratio of sums over rows."""
    pairs = list(zip(sample.actual, sample.predicted, strict=True))
    both = [2.0 * (a == kind and p == kind) for a, p in pairs]
    either = [float((a == kind) + (p == kind)) for a, p in pairs]
    return _ratio(both, either, support=sum(each > 0 for each in either))


def _f1(sample: Sample) -> Estimate | None:
    return _f1_of(sample, sample.positive)


def _macro_f1(sample: Sample) -> Estimate | None:
    """Return the mean of each class's F1 (Takahashi et al. 2022, Applied Intelligence 52:4961-4972: the same delta)."""
    found = [each for kind in sorted({*sample.actual, *sample.predicted}) if (each := _f1_of(sample, kind))]
    if not found:
        return None
    influences = [math.fsum(row) / len(found) for row in zip(*(each.influences for each in found), strict=True)]
    value = math.fsum(each.value for each in found) / len(found)
    return Estimate(value, influences, min(each.support for each in found))


def _auc(sample: Sample) -> Estimate | None:
    """Return the area under the ROC curve by midranks, with DeLong's placements as influences.

    Sources: DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837-845; ranks as in Sun & Xu 2014, IEEE SPL 21:1389.
    """
    if sample.scores is None:
        return None
    is_positive = [each == sample.positive for each in sample.actual]
    positives, count = sum(is_positive), len(is_positive)
    negatives = count - positives
    if not positives or not negatives:
        return None
    placements = _placements(sample.scores, is_positive, positives, negatives)
    value = math.fsum(each for each, hit in zip(placements, is_positive, strict=True) if hit) / positives
    shares = (count / negatives, count / positives)
    influences = [(each - value) * shares[hit] for each, hit in zip(placements, is_positive, strict=True)]
    return Estimate(value, influences, min(positives, negatives))


def _placements(scores: Sequence[float], is_positive: Sequence[bool], positives: int, negatives: int) -> list[float]:
    """Return for each row the share of the other class that it is ranked right against; a tie counts half."""
    found = [0.0] * len(scores)
    negatives_below = positives_below = 0
    order = sorted(range(len(scores)), key=scores.__getitem__)
    for _, tied in groupby(order, key=scores.__getitem__):
        rows = list(tied)
        tied_positives = sum(is_positive[row] for row in rows)
        tied_negatives = len(rows) - tied_positives
        for row in rows:
            if is_positive[row]:
                found[row] = (negatives_below + tied_negatives / 2) / negatives
            else:
                found[row] = 1 - (positives_below + tied_positives / 2) / positives
        negatives_below, positives_below = negatives_below + tied_negatives, positives_below + tied_positives
    return found


def _log_loss(sample: Sample) -> Estimate | None:
    return _mean(sample.losses)


def _brier(sample: Sample) -> Estimate | None:
    """Return the mean squared distance of probability and outcome (Brier 1950)."""
    if sample.scores is None:
        return None
    pairs = zip(sample.scores, sample.actual, strict=True)
    return _mean([(score - (actual == sample.positive)) ** 2 for score, actual in pairs])


def _errors(sample: Sample) -> list[float]:
    return [p - a for a, p in zip(sample.actual_numbers, sample.predicted_numbers, strict=True)]


def _mae(sample: Sample) -> Estimate | None:
    return _mean([abs(each) for each in _errors(sample)])


def _rmse(sample: Sample) -> Estimate | None:
    squared = _mean([each * each for each in _errors(sample)])
    if squared is None:
        return None
    value = math.sqrt(squared.value)
    slope = 1 / (2 * value) if value else 0.0
    return Estimate(value, [each * slope for each in squared.influences], squared.support)


def _r2(sample: Sample) -> Estimate | None:
    mean = math.fsum(sample.actual_numbers) / len(sample.actual_numbers)
    unexplained = _ratio([e * e for e in _errors(sample)], [(each - mean) ** 2 for each in sample.actual_numbers])
    if unexplained is None:
        return None
    return Estimate(1 - unexplained.value, [-each for each in unexplained.influences], unexplained.support)


def _ranking(figure: ranking.Figure, cutoff: int) -> Metric:
    """Return a metric of rankings: its mean over queries, each of which has an influence as a row has elsewhere."""

    def estimate(sample: Sample) -> Estimate | None:
        return _mean([figure(each, cutoff) for each in sample.rankings])

    return Metric(("ranking",), 1, estimate)


_CLASSES: tuple[Task, ...] = ("binary", "multiclass")


def _rate(
    tasks: tuple[Task, ...],
    better: Literal[-1, 0, 1],
    counted: Callable[[str, str, str], tuple[bool, bool]],
    *,
    same_rows: bool,
) -> Metric:
    return Metric(tasks, better, _proportion(counted), counted=counted, same_rows=same_rows)


METRICS: dict[str, Metric] = {
    "accuracy": _rate(_CLASSES, 1, _right, same_rows=True),
    "precision": _rate(("binary",), 1, _precise, same_rows=False),
    "recall": _rate(("binary",), 1, _recalled, same_rows=True),
    "f1": Metric(("binary",), 1, _f1),
    "macro_f1": Metric(("multiclass",), 1, _macro_f1),
    "auc": Metric(("binary",), 1, _auc),
    "log_loss": Metric(_CLASSES, -1, _log_loss, (0.0, math.inf)),
    "brier": Metric(("binary",), -1, _brier),
    "selection_rate": _rate(("binary",), 0, _selected, same_rows=True),
    "false_positive_rate": _rate(("binary",), -1, _alarmed, same_rows=True),
    "rmse": Metric(("regression",), -1, _rmse, (0.0, math.inf)),
    "mae": Metric(("regression",), -1, _mae, (0.0, math.inf)),
    "r2": Metric(("regression",), 1, _r2, (-math.inf, 1.0)),
    **{
        f"{name}@{cutoff}": _ranking(figure, cutoff)
        for name, figure in ranking.AT.items()
        for cutoff in ranking.CUTOFFS
    },
    **{name: _ranking(figure, 0) for name, figure in ranking.WHOLE.items()},
}
"""Every metric by its name; rankings have others at other cut-offs, which `metric_of` knows."""

_AT = re.compile(rf"(?P<name>{'|'.join(ranking.AT)})@(?P<cutoff>[1-9]\d{{0,5}})")


@cache
def metric_of(name: str) -> Metric | None:
    """Return the metric of that name, also at a cut-off that is in no table: ``ndcg@20``."""
    if found := METRICS.get(name):
        return found
    at = _AT.fullmatch(name)
    return _ranking(ranking.AT[at["name"]], int(at["cutoff"])) if at else None


def metrics_for(task: Task, cutoffs: Sequence[int] = ranking.CUTOFFS) -> dict[str, Metric]:
    """Return what is measured of a task; of rankings, at these cut-offs."""
    if task != "ranking":
        return {name: metric for name, metric in METRICS.items() if task in metric.tasks}
    names = [*(f"{name}@{cutoff}" for name in ranking.AT for cutoff in cutoffs), *ranking.WHOLE]
    return {name: metric for name in names if (metric := metric_of(name))}

"""What figures are drawn from: curves over all thresholds, and how probabilities hold, of rows with a version's answers."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from lineal.checks.statistics.intervals import wilson
from lineal.checks.statistics.samples import Sample

Curve = list[tuple[float, float]]

BINS = 10


class Reliability(NamedTuple):
    """Rows whose probability is about the same: its mean, the share that were positive with its interval, and the rows."""

    said: float
    found: float
    low: float
    high: float
    row_count: int


def roc(sample: Sample) -> Curve:
    """Return (false positive rate, true positive rate) at each threshold, strictest first; empty without both classes."""
    counts = _at_thresholds(sample)
    positives, negatives = counts[-1]
    if not positives or not negatives:
        return []
    return [(wrong / negatives, right / positives) for right, wrong in counts]


def precision_recall(sample: Sample) -> Curve:
    """Return (recall, precision) at each threshold, strictest first; empty without a positive row."""
    counts = _at_thresholds(sample)
    positives = counts[-1][0]
    if not positives:
        return []
    points = [(right / positives, right / (right + wrong)) for right, wrong in counts[1:]]
    return [(0.0, points[0][1]), *points]


def reliability(sample: Sample, bins: int = BINS) -> tuple[Reliability, ...]:
    """Return how probabilities hold in bins of the same width (DeGroot and Fienberg 1983); bins without rows are left out."""
    found: dict[int, list[tuple[float, bool]]] = {}
    for score, actual in zip(sample.scores or (), sample.actual, strict=False):
        found.setdefault(min(int(score * bins), bins - 1), []).append((score, actual == sample.positive))
    return tuple(_reliability(rows) for _, rows in sorted(found.items()))


def _reliability(rows: list[tuple[float, bool]]) -> Reliability:
    count, hits = len(rows), sum(hit for _, hit in rows)
    interval = wilson(hits, count)
    return Reliability(sum(score for score, _ in rows) / count, hits / count, interval.low, interval.high, count)


def _at_thresholds(sample: Sample) -> list[tuple[int, int]]:
    """Return how many positive and negative rows are above each threshold; rows with one score come together."""
    pairs = sorted(zip(sample.scores or (), sample.actual, strict=False), key=lambda each: -each[0])
    right = wrong = 0
    found = [(0, 0)]
    for _, tied in groupby(pairs, key=lambda each: each[0]):
        hits = [actual == sample.positive for _, actual in tied]
        right, wrong = right + sum(hits), wrong + len(hits) - sum(hits)
        found.append((right, wrong))
    return found

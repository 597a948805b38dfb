"""Are probabilities what they say? Brier's score in three parts, and the calibration error without its bias."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lineal.checks.statistics.intervals import CONFIDENCE, Interval, z_of

BINS = 15


class Bin(NamedTuple):
    """Rows with probabilities near each other: how many, their mean probability, and the share that came true.

    ``spread`` is the variance of probability minus outcome.
    """

    row_count: int
    said: float
    came: float
    spread: float


class Decomposition(NamedTuple):
    """Brier's score = ``reliability`` (zero is best) - ``resolution`` (more is better) + ``uncertainty`` (of the rows).

    With bins it holds for the mean probability of each; ``within`` is what the bins do not show.
    Source: Murphy 1973, Journal of Applied Meteorology 12:595-600; within bins: Stephenson et al. 2008, Weather and
    Forecasting 23:752-757.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within: float


class CalibrationError(NamedTuple):
    """The root mean squared calibration error; ``plain`` is the mean absolute one that most tools show, with its bias."""

    value: float
    interval: Interval
    plain: float


def bins_of(scores: Sequence[float], outcomes: Sequence[bool], count: int = BINS) -> list[Bin]:
    """Return rows in bins of about the same size, by probability; rows with the same one are never parted."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    found, start = list[Bin](), 0
    for number in range(1, count + 1):
        end = max(round(len(order) * number / count), start)
        while start < end < len(order) and scores[order[end]] == scores[order[end - 1]]:
            end += 1
        if end > start:
            found.append(_bin([(scores[row], outcomes[row]) for row in order[start:end]]))
        start = end
    return found


def _bin(rows: Sequence[tuple[float, bool]]) -> Bin:
    count = len(rows)
    said, came = math.fsum(score for score, _ in rows) / count, sum(outcome for _, outcome in rows) / count
    off = math.fsum((score - outcome - said + came) ** 2 for score, outcome in rows)
    # A bin of one row shows nothing of its spread; a coin's is the largest.
    return Bin(count, said, came, off / (count - 1) if count > 1 else 0.25)


def decompose(scores: Sequence[float], outcomes: Sequence[bool], bins: Sequence[Bin]) -> Decomposition:
    """Return the parts of Brier's score."""
    count = len(scores)
    base = sum(outcomes) / count
    reliability = math.fsum(each.row_count * (each.said - each.came) ** 2 for each in bins) / count
    resolution = math.fsum(each.row_count * (each.came - base) ** 2 for each in bins) / count
    brier = math.fsum((score - outcome) ** 2 for score, outcome in zip(scores, outcomes, strict=True)) / count
    uncertainty = base * (1 - base)
    return Decomposition(reliability, resolution, uncertainty, brier - reliability + resolution - uncertainty)


def calibration_error(bins: Sequence[Bin], *, confidence: float = CONFIDENCE) -> CalibrationError:
    """Return the calibration error without the bias that few rows in a bin give it, and its interval.

    Each bin's squared gap holds the variance of the gap besides, which is taken off. The variance of the sum grows with
    the sum itself: above, the interval ends where that value's own variance allows the estimate, as Wilson's does for a
    proportion, and below where the estimate's does. The other way round each misses up to twice as often as it says.
    Sources: Kumar, Liang and Ma 2019, NeurIPS, section 4 (the debiased estimator); the variance as in Sun, Song and Hero
    2023, NeurIPS (a confidence interval for it).
    """
    squared, below, above = _squared(bins, confidence)
    low, high = (math.sqrt(max(each, 0.0)) for each in (below, above))
    return CalibrationError(math.sqrt(max(squared, 0.0)), Interval(low, high), plain_error(bins))


def plain_error(bins: Sequence[Bin]) -> float:
    """Return the mean absolute difference of what was said and what came, with the bias of few rows in a bin."""
    count = sum(each.row_count for each in bins)
    return math.fsum(each.row_count * abs(each.said - each.came) for each in bins) / count


def top_label(
    confidences: Sequence[float], hits: Sequence[bool], *, count: int = BINS, confidence: float = CONFIDENCE
) -> CalibrationError:
    """Return how far the probability of the class that is answered is from being right (Guo et al. 2017, ICML)."""
    return calibration_error(bins_of(confidences, hits, count), confidence=confidence)


def class_wise(
    chances: Mapping[str, Sequence[float]],
    actual: Sequence[str],
    *,
    count: int = BINS,
    confidence: float = CONFIDENCE,
) -> CalibrationError:
    """Return how far the probability of each class is from what comes true: the root of the mean square over classes.

    The classes share their rows, so the ends are those that hold however they hang together: the mean of squares lies
    between the means of their ends.
    Sources: Kull et al. 2019, NeurIPS (class-wise); Kumar, Liang and Ma 2019, section 2 (marginal, root mean square).
    """
    found = []
    for name, column in chances.items():
        bins = bins_of(column, [each == name for each in actual], count)
        found.append((*_squared(bins, confidence), plain_error(bins)))
    squared, below, above, plain = (math.fsum(each) / len(found) for each in zip(*found, strict=True))
    low, high = (math.sqrt(max(each, 0.0)) for each in (below, above))
    return CalibrationError(math.sqrt(max(squared, 0.0)), Interval(low, high), plain)


def _squared(bins: Sequence[Bin], confidence: float) -> tuple[float, float, float]:
    """Return the squared error without its bias, and the ends of its interval; each may be below zero."""
    count = sum(each.row_count for each in bins)
    squared, own, constant, slope = 0.0, 0.0, 0.0, 0.0
    for each in bins:
        share, noise = each.row_count / count, each.spread / each.row_count
        gap = (each.said - each.came) ** 2 - noise
        squared += share * gap
        own += 4 * share**2 * max(gap, 0.0) * noise
        constant += 2 * (share * noise) ** 2
        # Bins are of about the same size, so it does not matter in which of them the error is.
        slope += 4 * share**2 * noise
    z = z_of(confidence)
    below = squared - z * math.sqrt(own + constant)
    above = squared + z * z * slope / 2 + z * math.sqrt(max(slope * squared + constant + (z * slope / 2) ** 2, 0.0))
    return squared, below, above

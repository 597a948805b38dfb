"""Are probabilities what they say? Brier's score in three parts, and the calibration error without its bias."""

from __future__ import annotations

import math
from collections.abc import Sequence
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

    Each bin's squared gap holds the variance of the gap besides, which is taken off; the interval is that of a sum of
    squared normal variables about their means.
    Sources: Kumar, Liang and Ma 2019, NeurIPS, section 4 (the debiased estimator); the variance as in Sun, Song and Hero
    2023, NeurIPS (a confidence interval for it).
    """
    count = sum(each.row_count for each in bins)
    squared, variance = 0.0, 0.0
    for each in bins:
        share, noise = each.row_count / count, each.spread / each.row_count
        gap = (each.said - each.came) ** 2 - noise
        squared += share * gap
        variance += share**2 * (4 * max(gap, 0.0) * noise + 2 * noise**2)
    reach = z_of(confidence) * math.sqrt(variance)
    low, high = (math.sqrt(max(each, 0.0)) for each in (squared - reach, squared + reach))
    plain = math.fsum(each.row_count * abs(each.said - each.came) for each in bins) / count
    return CalibrationError(math.sqrt(max(squared, 0.0)), Interval(low, high), plain)

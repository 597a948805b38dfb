"""The bootstrap of whatever is computed from counts: resampling n rows is one multinomial draw over the cells.

Rows of the same cell are alike, so ten thousand replicates cost the same for a thousand rows and for a billion (Efron and
Tibshirani 1993, An Introduction to the Bootstrap, chapters 6 and 14). Without numpy the jackknife of the same cells takes
its place: one computation a cell and a normal interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from typing import Any, NamedTuple

from lineal.checks.statistics.intervals import CONFIDENCE, Interval, normal_quantile, upper_tail, z_of

REPLICATES = 10_000

Column = Any
"""The counts of one cell: a number, or an array with a number for each replicate."""

Statistic = Callable[[Sequence[Column]], Column]
"""What is computed from the counts of every cell, by `ratio`, `highest`, `lowest` and arithmetic; NaN where it has none."""

_UNKNOWN_MAX = 0.05
"""Where more replicates than this have no value, the cells are too thin to say anything."""


class Resampled(NamedTuple):
    """A value with its interval, and how that was found: ``bootstrap`` or ``jackknife``."""

    value: float
    interval: Interval
    method: str


def resample(
    counts: Sequence[int],
    statistic: Statistic,
    *,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Resampled | None:
    """Return ``statistic`` of the counts with its interval: bias-corrected and accelerated (BCa, Efron 1987).

    Args:
        counts: how many rows each cell has; every row is in one cell.
        statistic: what is computed.
        confidence: of the interval.
        replicates: how many samples are drawn.
        seed: of the draw. The same counts and seed give the same interval.

    Returns:
        None where the statistic has no value, or more than 5 % of the samples give none.
    """
    value = float(statistic([float(each) for each in counts]))
    if not math.isfinite(value):
        return None
    left_out = _left_out(counts, statistic)
    drawn = draws(counts, statistic, replicates=replicates, seed=seed)
    if drawn is None:
        return _jackknifed(value, left_out, sum(counts), confidence)
    return from_draws(value, drawn, left_out, replicates=replicates, confidence=confidence)


def from_draws(
    value: float,
    drawn: Sequence[float],
    left_out: Sequence[tuple[int, float]],
    *,
    replicates: int,
    confidence: float = CONFIDENCE,
) -> Resampled | None:
    """Return the interval of whatever was computed anew of drawn rows: bias-corrected and accelerated.

    Args:
        value: the statistic of all rows.
        drawn: that of each replicate that has one, sorted.
        left_out: what it is without a part of the rows, and how many parts are like that; rows, or blocks of them.
        replicates: how many were drawn.
        confidence: of the interval.

    Returns:
        None where more than 5 % of the replicates have no value.
    """
    if not replicates or len(drawn) < (1 - _UNKNOWN_MAX) * replicates:
        return None
    return Resampled(value, _bca(value, drawn, left_out, confidence), "bootstrap")


def ratio(above: Column, below: Column) -> Column:
    """Return above / below; NaN where below is zero."""
    if isinstance(below, float | int):
        return above / below if below else math.nan
    import numpy  # noqa: ICN001, PLC0415 - only arrays come here

    with numpy.errstate(all="ignore"):
        return numpy.true_divide(above, below)


def highest(columns: Sequence[Column]) -> Column:
    """Return the highest of several; NaN where one is."""
    return reduce(_higher, columns)


def lowest(columns: Sequence[Column]) -> Column:
    """Return the lowest of several; NaN where one is."""
    return -highest([-each for each in columns])


def _higher(one: Column, other: Column) -> Column:
    if isinstance(one, float | int):
        return math.nan if math.isnan(one) or math.isnan(other) else max(one, other)
    import numpy  # noqa: ICN001, PLC0415 - only arrays come here

    return numpy.maximum(one, other)


def draws(counts: Sequence[int], statistic: Statistic, *, replicates: int = REPLICATES, seed: int = 0) -> Any | None:
    """Return the statistic of every replicate that has one, sorted; None without numpy."""
    try:
        import numpy  # noqa: ICN001, PLC0415 - an extra, and slow to import
    except ImportError:
        return None
    found = statistic(_drawn(tuple(counts), replicates, seed))
    return numpy.sort(found[numpy.isfinite(found)])


@lru_cache(maxsize=2)
def _drawn(counts: tuple[int, ...], replicates: int, seed: int) -> list[Any]:
    """Return the count of each cell in every replicate; what else is computed of the same rows takes the same ones."""
    import numpy  # noqa: ICN001, PLC0415 - who calls knows that it is there

    total = sum(counts)
    drawn = numpy.random.default_rng(seed).multinomial(total, [each / total for each in counts], size=replicates)
    return list(numpy.ascontiguousarray(drawn.T.astype(float)))


def _left_out(counts: Sequence[int], statistic: Statistic) -> list[tuple[int, float]]:
    """Return what the statistic is when a row of a cell is left out, and for how many rows; cells without rows are not."""
    found = []
    for place, count in enumerate(counts):
        if count:
            fewer = [float(each - (place == other)) for other, each in enumerate(counts)]
            found.append((count, float(statistic(fewer))))
    return [(count, value) for count, value in found if math.isfinite(value)]


def _moments(left_out: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """Return the sums of squares and of cubes of what each row adds, by the jackknife."""
    total = sum(count for count, _ in left_out)
    mean = math.fsum(count * value for count, value in left_out) / total if total else 0.0
    squares = math.fsum(count * (mean - value) ** 2 for count, value in left_out)
    return squares, math.fsum(count * (mean - value) ** 3 for count, value in left_out)


def _jackknifed(value: float, left_out: Sequence[tuple[int, float]], total: int, confidence: float) -> Resampled:
    reach = z_of(confidence) * math.sqrt(_moments(left_out)[0] * (total - 1) / total)
    return Resampled(value, Interval(value - reach, value + reach), "jackknife")


def _bca(value: float, draws: Any, left_out: Sequence[tuple[int, float]], confidence: float) -> Interval:
    from bisect import bisect_left, bisect_right  # noqa: PLC0415 - with numpy only

    count = len(draws)
    # Ties with the value count half, as many replicates of few rows are ties.
    below = (bisect_left(draws, value) + bisect_right(draws, value)) / 2
    if not 0 < below < count:
        return Interval(float(draws[0]), float(draws[-1]))
    bias = normal_quantile(below / count)
    squares, cubes = _moments(left_out)
    acceleration = cubes / (6 * squares**1.5) if squares else 0.0

    def end(z: float) -> float:
        moved = bias + z
        share = 1 - upper_tail(bias + moved / max(1 - acceleration * moved, 1e-9))
        return float(draws[min(max(round(share * count - 0.5), 0), count - 1)])

    return Interval(end(-z_of(confidence)), end(z_of(confidence)))

"""Did groups come apart? The gap of any two in the candidate less that in the champion, on the same rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import ClassVar, NamedTuple

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.gains import unpaired
from lineal.checks.statistics.groups import check_proportion, proportions
from lineal.checks.statistics.intervals import ALPHA, CONFIDENCE, Interval, paired_interval, rows_needed
from lineal.checks.statistics.metrics import METRICS
from lineal.checks.statistics.paired import Change, Pairs, change
from lineal.checks.wording import apart, check_margin, figure, listed
from lineal.objects.statements import Verdict


class Moved(NamedTuple):
    """What became of a proportion in one group."""

    metric: str
    group: str
    change: Change


class Growth(NamedTuple):
    """By how much two groups came apart. ``high`` bounds it by itself, ``low`` together with all other pairs."""

    one: Moved
    other: Moved
    before: float
    after: float
    interval: Interval

    @property
    def value(self) -> float:
        """How much larger the gap is."""
        return self.after - self.before

    @property
    def row_count(self) -> int:
        """The rows of both groups."""
        return self.one.change.row_count + self.other.change.row_count


class FairnessRegression(Check, frozen=True, tag="fairness_regression"):
    """Passes when the gap in ``metric`` between any two groups of ``feature`` grew by at most ``margin``, beyond doubt.

    Both versions answered the same rows, so what counts is how each group's proportion moved: the interval is that of the
    difference of two paired differences. All pairs must be below the margin for a pass, each at 95 %; a pair fails at 95 %
    for all pairs together (Bonferroni). Groups with fewer than ``minimum_rows`` rows are named but not judged, which is a
    warning.

    Options:
        metric: one that is a proportion, or equalized_odds.
        feature: the column; an intersection as "sex & race".
        margin: by how much a gap may grow.
        minimum_rows: the rows that carry the metric in a group for it to be judged.
    """

    reads_rows: ClassVar[bool] = True

    metric: str
    feature: str
    margin: float
    minimum_rows: int = 30

    def __post_init__(self) -> None:
        """Refuse a metric that is no proportion."""
        check_proportion(self.metric)
        check_margin(self.margin)

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare both versions' gaps."""
        if evidence.champion is None:
            return self.verdict("pass", "no version stands there yet whose gap could be smaller")
        if evidence.pairs is None:
            return self.verdict("inconclusive", unpaired(evidence))
        if missing := evidence.pairs.truth.lacks([self.feature]):
            return self.verdict(
                "inconclusive", f"the held-out rows are not split by {listed(missing)}; add it to slices"
            )
        large, small = self._moved(evidence.pairs)
        pairs = [(one, other) for one, other in combinations(large, 2) if one.metric == other.metric]
        if not pairs:
            return self.verdict("inconclusive", f"{self.feature} has no two groups with {self.minimum_rows} rows")
        remark = f"; not judged, as they have too few rows: {listed(small)}" if small else ""
        return self._judged([growth(one, other, len(pairs)) for one, other in pairs], evidence, remark)

    def _moved(self, pairs: Pairs) -> tuple[list[Moved], list[str]]:
        """Return what became of each group with enough rows, and the names of the others."""
        large, small = list[Moved](), dict[str, None]()
        for group, places in pairs.truth.groups(self.feature).items():
            for metric in proportions(self.metric):
                found = change(pairs, metric, places)
                if found is None or found.row_count < max(self.minimum_rows, 2):
                    small[group] = None
                else:
                    large.append(Moved(metric, group, found))
        return large, list(small)

    def _judged(self, growths: Sequence[Growth], evidence: Evidence, remark: str) -> Verdict:
        proven = [each for each in growths if each.interval.low > self.margin]
        worst = max(proven or growths, key=lambda each: each.interval.high)
        was, now = apart(worst.before, worst.after)
        bounds = f"95 % interval {figure(worst.interval.low)} to {figure(worst.interval.high)}"
        said = (
            f"the gap in {worst.one.metric} between {self.feature}={worst.one.group} and {worst.other.group} was {was}"
        )
        said += f" ({evidence.champion_name}) and is {now}: {figure(worst.value)} more"
        said += f" ({bounds}, margin {figure(self.margin)})"
        numbers = {
            "growth": worst.value,
            "low": worst.interval.low,
            "high": worst.interval.high,
            "rows": worst.row_count,
            "pairs": len(growths),
        }
        if evidence.is_champions_equal or worst.interval.high <= self.margin:
            return self.verdict("warn" if remark else "pass", said + remark, **numbers)
        if proven:
            return self.verdict("fail", said + remark, **numbers)
        inside = worst.value < self.margin
        reach = worst.interval.high - worst.value if inside else worst.value - worst.interval.low
        needed = rows_needed(worst.row_count, abs(worst.value - self.margin), reach)
        enough = f"; about {needed:,} rows of these groups would decide" if needed else ""
        return self.verdict("inconclusive", f"{said}: too close to tell{enough}{remark}", rows_needed=needed, **numbers)


def growth(one: Moved, other: Moved, pairs: int) -> Growth:
    """Return by how much two groups came apart.

    The size of a small gap seems larger than it is, so the difference of two sizes bounds nothing from above: a gap grew at
    most by as much as it moved. Only where the champion's direction is beyond doubt, its size is known as well, and a gap
    that closes is seen as such. From below, the difference of the sizes takes off too much rather than too little.
    """
    gaps = [one.change.champion - other.change.champion, one.change.candidate - other.change.candidate]
    before, after = (abs(each) for each in gaps)
    moved, spread = gaps[1] - gaps[0], _spread(one.change, other.change)
    low, high = _difference(one, other, CONFIDENCE)
    most = max(high, -low)
    if before > 2 * spread:
        # On the champion's side of zero, or on the other.
        crossed = -math.copysign(1.0, gaps[0]) * (gaps[0] + gaps[1]) + 4 * spread
        most = max(high if gaps[0] > 0 else -low, crossed)
    low, high = _difference(one, other, 1 - ALPHA / pairs)
    reach = max(moved - low, high - moved)
    return Growth(one, other, before, after, Interval(after - before - reach, most))


def _difference(one: Moved, other: Moved, confidence: float) -> Interval:
    """Return the interval of the difference of what two groups moved by, from that of each.

    Source: Zou and Donner 2008, Statistics in Medicine 27:1693-1702 (variance recovered from the ends).
    """
    (a, a_low, a_high), (b, b_low, b_high) = (_shift(each, confidence) for each in (one, other))
    return Interval(a - b - math.hypot(a - a_low, b_high - b), a - b + math.hypot(a_high - a, b - b_low))


def _shift(moved: Moved, confidence: float) -> tuple[float, float, float]:
    """Return by how much a group's proportion rose, and between what that lies."""
    found = moved.change
    if found.mean is not None:
        low, high = found.mean.interval(confidence=confidence)
    else:
        low, high = paired_interval(found.fixed or 0, found.broke or 0, found.row_count, confidence=confidence)
    # A gain is turned so that more is better; here it is not.
    low, high = (low, high) if METRICS[moved.metric].better >= 0 else (-high, -low)
    return found.candidate - found.champion, low, high


def _spread(one: Change, other: Change) -> float:
    """Return the standard error of the champion's gap between two groups."""
    rates = ((each.champion, each.row_count) for each in (one, other))
    return math.sqrt(sum(rate * (1 - rate) / count for rate, count in rates))

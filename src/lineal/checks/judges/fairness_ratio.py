"""Are groups chosen alike? The ratio of any two of them, with its interval: the four-fifths rule."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.groups import Pair, check_proportion, paired_groups
from lineal.checks.statistics.intervals import ALPHA, Interval, ratio_interval, rows_needed
from lineal.checks.wording import figure, listed
from lineal.objects.statements import Verdict


class Ratio(NamedTuple):
    """The lower of two groups' proportions divided by the higher, with its interval."""

    pair: Pair
    value: float
    interval: Interval


class FairnessRatio(Check, frozen=True, tag="fairness_ratio"):
    """Passes when any group's ``metric`` is at least ``at_least`` times any other's, beyond doubt.

    With the selection rate and 0.8 this is the four-fifths rule (29 CFR 1607.4 D). Donner and Zou's interval for each pair
    of groups, at 95 % for all pairs together (Bonferroni). Groups with fewer than ``minimum_rows`` rows are named but not
    judged, which is a warning. Where no group has the metric at all, the ratio is 1.

    Options:
        feature: the column; an intersection as "sex & race".
        metric: one that is a proportion, or equalized_odds.
        at_least: the smallest ratio, from 0 to 1.
        minimum_rows: the rows that a group must have to be judged.
    """

    reads_rows: ClassVar[bool] = True

    feature: str
    metric: str = "selection_rate"
    at_least: float = 0.8
    minimum_rows: int = 30

    def __post_init__(self) -> None:
        """Refuse a metric that is no proportion."""
        check_proportion(self.metric)
        if not 0 <= self.at_least <= 1:
            raise ValueError(f"at_least must lie between 0 and 1, not {self.at_least}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare every two groups."""
        pairs, small, problem = paired_groups(evidence, self.metric, self.feature, minimum_rows=self.minimum_rows)
        if problem:
            return self.verdict("inconclusive", problem)
        remark = f"; not judged, as they have too few rows: {listed(small)}" if small else ""
        return self._judged([_ratio(each, 1 - ALPHA / len(pairs)) for each in pairs], remark)

    def _judged(self, ratios: list[Ratio], remark: str) -> Verdict:
        # The lowest end is the worst that may be; where some are proven too low, the lowest of those.
        proven = [each for each in ratios if each.interval.high < self.at_least]
        worst = min(proven or ratios, key=lambda each: each.interval.low)
        rows = worst.pair.high.row_count + worst.pair.low.row_count
        numbers = {
            "ratio": worst.value,
            "low": worst.interval.low,
            "high": worst.interval.high,
            "at_least": self.at_least,
            "rows": rows,
        }
        bounds = f"{figure(worst.interval.low)} to {figure(worst.interval.high)}"
        said = (
            f"{worst.pair.metric} of {self.feature}={worst.pair.low} is {figure(worst.value)} times ({bounds}) that of"
        )
        said += f" {worst.pair.high}"
        asked = f"at least {figure(self.at_least)}"
        if proven:
            return self.verdict("fail", f"{said}, but {asked} is asked{remark}", **numbers)
        if worst.interval.low < self.at_least:
            reach = (
                worst.value - worst.interval.low if worst.value > self.at_least else worst.interval.high - worst.value
            )
            needed = rows_needed(rows, abs(worst.value - self.at_least), reach)
            enough = f"; about {needed:,} rows of these groups would decide" if needed else ""
            reason = f"{said}; whether it is {asked} cannot be told{enough}{remark}"
            return self.verdict("inconclusive", reason, rows_needed=needed, **numbers)
        return self.verdict("warn" if remark else "pass", f"{said}, {asked} as asked{remark}", **numbers)


def _ratio(pair: Pair, confidence: float) -> Ratio:
    low, high = pair.low, pair.high
    found = ratio_interval(low.hits, low.row_count, high.hits, high.row_count, confidence=confidence)
    return Ratio(pair, low.value / high.value if high.hits else 1.0, found)

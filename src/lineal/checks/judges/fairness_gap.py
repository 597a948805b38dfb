"""Are groups treated alike? The gap between any two of them, with its interval."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.groups import Pair, check_proportion, paired_groups
from lineal.checks.statistics.intervals import ALPHA, Interval, newcombe, rows_needed
from lineal.checks.wording import figure, listed
from lineal.objects.statements import Verdict


class Gap(NamedTuple):
    """The difference of two groups' proportions, with its interval."""

    pair: Pair
    interval: Interval

    @property
    def value(self) -> float:
        """The difference."""
        return self.pair.high.value - self.pair.low.value

    @property
    def row_count(self) -> int:
        """The rows of both groups."""
        return self.pair.high.row_count + self.pair.low.row_count


class FairnessGap(Check, frozen=True, tag="fairness_gap"):
    """Passes when no two groups of ``feature`` differ in ``metric`` by more than ``at_most``, beyond doubt.

    Selection rate is demographic parity, recall equal opportunity, ``equalized_odds`` the larger of the gaps in recall and
    in false positive rate (Hardt et al. 2016). Newcombe's interval for each pair of groups, at 95 % for all pairs together
    (Bonferroni). Groups with fewer than ``minimum_rows`` rows are named but not judged, which is a warning.

    Options:
        metric: one that is a proportion, or equalized_odds.
        feature: the column; an intersection as "sex & race".
        at_most: the largest difference, from 0 to 1.
        minimum_rows: the rows that a group must have to be judged.
    """

    reads_rows: ClassVar[bool] = True

    metric: str
    feature: str
    at_most: float
    minimum_rows: int = 30

    def __post_init__(self) -> None:
        """Refuse a metric that is no proportion."""
        check_proportion(self.metric)
        if not 0 <= self.at_most <= 1:
            raise ValueError(f"at_most must lie between 0 and 1, not {self.at_most}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare every two groups."""
        pairs, small, problem = paired_groups(evidence, self.metric, self.feature, minimum_rows=self.minimum_rows)
        if problem:
            return self.verdict("inconclusive", problem)
        confidence = 1 - ALPHA / len(pairs)
        gaps = [
            Gap(
                each,
                newcombe(each.high.hits, each.high.row_count, each.low.hits, each.low.row_count, confidence=confidence),
            )
            for each in pairs
        ]
        remark = f"; not judged, as they have too few rows: {listed(small)}" if small else ""
        return self._judged(gaps, remark)

    def _judged(self, gaps: list[Gap], remark: str) -> Verdict:
        worst = max(gaps, key=lambda each: each.value)
        numbers = {
            "gap": worst.value,
            "low": worst.interval.low,
            "high": worst.interval.high,
            "at_most": self.at_most,
            "rows": worst.row_count,
        }
        if proven := [each for each in gaps if each.interval.low > self.at_most]:
            told = max(proven, key=lambda each: each.value)
            return self.verdict(
                "fail", f"{self._sentence(told)}, but at most {figure(self.at_most)} is asked{remark}", **numbers
            )
        if unsure := [each for each in gaps if each.interval.high > self.at_most]:
            told = max(unsure, key=lambda each: each.interval.high)
            reach = told.interval.high - told.value if told.value < self.at_most else told.value - told.interval.low
            needed = rows_needed(told.row_count, abs(told.value - self.at_most), reach)
            enough = f"; about {needed:,} rows of these groups would decide" if needed else ""
            reason = (
                f"{self._sentence(told)}; whether it is at most {figure(self.at_most)} cannot be told{enough}{remark}"
            )
            return self.verdict("inconclusive", reason, rows_needed=needed, **numbers)
        return self.verdict(
            "warn" if remark else "pass",
            f"{self._sentence(worst)}, at most {figure(self.at_most)} as asked{remark}",
            **numbers,
        )

    def _sentence(self, gap: Gap) -> str:
        bounds = f"{figure(gap.interval.low)} to {figure(gap.interval.high)}"
        between = f"{self.feature}={gap.pair.high} and {gap.pair.low}"
        return f"{gap.pair.metric} differs by {figure(gap.value)} ({bounds}) between {between}"

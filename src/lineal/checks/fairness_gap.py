"""Are groups treated alike? The gap between any two of them, with its interval."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from lineal.checks.check import Check
from lineal.checks.evaluation import class_in_key
from lineal.checks.evidence import Evidence
from lineal.checks.figures import check_metric, figure, listed
from lineal.checks.metrics import METRICS
from lineal.checks.statistics import ALPHA, Interval, newcombe, rows_needed
from lineal.objects.statements import Evaluation, SliceResult, Verdict


class Rate(NamedTuple):
    """A proportion in one group."""

    group: str
    hits: int
    row_count: int

    @property
    def value(self) -> float:
        """The proportion."""
        return self.hits / self.row_count


class Gap(NamedTuple):
    """The difference of two groups' proportions, the higher one first."""

    high: Rate
    low: Rate
    interval: Interval

    @property
    def value(self) -> float:
        """The difference."""
        return self.high.value - self.low.value


class FairnessGap(Check, frozen=True, tag="fairness_gap"):
    """Passes when no two groups of ``feature`` differ in ``metric`` by more than ``at_most``, beyond doubt.

    Selection rate is demographic parity; recall is equal opportunity, with the false positive rate equalized odds
    (Hardt et al. 2016). Newcombe's interval for each pair, at 95 % for all pairs together (Bonferroni). Groups with
    fewer than ``minimum_rows`` rows are named but not judged.
    """

    metric: str
    feature: str
    at_most: float
    minimum_rows: int = 30

    def __post_init__(self) -> None:
        """Refuse a metric that is no proportion."""
        check_metric(self.metric, among=[name for name, metric in METRICS.items() if metric.counted])
        if not 0 <= self.at_most <= 1:
            raise ValueError(f"at_most must lie between 0 and 1, not {self.at_most}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare every two groups."""
        if evidence.evaluation is None:
            return self.verdict("inconclusive", f"{evidence.name} is not measured; lineal evaluate {evidence.name}")
        found = rates(evidence.evaluation, self.metric, self.feature)
        if not found:
            return self.verdict(
                "inconclusive", f"the evaluation has no {self.metric} by {self.feature}; add it to slices and evaluate"
            )
        large = [each for each in found if each.row_count >= self.minimum_rows]
        small = [each.group for each in found if each.row_count < self.minimum_rows]
        if len(large) < 2:
            return self.verdict("inconclusive", f"{self.feature} has no two groups with {self.minimum_rows} rows")
        remark = f"; not judged, as they have too few rows: {listed(small)}" if small else ""
        return self._judged(_gaps(large), remark)

    def _judged(self, gaps: list[Gap], remark: str) -> Verdict:
        worst = max(gaps, key=lambda each: each.value)
        numbers = {
            "gap": worst.value,
            "low": worst.interval.low,
            "high": worst.interval.high,
            "at_most": self.at_most,
            "rows": worst.high.row_count + worst.low.row_count,
        }
        if proven := [each for each in gaps if each.interval.low > self.at_most]:
            told = max(proven, key=lambda each: each.value)
            return self.verdict(
                "fail", f"{self._sentence(told)}, but at most {figure(self.at_most)} is asked{remark}", **numbers
            )
        if unsure := [each for each in gaps if each.interval.high > self.at_most]:
            told = max(unsure, key=lambda each: each.interval.high)
            reach = told.interval.high - told.value if told.value < self.at_most else told.value - told.interval.low
            needed = rows_needed(told.high.row_count + told.low.row_count, abs(told.value - self.at_most), reach)
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
        groups = f"{gap.high.group} ({figure(gap.high.value)}, n={gap.high.row_count:,})"
        groups += f" and {gap.low.group} ({figure(gap.low.value)}, n={gap.low.row_count:,})"
        bounds = f"{figure(gap.interval.low)} to {figure(gap.interval.high)}"
        return f"{self.metric} differs by {figure(gap.value)} ({bounds}) between {self.feature}={groups}"


def rates(evaluation: Evaluation, metric: str, feature: str) -> list[Rate]:
    """Return the proportion ``metric`` in each group of ``feature``, from the confusion counts."""
    found = (_rate(each, metric, _positive(evaluation)) for each in evaluation.slices if each.feature == feature)
    return [each for each in found if each.row_count]


def _positive(evaluation: Evaluation) -> str:
    named = class_in_key(evaluation.positive)
    classes = sorted({name for key in evaluation.overall.counts for name in key.split("/")})
    return named or (classes[-1] if classes else "")


def _rate(result: SliceResult, metric: str, positive: str) -> Rate:
    counted = METRICS[metric].counted
    assert counted  # noqa: S101 - __post_init__ asked for a proportion
    hits = count = 0
    for key, rows in result.counts.items():
        actual, _, predicted = key.partition("/")
        is_inside, is_hit = counted(actual, predicted, positive)
        count += rows * is_inside
        hits += rows * (is_inside and is_hit)
    return Rate(result.value, hits, count)


def _gaps(found: list[Rate]) -> list[Gap]:
    ordered = sorted(found, key=lambda each: -each.value)
    pairs = list(combinations(ordered, 2))
    confidence = 1 - ALPHA / len(pairs)
    return [
        Gap(high, low, newcombe(high.hits, high.row_count, low.hits, low.row_count, confidence=confidence))
        for high, low in pairs
    ]

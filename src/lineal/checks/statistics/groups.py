"""Proportions in groups of people, from the confusion counts of an evaluation or from its rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from lineal.checks.evaluation import class_in_key
from lineal.checks.evidence import Evidence
from lineal.checks.outside import shares_of, unshared
from lineal.checks.statistics.metrics import METRICS
from lineal.checks.statistics.slices import AND, canonical
from lineal.checks.wording import check_metric, figure
from lineal.objects.statements import Evaluation, SliceResult

PROPORTIONS = tuple(name for name, metric in METRICS.items() if metric.counted)
"""The metrics that are a share of some rows."""

COMPOSED = {"equalized_odds": ("recall", "false_positive_rate")}
"""What several proportions make up together (Hardt, Price and Srebro 2016, NeurIPS)."""


class Rate(NamedTuple):
    """A proportion in one group."""

    group: str
    hits: int
    row_count: int

    @property
    def value(self) -> float:
        """The proportion."""
        return self.hits / self.row_count

    def __str__(self) -> str:
        return f"{self.group} ({figure(self.value)}, n={self.row_count:,})"


class Pair(NamedTuple):
    """Two groups that differ in a proportion, the higher one first."""

    metric: str
    high: Rate
    low: Rate


def check_proportion(name: str) -> None:
    """Raise ValueError, which a policy reports, when ``name`` is no proportion and nothing that they make up."""
    check_metric(name, among=(*PROPORTIONS, *COMPOSED))


def proportions(name: str) -> tuple[str, ...]:
    """Return the proportions that ``name`` consists of."""
    return COMPOSED.get(name, (name,))


def pairs_of(metric: str, rates: Sequence[Rate]) -> list[Pair]:
    """Return every two groups."""
    ordered = sorted(rates, key=lambda each: -each.value)
    return [Pair(metric, high, low) for high, low in combinations(ordered, 2)]


class PairedGroups(NamedTuple):
    """Every two groups that can be compared, those that are too small for it, and why none can be."""

    pairs: list[Pair]
    small: list[str]
    problem: str = ""


def paired_groups(evidence: Evidence, metric: str, feature: str, *, minimum_rows: int) -> PairedGroups:
    """Return every two groups of ``feature`` with ``minimum_rows`` rows, in each proportion that ``metric`` consists of."""
    found = {name: rates(evidence, name, feature) for name in proportions(metric)}
    if not any(found.values()):
        return PairedGroups([], [], unsplit(evidence, metric, feature))
    large = {name: [each for each in those if each.row_count >= max(minimum_rows, 1)] for name, those in found.items()}
    small = dict.fromkeys(each.group for name, those in found.items() for each in those if each not in large[name])
    pairs = [pair for name, those in large.items() for pair in pairs_of(name, those)]
    return PairedGroups(pairs, list(small), "" if pairs else f"{feature} has no two groups with {minimum_rows} rows")


def rates(evidence: Evidence, metric: str, feature: str) -> list[Rate]:
    """Return the proportion ``metric`` in each group of ``feature``; a group without any such row has no rate.

    What the evaluation did not split is split now, where its rows are at hand: so intersections need no evaluation anew.
    Where there is no evaluation, what another tool counted on the held-out rows counts.
    """
    if evidence.evaluation is None:
        return [Rate(*each) for each in shares_of(evidence, metric, feature)]
    positive = positive_of(evidence.evaluation)
    slices = [each for each in evidence.evaluation.slices if each.feature in {feature, canonical(feature)}]
    if slices:
        return [rate_of(each, metric, positive) for each in slices]
    answers = evidence.answers
    if answers is None or answers.truth.lacks([feature]) or not answers.sample.actual:
        return []
    return [
        _counted(
            value, metric, [(answers.sample.actual[row], answers.sample.predicted[row]) for row in places], positive
        )
        for value, places in answers.truth.groups(feature).items()
    ]


def unsplit(evidence: Evidence, metric: str, feature: str) -> str:
    """Return what to do where `rates` finds nothing."""
    if evidence.evaluation is None:
        if why := next(filter(None, (unshared(evidence, each, feature) for each in proportions(metric))), ""):
            return why
        return f"{evidence.name} is not measured; lineal evaluate {evidence.name}"
    columns = " and ".join(canonical(feature).split(AND))
    return f"the evaluation has no {metric} by {feature}; add {columns} to slices and evaluate"


def positive_of(evaluation: Evaluation) -> str:
    """Return the positive class, as the keys of confusion counts write it."""
    named = class_in_key(evaluation.positive)
    classes = sorted({name for key in evaluation.overall.counts for name in key.split("/")})
    return named or (classes[-1] if classes else "")


def rate_of(result: SliceResult, metric: str, positive: str) -> Rate:
    """Return the proportion ``metric`` in a subgroup, from its confusion counts."""
    counted = METRICS[metric].counted
    assert counted  # noqa: S101 - check_proportion asked for one
    hits = count = 0
    for key, rows in result.counts.items():
        actual, _, predicted = key.partition("/")
        is_inside, is_hit = counted(actual, predicted, positive)
        count += rows * is_inside
        hits += rows * (is_inside and is_hit)
    return Rate(result.value, hits, count)


def _counted(group: str, metric: str, rows: Sequence[tuple[str, str]], positive: str) -> Rate:
    counted = METRICS[metric].counted
    assert counted  # noqa: S101 - check_proportion asked for one
    found = [counted(class_in_key(actual), class_in_key(predicted), positive) for actual, predicted in rows]
    inside = [is_hit for is_inside, is_hit in found if is_inside]
    return Rate(group, sum(inside), len(inside))

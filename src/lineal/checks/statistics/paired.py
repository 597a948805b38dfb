"""Two versions on the same rows: what one fixed and broke of the other, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from lineal.checks.statistics.answered import answered
from lineal.checks.statistics.intervals import (
    Interval,
    mcnemar,
    p_of_loss,
    paired_interval,
    wilson,
)
from lineal.checks.statistics.means import Mean, mean_of
from lineal.checks.statistics.metrics import Metric, metric_of
from lineal.checks.statistics.samples import Sample, Task, Truth, read_sample, read_truth
from lineal.formats.predictions import Prediction


class Pairs(NamedTuple):
    """The answers of a candidate and of the champion to the same rows."""

    truth: Truth
    candidate: Sample
    champion: Sample


class Change(NamedTuple):
    """What became of a metric from the champion to the candidate.

    ``gain`` is the difference turned so that more is better; ``row_count`` the rows that carry it. For proportions
    ``fixed`` and ``broke`` count the rows that only the candidate, or only the champion, got right; the rest has ``mean``.
    """

    candidate: float
    champion: float
    gain: float
    interval: Interval
    row_count: int
    fixed: int | None = None
    broke: int | None = None
    mean: Mean | None = None

    def p_worse_than(self, margin: float) -> float:
        """Return the one-sided p-value of "the candidate is worse by more than ``margin``"; small means it is.

        McNemar's exact test for a proportion without a margin, with one the more cautious of Tango's test and
        Bonett and Price's; for the rest of Student's and Hall's.
        """
        if self.fixed is not None and self.broke is not None:
            if margin == 0:
                return mcnemar(self.fixed, self.broke)
            return p_of_loss(self.fixed, self.broke, self.row_count, margin)
        return self.mean.tail(-margin) if self.mean else 1.0


def pair(
    rows: Iterable[Mapping[str, str]],
    candidate: Iterable[Prediction],
    champion: Iterable[Prediction],
    *,
    task: Task,
    label: str,
    positive: str = "",
    slices: Sequence[str] = (),
    query: str = "",
) -> Pairs:
    """Return two versions' answers to the same rows.

    Args:
        rows: the held-out table.
        candidate: the candidate's answers, in the rows' order.
        champion: the champion's.
        task: what kind of question it is, as the evaluation says.
        label: the column that holds the truth.
        positive: the positive class of a binary question.
        slices: every column whose values make subgroups.
        query: the column that groups the rows of a ranking.

    Raises:
        Invalid: the rows or the answers cannot be meant that way.
    """
    truth = read_truth(rows, label=label, features=slices, query=query)
    return Pairs(
        truth,
        read_sample(truth, answered(candidate), task=task, positive=positive),
        read_sample(truth, answered(champion), task=task, positive=positive),
    )


def change(pairs: Pairs, name: str, places: Sequence[int] | None = None) -> Change | None:
    """Return what became of the metric ``name`` on the rows at ``places``, or on all; None where it has no value."""
    metric = metric_of(name)
    assert metric  # noqa: S101 - checks refuse other names
    candidate, champion = pairs.candidate, pairs.champion
    if places is not None:
        candidate, champion = candidate.at(places), champion.at(places)
    new, old = metric.estimate(candidate), metric.estimate(champion)
    if new is None or old is None:
        return None
    sign = metric.better or 1
    gain = sign * (new.value - old.value)
    if metric.same_rows:
        fixed, broke = _flips(metric, candidate, champion)
        between = paired_interval(fixed, broke, new.support)
        return Change(new.value, old.value, gain, between, new.support, fixed, broke)
    support = min(new.support, old.support)
    influences = [sign * (a - b) for a, b in zip(new.influences, old.influences, strict=True)]
    mean = mean_of(gain, influences, support)
    between = mean.interval()
    if mean.error == 0 and metric.bounds == (0.0, 1.0):
        # No row moved it; so many rows leave room for so many that would.
        reach = 1 - wilson(support, support).low
        between = Interval(gain - reach, gain + reach)
    return Change(new.value, old.value, gain, between, support, mean=mean)


def _flips(metric: Metric, candidate: Sample, champion: Sample) -> tuple[int, int]:
    """Return how many rows only the candidate has right, and how many only the champion."""
    assert metric.counted  # noqa: S101 - every metric on the same rows counts them
    new = [metric.counted(a, p, candidate.positive) for a, p in zip(candidate.actual, candidate.predicted, strict=True)]
    old = [metric.counted(a, p, champion.positive) for a, p in zip(champion.actual, champion.predicted, strict=True)]
    hits = [(a[1], b[1]) for a, b in zip(new, old, strict=True) if a[0]]
    gained, lost = hits.count((True, False)), hits.count((False, True))
    return (lost, gained) if metric.better < 0 else (gained, lost)

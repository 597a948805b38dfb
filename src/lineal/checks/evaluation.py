"""How a version did on held-out rows: overall and on every subgroup, each metric with its 95 % interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from lineal.checks.statistics.metrics import METRICS, interval
from lineal.checks.statistics.samples import Sample, Task, read_sample, read_truth, task_of
from lineal.formats.predictions import Prediction
from lineal.objects.canonical import number
from lineal.objects.errors import Invalid
from lineal.objects.statements import SliceResult

SLASH = "\N{DIVISION SLASH}"
"""Stands for a slash in a class's name, so that the key of a confusion count has one slash only."""


def evaluate(
    rows: Iterable[dict[str, str]],
    predictions: Iterable[Prediction],
    *,
    label: str,
    positive: str = "",
    slices: Sequence[str] = (),
) -> tuple[Task, SliceResult, tuple[SliceResult, ...]]:
    """Measure predictions against the truth.

    Args:
        rows: the held-out table.
        predictions: one for each row, in the same order.
        label: the column that holds the truth.
        positive: the positive class, for a question with two answers; by default the last of the two in order.
        slices: the columns whose values make the subgroups.

    Returns:
        What kind of question it is, the result on all rows, and one for each value of each column of ``slices``.
        A metric that some rows cannot give (recall without a positive row) is left out there.

    Raises:
        Invalid: columns, labels or predictions are missing or cannot be meant that way.
    """
    truth = read_truth(rows, label=label, features=slices)
    answers = list(predictions)
    if not answers:
        raise Invalid(f"there are no predictions for {len(truth.actual):,} rows", hint="let the model predict first")
    task = task_of(truth, answers, positive)
    sample = read_sample(truth, answers, task=task, positive=positive)
    found = [
        measure(task, sample.at(places), feature=feature, value=value)
        for feature in slices
        for value, places in truth.groups(feature).items()
    ]
    return task, measure(task, sample), tuple(found)


def measure(task: Task, sample: Sample, *, feature: str = "", value: str = "") -> SliceResult:
    """Return every metric of ``task`` on the rows of ``sample``, which are those where ``feature`` is ``value``."""
    computed = {
        name: (metric, found)
        for name, metric in METRICS.items()
        if task in metric.tasks and (found := metric.estimate(sample)) is not None
    }
    return SliceResult(
        row_count=sample.row_count,
        feature=feature,
        value=value,
        metrics={name: number(found.value) for name, (_, found) in computed.items()},
        intervals={name: (*interval(metric, found),) for name, (metric, found) in computed.items()},
        counts=confusion(sample),
    )


def confusion(sample: Sample) -> dict[str, int]:
    """Return the confusion counts as ``actual/predicted`` → rows. A slash in a class's name becomes ``SLASH``."""
    pairs = Counter(zip(sample.actual, sample.predicted, strict=True))
    return {
        f"{class_in_key(actual)}/{class_in_key(predicted)}": count
        for (actual, predicted), count in sorted(pairs.items())
    }


def class_in_key(name: str) -> str:
    """Return a class's name as the keys of confusion counts write it."""
    return name.replace("/", SLASH)

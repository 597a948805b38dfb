"""How a version did on held-out rows: overall and on every subgroup, each metric with its 95 % interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lineal.checks.statistics import calibration_error, ranking
from lineal.checks.statistics.answered import answered
from lineal.checks.statistics.intervals import Interval
from lineal.checks.statistics.metrics import interval, metrics_for
from lineal.checks.statistics.samples import Sample, Task, Truth, read_sample, read_truth, subgroups, task_of
from lineal.formats.predictions import Prediction
from lineal.objects.canonical import number
from lineal.objects.errors import Invalid
from lineal.objects.statements import SliceResult

SLASH = "\N{DIVISION SLASH}"
"""Stands for a slash in a class's name, so that the key of a confusion count has one slash only."""

_ROWS_A_BIN = 5
"""With fewer rows a bin, the calibration error is left out: what came true in it says nothing."""


class Group(NamedTuple):
    """Rows that are measured together: those where ``feature`` is ``value``, or all; and where they are."""

    feature: str = ""
    value: str = ""
    places: Sequence[int] | None = None


class Measured(NamedTuple):
    """What was measured, and of what: the task, the rows, and the groups in the order of their results."""

    task: Task
    truth: Truth
    sample: Sample
    groups: tuple[Group, ...]
    results: tuple[SliceResult, ...]


def evaluate(
    rows: Iterable[Mapping[str, str]],
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
    found = measure_all(read_truth(rows, label=label, features=slices), predictions, positive=positive)
    return found.task, found.results[0], found.results[1:]


def measure_all(
    truth: Truth,
    predictions: Iterable[Prediction],
    *,
    positive: str = "",
    cutoffs: Sequence[int] = ranking.CUTOFFS,
    minimum_rows: int = 0,
) -> Measured:
    """Measure predictions on all rows and on every subgroup that ``truth`` was asked for.

    Args:
        truth: the held-out rows.
        predictions: one for each row, in the same order.
        positive: the positive class of a binary question.
        cutoffs: how many of the first rows of a ranking are looked at.
        minimum_rows: a subgroup with fewer rows has its counts, and no metrics.

    Raises:
        Invalid: predictions are missing or cannot be meant that way, or there are too many subgroups.
    """
    given = answered(predictions)
    if not given.answers:
        raise Invalid(f"there are no predictions for {len(truth.actual):,} rows", hint="let the model predict first")
    task = task_of(truth, given, positive)
    sample = read_sample(truth, given, task=task, positive=positive)
    groups = (
        Group(),
        *(Group(feature, *each) for feature, found in subgroups(truth).items() for each in found.items()),
    )
    results = [
        measure(task, sample, each, cutoffs=cutoffs, minimum_rows=minimum_rows if each.feature else 0)
        for each in groups
    ]
    if not results[0].metrics:
        raise Invalid(
            "no query has a relevant row, so nothing can be ranked right"
            if task == "ranking"
            else "nothing can be measured",
            hint="evaluate on rows whose labels differ",
        )
    return Measured(task, truth, sample, groups, tuple(results))


def measure(
    task: Task,
    sample: Sample,
    group: Group = Group(),  # noqa: B008 - it cannot change
    *,
    cutoffs: Sequence[int] = ranking.CUTOFFS,
    minimum_rows: int = 0,
) -> SliceResult:
    """Return every metric of ``task`` on the rows of a group of ``sample``, where it has enough of them."""
    rows = sample if group.places is None else sample.at(group.places)
    computed: dict[str, tuple[float, Interval]] = {}
    if rows.row_count >= minimum_rows:
        for name, metric in metrics_for(task, cutoffs).items():
            if (found := metric.estimate(rows)) is not None:
                computed[name] = found.value, interval(metric, found)
        computed.update(calibration(task, rows))
    return SliceResult(
        row_count=rows.row_count,
        feature=group.feature,
        value=group.value,
        metrics={name: number(value) for name, (value, _) in computed.items()},
        intervals={name: (*between,) for name, (_, between) in computed.items()},
        counts=confusion(rows),
        query_count=len(rows.rankings),
    )


def calibration(task: Task, sample: Sample) -> Iterator[tuple[str, tuple[float, Interval]]]:
    """Yield how far the probabilities of several classes are from what comes true, where there are rows enough to tell."""
    if task != "multiclass" or not sample.confidences or sample.row_count < calibration_error.BINS * _ROWS_A_BIN:
        return
    hits = [a == p for a, p in zip(sample.actual, sample.predicted, strict=True)]
    top = calibration_error.top_label(sample.confidences, hits)
    yield "top_label_ece", (top.value, top.interval)
    if sample.chances:
        each = calibration_error.class_wise(sample.chances, sample.actual)
        yield "class_wise_ece", (each.value, each.interval)


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

"""The figures of a card, drawn from the answers that a version gave to the held-out rows."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.checks.evaluation import SLASH
from lineal.checks.staleness import PRIMARY
from lineal.checks.statistics import curves, samples
from lineal.checks.statistics.answered import answered
from lineal.checks.statistics.samples import Sample
from lineal.formats import predictions
from lineal.formats.cards.as_html import Figure, Figures
from lineal.formats.cards.facts import CardFacts
from lineal.formats.figures import confusion, forest, history
from lineal.formats.figures import curves as drawn
from lineal.objects.errors import LinealError
from lineal.objects.statements import Evaluation, SliceResult
from lineal.operations.references import find_version
from lineal.operations.versioning.evidence import newest_evaluation
from lineal.operations.versioning.held_out import HeldOut
from lineal.storage.store import Store

ROWS_MAX = 500_000
"""Curves over more rows take longer than somebody waits for a card."""


def figures_of(store: Store, facts: CardFacts) -> Figures:
    """Return the figures of a card, by the section that they belong to."""
    found = facts.evaluation
    if found is None:
        return {}
    metric = PRIMARY.get(found.task) or next(iter(found.overall.metrics), "")
    where = f"{facts.evaluation_dataset}, {found.overall.row_count:,} rows"
    made = {
        "metrics": [*_confusion(found), *_curves(store, found), _history(store, facts, metric)],
        "quantitative-analyses": [_forest(found, name) for name in dict.fromkeys((metric, "accuracy"))],
    }
    return {
        section: [each._replace(note=f"{where}. {each.note}".rstrip()) for each in figures if each.svg]
        for section, figures in made.items()
    }


def _confusion(found: Evaluation) -> Iterator[Figure]:
    counts = {_pair(key): count for key, count in found.overall.counts.items()}
    classes = sorted({name for pair in counts for name in pair})
    yield Figure("Confusion matrix", confusion.confusion_matrix(classes, counts))


def _pair(key: str) -> tuple[str, str]:
    actual, _, predicted = key.partition("/")
    return actual.replace(SLASH, "/"), predicted.replace(SLASH, "/")


def _curves(store: Store, found: Evaluation) -> Iterator[Figure]:
    if found.task != "binary" or not found.predictions:
        return
    if found.overall.row_count > ROWS_MAX:
        return
    try:
        sample = _sample(store, found)
    except LinealError:  # the rows or the answers are elsewhere now: what was measured of them stays on the card
        return
    if sample.scores is None:
        return
    area = found.overall.metrics.get("auc")
    if points := curves.roc(sample):
        yield Figure("ROC curve", drawn.roc(points, None if isinstance(area, str) else area))
    if points := curves.precision_recall(sample):
        share = sum(each == sample.positive for each in sample.actual) / sample.row_count
        yield Figure("Precision and recall", drawn.precision_recall(points, share))
    bins = [drawn.Bin(*each) for each in curves.reliability(sample)]
    yield Figure(
        "Calibration",
        drawn.calibration(bins),
        "Lines: 95 % intervals; bars below: how many rows were said to be so likely.",
    )


def _sample(store: Store, found: Evaluation) -> Sample:
    """Return the held-out rows with the version's answers. Raises LinealError where they are not here, or do not fit."""
    assert found.predictions  # noqa: S101 - asked only where there are some
    truth = samples.read_truth(HeldOut(store, found.dataset).rows(), label=found.label)
    answers = answered(predictions.decode_stream(store.blobs.open(found.predictions)))
    return samples.read_sample(truth, answers, task=found.task, positive=found.positive)


def _forest(found: Evaluation, metric: str) -> Figure:
    rows = [row for each in found.slices if (row := _row(each, metric))]
    overall = _row(found.overall, metric)
    return Figure(f"{metric} by subgroup", forest.forest_plot(metric, rows, overall) if overall else "")


def _row(result: SliceResult, metric: str) -> forest.Row | None:
    value, interval = result.metrics.get(metric), result.intervals.get(metric)
    if value is None or isinstance(value, str) or interval is None:
        return None
    return forest.Row(result.feature, result.value, result.row_count, value, *interval)


def _history(store: Store, facts: CardFacts, metric: str) -> Figure:
    """Draw the metric of the newest versions that answered the same rows."""
    measured = []
    for each in reversed(facts.releases[: history.VERSIONS_MAX]):
        assert facts.evaluation  # noqa: S101 - asked only of what was measured
        found = newest_evaluation(store, find_version(store, each.reference), facts.evaluation.dataset)
        if found and (row := _row(found.overall, metric)):
            name = each.reference.rpartition(":")[2]
            measured.append(
                history.Measured(name, row.value, row.low, row.high, is_this=each.reference == facts.reference)
            )
    return Figure(f"{metric} over versions", history.metric_history(metric, measured))

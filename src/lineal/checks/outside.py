"""What other tools measured, as checks may use it: only where it is known on which rows, and how sure it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lineal.checks.evidence import Evidence
from lineal.checks.statistics.intervals import CONFIDENCE, Interval, exact_share, z_of
from lineal.objects.canonical import Number
from lineal.objects.outside_evaluations import OutsideEvaluation, OutsideResult

ALIASES: Mapping[str, str] = {
    "accuracy_score": "accuracy",
    "BinaryAccuracy": "accuracy",
    "recall_score": "recall",
    "true_positive_rate": "recall",
    "BinaryRecall": "recall",
    "precision_score": "precision",
    "BinaryPrecision": "precision",
    "f1_score": "f1",
    "f1-score": "f1",
    "BinaryF1Score": "f1",
    "roc_auc": "auc",
    "roc_auc_score": "auc",
    "BinaryAUROC": "auc",
    "mean_absolute_error": "mae",
    "root_mean_squared_error": "rmse",
    "r2_score": "r2",
}
"""What other tools call a metric, and what it is called here; either name may be asked for."""

ERROR_ROWS_MIN = 30
"""On fewer rows the normal interval of a standard error misses far more often than it says."""

_NAMED = re.compile(r"(?P<metric>[^\[\]]+)(?:\[(?P<feature>[^=\]]+)=(?P<value>.*)\])?")


class Stated(NamedTuple):
    """A metric by the word of another tool. ``doubt`` says why nothing may be decided by it; empty where it may."""

    value: Number
    interval: Interval | None
    row_count: int
    source: str
    doubt: str = ""


def stated(evidence: Evidence, name: str) -> Stated | None:
    """Return the metric ``name`` by the newest tool that has it: METRIC or TASK/METRIC, of a group too, as recall[sex=Female].

    What may decide goes before what may not.
    """
    found = list(_stated(evidence, name))
    return next((each for each in found if not each.doubt), found[0] if found else None)


def _stated(evidence: Evidence, name: str) -> Iterator[Stated]:
    if not (parts := _NAMED.fullmatch(name)):
        return
    group = parts["feature"] or "", parts["value"] or ""
    for evaluation in evidence.outside:
        for result in evaluation.results:
            if (result.feature, result.value) == group and (metric := _called(result, parts["metric"])):
                yield _judged(evidence, evaluation, result, metric)


def _called(result: OutsideResult, name: str) -> str:
    """Return what the result itself calls the metric ``name``; nothing where it has none of it."""
    lead = f"{result.task}/" if result.task else ""
    if not name.startswith(lead):
        return ""
    bare = name.removeprefix(lead)
    return next((each for each in result.metrics if bare in {each, ALIASES.get(each)}), "")


def _judged(evidence: Evidence, evaluation: OutsideEvaluation, result: OutsideResult, metric: str) -> Stated:
    value, source = result.metrics[metric], source_of(evaluation)
    interval = _interval(result, metric)
    hits = result.shares.get(metric)
    rows = hits[1] if hits else result.row_count or 0
    doubt = unbound(evidence, evaluation, result)
    if not doubt and isinstance(value, str):
        doubt = f"{source} gives {value}, which is no number to judge"
    if not doubt and interval is None:
        doubt = f"{source} gives neither counts of rows nor an error that tells how sure it is"
    return Stated(value, interval, rows, source, doubt)


def _interval(result: OutsideResult, metric: str) -> Interval | None:
    """Return the interval that decides: the exact one of counts, else the tool's own, else that of its standard error."""
    if hits := result.shares.get(metric):
        return exact_share(*hits)
    if ends := result.intervals.get(metric):
        return Interval(*ends) if ends[0] <= ends[1] else None
    error, value = result.standard_errors.get(metric, 0.0), result.metrics[metric]
    if error <= 0 or isinstance(value, str) or (result.row_count or 0) < ERROR_ROWS_MIN:
        return None
    reach = z_of(CONFIDENCE) * error
    return Interval(value - reach, value + reach)


def unbound(evidence: Evidence, evaluation: OutsideEvaluation, result: OutsideResult) -> str:
    """Return why a result may be of any rows; nothing where its task says which, or they are the held-out ones."""
    if result.task and evaluation.dataset is None:
        return ""
    source = source_of(evaluation)
    if evaluation.dataset is None:
        return f"the result of {source} is bound to no dataset; give it again with --dataset"
    if evidence.held_out and evaluation.dataset != evidence.held_out:
        return f"the result of {source} is of another dataset than the held-out one"
    return ""


class StatedShare(NamedTuple):
    """A share of rows in one group, by the word of another tool."""

    group: str
    hits: int
    row_count: int


def shares_of(evidence: Evidence, metric: str, feature: str) -> list[StatedShare]:
    """Return the share ``metric`` in each group of ``feature``, by the newest tool that counted rows of the held-out data."""
    for evaluation in evidence.outside:
        found = [
            StatedShare(each.value, *each.shares[name])
            for each in evaluation.results
            if each.feature == feature
            and (name := _called(each, metric)) in each.shares
            and not unbound(evidence, evaluation, each)
        ]
        if found:
            return found
    return []


def unshared(evidence: Evidence, metric: str, feature: str) -> str:
    """Return why results of other tools by ``feature`` say nothing that decides; nothing where there are none."""
    for evaluation in evidence.outside:
        split = [each for each in evaluation.results if each.feature == feature and _called(each, metric)]
        if split:
            doubt = unbound(evidence, evaluation, split[0])
            return doubt or f"{source_of(evaluation)} has {metric} by {feature}, but not of how many rows it is a share"
    return ""


def rowless(evidence: Evidence) -> str:
    """Return that results of other tools have no rows to compare; nothing where there are none."""
    if not evidence.outside:
        return ""
    return f"; the result of {source_of(evidence.outside[0])} has no answers to single rows, which a comparison needs"


def source_of(evaluation: OutsideEvaluation) -> str:
    """Return who measured, with its version."""
    return f"{evaluation.tool} {evaluation.tool_version}".strip()

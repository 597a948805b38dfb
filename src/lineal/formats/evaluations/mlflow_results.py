"""What ``mlflow.models.evaluate`` leaves: metrics, metrics of each class, and the table of rows of its own metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import Any

from lineal.formats.evaluations.given import Given
from lineal.formats.evaluations.results import Results, finite, is_number, metric, share, whole
from lineal.objects.errors import Invalid
from lineal.objects.outside_evaluations import OutsideResult

_COUNT = "example_count"
_CELLS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
_SCORE, _MEAN = "/score", "/mean"
_PER_CLASS = "positive_class"


def read(given: Given) -> Results | None:
    """Return the evaluation in a directory that was saved, or in a file of its run."""
    metrics = [path for path, said in given.json.items() if _is_metrics(path, said, given)]
    tables = [path for path, said in given.json.items() if _is_table(said)]
    classes = [path for path, rows in given.tables.items() if rows and {_PER_CLASS, *_CELLS} <= rows[0].keys()]
    if not metrics and not tables and not classes:
        return None
    if len(metrics) > 1 or len(tables) > 1 or len(classes) > 1:
        raise Invalid(
            f"{given.name} holds several evaluations: {', '.join((metrics + tables + classes)[:4])}",
            hint="give the files of one",
        )
    said = {path: given.json[path] for path in metrics}
    overall = [_overall(path, values) for path, values in said.items()] or [OutsideResult(metrics={})]
    for path in tables:
        overall = [_with_rows(path, given.json[path], overall[0])]
    found = tuple(_class(path, row) for path in classes for row in given.tables[path])
    results = (*(each for each in overall if each.metrics), *found)
    return Results("mlflow evaluation", "mlflow", results)


def _is_metrics(path: str, said: Any, given: Given) -> bool:
    """Tell metrics by the count that MLflow always adds, by the names of its own, or by what was saved beside them."""
    if not isinstance(said, dict) or not said or not all(map(is_number, said.values())):
        return False
    if any(name.endswith(_COUNT) or "/v1/" in name for name in said):
        return True
    folder = path.rpartition("/")[0]
    beside = f"{folder}/artifacts_metadata.json".lstrip("/")
    return path.rpartition("/")[2] == "metrics.json" and beside in given.json


def _is_table(said: Any) -> bool:
    if not isinstance(said, dict) or said.keys() != {"columns", "data"} or not isinstance(said["columns"], list):
        return False
    return any(isinstance(each, str) and each.endswith(_SCORE) for each in said["columns"])


def _overall(path: str, said: Mapping[str, Any]) -> OutsideResult:
    prefix = next((name.removesuffix(_COUNT) for name in said if name.endswith(_COUNT)), "")
    count = whole(said.get(prefix + _COUNT))
    return OutsideResult(
        metrics={name: metric(value, f"{path}: {name}") for name, value in said.items() if name != prefix + _COUNT},
        row_count=count,
        shares=_shares(said, prefix, count),
    )


def _shares(said: Mapping[str, Any], prefix: str, count: int | None) -> dict[str, tuple[int, int]]:
    """Return the shares that the cells of a confusion matrix say, or the accuracy alone where there are none."""
    cells = [whole(said.get(prefix + name)) for name in _CELLS]
    correct = share(said.get(f"{prefix}accuracy_score"), count)
    found = {"accuracy_score": correct} if correct else {}
    if all(each is not None for each in cells):
        hit, wrong, missed, _ = (each or 0 for each in cells)
        found |= {"recall_score": (hit, hit + missed), "precision_score": (hit, hit + wrong)}
    return {prefix + name: pair for name, pair in found.items() if pair[1] and prefix + name in said}


def _class(path: str, row: Mapping[str, str]) -> OutsideResult:
    name = row[_PER_CLASS]
    said = {key: _cell(value) for key, value in row.items() if key != _PER_CLASS}
    return OutsideResult(
        feature="class",
        value=name,
        row_count=whole(said.get(_COUNT)),
        metrics={key: metric(value, f"{path}: {name}: {key}") for key, value in said.items() if key != _COUNT},
        shares=_shares(said, "", whole(said.get(_COUNT))),
    )


def _cell(text: str) -> Any:
    try:
        return float(text) if text.strip() else math.nan
    except ValueError:
        return text


def _with_rows(path: str, said: Mapping[str, Any], overall: OutsideResult) -> OutsideResult:
    """Return ``overall`` with what single rows tell: how many there are, and the standard error of the mean of each score.

    Raises:
        Invalid: a row has more or fewer values than there are columns.
    """
    columns, rows = said["columns"], said["data"]
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        raise Invalid(f"{path} has rows that are not as wide as its columns", hint="let MLflow write it again")
    metrics, errors, shares = dict(overall.metrics), dict(overall.standard_errors), dict(overall.shares)
    for place, name in enumerate(columns):
        scores = [finite(row[place]) for row in rows] if str(name).endswith(_SCORE) else []
        known = [each for each in scores if each is not None]
        if not known or len(known) < len(rows):
            continue
        mean = str(name).removesuffix(_SCORE) + _MEAN
        metrics.setdefault(mean, fmean(known))
        if set(known) <= {0.0, 1.0}:
            shares[mean] = (round(sum(known)), len(known))
        elif len(known) > 1:
            errors[mean] = stdev(known) / math.sqrt(len(known))
    return OutsideResult(
        metrics=metrics, row_count=overall.row_count or len(rows), standard_errors=errors, shares=shares
    )

"""fairlearn's ``MetricFrame``: ``by_group`` and ``overall`` as JSON, CSV or Parquet, as pandas writes them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lineal.formats.evaluations.frames import Frame, from_json, from_parquet, from_rows
from lineal.formats.evaluations.given import Given
from lineal.formats.evaluations.results import AND, Results, is_number, metric, share, whole
from lineal.objects.errors import Invalid
from lineal.objects.outside_evaluations import OutsideResult

_COUNT = "count"
_OF_ALL_ROWS = frozenset(("accuracy", "accuracy_score", "selection_rate", "zero_one_loss", "error_rate"))
"""Metrics that are a share of all rows of a group, so that its count says of how many."""

_KNOWN = frozenset(
    (
        "balanced_accuracy_score",
        "f1_score",
        "false_negative_rate",
        "false_positive_rate",
        "mean_absolute_error",
        "mean_prediction",
        "mean_squared_error",
        "precision",
        "precision_score",
        "r2_score",
        "recall",
        "recall_score",
        "roc_auc_score",
        "true_negative_rate",
        "true_positive_rate",
        _COUNT,
        *_OF_ALL_ROWS,
    )
)
"""Names by which a file that names only metrics is known to hold a frame of them."""


class _Found(NamedTuple):
    path: str
    frame: Frame


def read(given: Given) -> Results | None:
    """Return the frames that are given: groups by as many columns as they have, and all rows where there are none.

    Raises:
        Invalid: there are frames, but they do not name the columns of their groups, or two are of the same columns.
    """
    found = [*_frames(given)]
    if not any(each.frame.features for each in found):
        return None
    seen: dict[tuple[str, ...], str] = {}
    for each in found:
        if each.frame.features in seen:
            raise Invalid(
                f"{seen[each.frame.features]} and {each.path} are both about {_features(each.frame)}",
                hint="give the frames of one evaluation",
            )
        seen[each.frame.features] = each.path
    results = tuple(
        result
        for each in sorted(found, key=lambda each: len(each.frame.features))
        for result in _results(each.path, each.frame)
    )
    note = "the files do not say who made them; they have the form of fairlearn's MetricFrame"
    return Results("metric frame", "fairlearn", results, notes=(note, *_empty(found)))


def _features(frame: Frame) -> str:
    return AND.join(frame.features) or "all rows"


def _frames(given: Given) -> Iterator[_Found]:
    # What overall is called tells which side of a frame has the metrics.
    series = {path: said for path, said in given.json.items() if _is_series(said)}
    metrics = _KNOWN | {name for said in series.values() for name in said}
    for path, said in given.json.items():
        if path in series:
            if len(given.json) > 1:
                yield _Found(path, Frame((), [((), dict(said))]))
        elif frame := from_json(path, said, metrics, given.features):
            yield _Found(path, frame)
    for path, rows in given.tables.items():
        if frame := from_rows(path, rows, given.features):
            yield _Found(path, frame)
    for path in given.parquet():
        yield _Found(path, from_parquet(path, given.data(path), given.features))


def _is_series(said: Any) -> bool:
    return isinstance(said, dict) and bool(said) and all(is_number(each) or each is None for each in said.values())


def _results(path: str, frame: Frame) -> Iterator[OutsideResult]:
    for values, said in frame.rows:
        where = f"{path}: {AND.join(values) or 'all rows'}"
        count = whole(said.get(_COUNT))
        told = {name: value for name, value in said.items() if name != _COUNT and not _is_missing(value)}
        if told:
            yield OutsideResult(
                feature=AND.join(frame.features),
                value=AND.join(values),
                row_count=count,
                metrics={name: metric(value, f"{where}: {name}") for name, value in told.items()},
                shares=_shares(told, count),
            )


def _shares(said: Mapping[str, Any], count: int | None) -> dict[str, tuple[int, int]]:
    return {name: found for name in _OF_ALL_ROWS & said.keys() if (found := share(said[name], count))}


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _empty(found: Sequence[_Found]) -> Iterator[str]:
    """Yield a sentence for each group of which nothing was measured: an intersection without rows."""
    for each in found:
        for values, said in each.frame.rows:
            if all(_is_missing(value) for value in said.values()):
                yield f"{each.path} has no values for {AND.join(values)}"

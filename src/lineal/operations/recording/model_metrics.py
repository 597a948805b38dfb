"""The last values of the metrics of logged models, as runs measure them, on one dataset or another.

Beside the rows that are shown stand those that are searched, in the table of the last values of everything. There a key
has other rows for each dataset: ``auc``, ``auc`` on ``adult``, ``auc`` on ``adult`` with a digest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from lineal.objects.errors import NotFound
from lineal.objects.runs import Point
from lineal.operations.answers.tracking import ModelMetric
from lineal.operations.recording.last_metrics import LATER_METRIC, LATEST, is_later, metric_row
from lineal.storage.database.database import Database, Row

SCOPE = "\x1f"
"""Stands between a key and a dataset. No key that a program may use holds it."""

_SHOWN = (
    "INSERT INTO logged_metric (model, key, dataset_name, dataset_digest, run, value, word, step, at)"
    " VALUES (:model, :key, :dataset_name, :dataset_digest, :run, :value, :word, :step, :at)"
    f" ON CONFLICT (model, key, dataset_name, dataset_digest, run) DO UPDATE SET {LATEST}"
    f" WHERE {is_later('logged_metric')}"
)


class ModelPoint(msgspec.Struct, frozen=True):
    """A point of a metric of a logged model, and the dataset on which it was measured, where that has a name."""

    model: str
    point: Point
    dataset_name: str = ""
    dataset_digest: str = ""


def missing_model(model: str) -> NotFound:
    """Return the error for a logged model that is not here."""
    return NotFound(f"Logged model with ID '{model}' not found.", hint="it may have been deleted")


def scoped(key: str, dataset_name: str = "", dataset_digest: str = "") -> str:
    """Return the key by which a search knows a metric on a dataset; without a metric, that there is any on it."""
    scopes = (dataset_name, dataset_digest) if dataset_digest else (dataset_name,) if dataset_name else ()
    return SCOPE.join((key, *scopes))


def log(database: Database, run: str, points: Sequence[ModelPoint]) -> None:
    """Take the points of one run, where they are later than what is known of their metric.

    Args:
        database: where it is.
        run: the id of the run that measured them.
        points: what it measured.

    Raises:
        NotFound: there is no such logged model.
    """
    experiments = _experiments(database, {each.model for each in points})
    shown = [_shown(run, each) for each in points]
    searched = [row for each in points for row in _searched(each, experiments[each.model])]
    # Always in the same order, so that two writers never wait for each other.
    database.many(_SHOWN, sorted(shown, key=lambda row: (row["model"], row["key"], row["dataset_name"])))
    database.many(LATER_METRIC, sorted(searched, key=lambda row: (row["subject"], row["key"])))


def _experiments(database: Database, models: set[str]) -> dict[str, int]:
    found = {
        row["id"]: row["experiment"]
        for model in sorted(models)
        for row in database.run(
            "SELECT id, experiment FROM logged_model WHERE id = :id AND deleted_at IS NULL", id=model
        )
    }
    if lost := models - found.keys():
        raise missing_model(min(lost))
    return found


def _shown(run: str, each: ModelPoint) -> dict[str, Any]:
    known = {"model": each.model, "run": run, "dataset_name": each.dataset_name, "dataset_digest": each.dataset_digest}
    return metric_row(each.model, each.point) | known


def _searched(each: ModelPoint, experiment: int) -> Iterator[dict[str, Any]]:
    known = metric_row(each.model, each.point) | {"experiment": experiment}
    key, name, digest = each.point.key, each.dataset_name, each.dataset_digest
    yield known
    if name:
        scopes = {scoped(every, name, part) for every in (key, "") for part in ("", digest)}
        yield from (known | {"key": scope} for scope in scopes)


def read(database: Database, models: Sequence[str]) -> dict[str, list[ModelMetric]]:
    """Return the last values of the metrics of logged models, by the model, those that were measured first first."""
    found = defaultdict[str, list[ModelMetric]](list)
    if models:
        marks = ", ".join(f":m{place}" for place in range(len(models)))
        rows = database.run(
            f"SELECT * FROM logged_metric WHERE model IN ({marks})",
            **{f"m{place}": each for place, each in enumerate(models)},
        )
        for row in sorted(rows, key=lambda row: (row["at"], row["key"], row["dataset_name"], row["run"])):
            found[row["model"]].append(_metric(row))
    return found


def _metric(row: Row) -> ModelMetric:
    return ModelMetric(
        key=row["key"],
        value=row["word"] or row["value"],
        timestamp=row["at"],
        step=row["step"],
        run=row["run"],
        dataset_name=row["dataset_name"],
        dataset_digest=row["dataset_digest"],
    )

"""The last values of the metrics of runs, as rows: a later point takes the place of the one that is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from lineal.objects.canonical import Number
from lineal.objects.runs import Point
from lineal.storage.database.database import Database, Row

_ASKED_AT_ONCE = 500
_FEW_POINTS = 4

_encode = msgspec.json.Encoder().encode


class MetricLine(msgspec.Struct):
    """The last value of a metric."""

    key: str
    value: Number
    timestamp: int
    step: int


def is_later(table: str) -> str:
    """Return the SQL that tells whether a metric that is written is later than the one that is there: by step, time and value."""
    return f"(excluded.step, excluded.at, COALESCE(excluded.value, 0)) >= ({table}.step, {table}.at, COALESCE({table}.value, 0))"


NEW_METRIC = (
    "INSERT INTO metric_last (subject, key, value, word, step, at, experiment)"
    " VALUES (:subject, :key, :value, :word, :step, :at, :experiment)"
)
LATEST = "value = excluded.value, word = excluded.word, step = excluded.step, at = excluded.at"
METRIC = f"{NEW_METRIC} ON CONFLICT (subject, key) DO UPDATE SET {LATEST}"
LATER_METRIC = f"{METRIC} WHERE {is_later('metric_last')}"
_MEASURED = LATER_METRIC.replace(":experiment", "(SELECT r.experiment FROM run r WHERE r.id = :subject)")


def measures_only(points: Sequence[Point], *others: Collection[object]) -> bool:
    """Tell whether a run that tells of this, and nothing of ``others``, tells of a few points only."""
    return 0 < len(points) <= _FEW_POINTS and not any(others)


def measure(database: Database, run: str, points: Sequence[Point]) -> None:
    """Write the latest of a few points of each metric of a run, where they are later than what is known, and nothing of what lists show."""
    for each in latest(points).values():
        database.run(_MEASURED, **metric_row(run, each))


def read_metrics(database: Database, runs: Sequence[str]) -> dict[str, bytes]:
    """Return the metrics of runs as JSON arrays, by the id of the run, from their rows."""
    found: dict[str, list[MetricLine]] = {run: [] for run in runs}
    for start in range(0, len(runs), _ASKED_AT_ONCE):
        asked = {f"r{place}": run for place, run in enumerate(runs[start : start + _ASKED_AT_ONCE])}
        marks = ", ".join(f":{name}" for name in asked)
        rows = database.run(f"SELECT * FROM metric_last WHERE subject IN ({marks}) ORDER BY subject, key", **asked)
        for row in rows:
            found[row["subject"]].append(_metric_line(row))
    return {run: _encode(lines) for run, lines in found.items()}


def latest(points: Iterable[Point]) -> dict[str, Point]:
    """Return the latest point of each metric."""
    found: dict[str, Point] = {}
    for each in points:
        known = found.get(each.key)
        # Written out: a request may have a thousand points, and nearly all come in order.
        if known is None or each.step > known.step or not _is_later(known, each):
            found[each.key] = each
    return found


def metric_row(subject: str, point: Point) -> dict[str, Any]:
    """Return the values of the row of a point of a run or a logged model, but for its experiment."""
    word = point.value if isinstance(point.value, str) else None
    return {
        "subject": subject,
        "key": point.key,
        "value": None if word == "NaN" else float(point.value),
        "word": word,
        "step": point.step,
        "at": point.at,
    }


def _metric_line(row: Row) -> MetricLine:
    return MetricLine(row["key"], row["word"] or row["value"], row["at"], row["step"])


def order(step: int, at: int, value: Number) -> tuple[int, int, float]:
    """Return by what one point of a metric is later than another."""
    return step, at, 0.0 if value == "NaN" else float(value)


def _is_later(point: Point, other: Point) -> bool:
    return order(point.step, point.at, point.value) > order(other.step, other.at, other.value)

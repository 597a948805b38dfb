"""Metrics: those of a run as a table and as charts, and one of them with all of its points."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from lineal.client.local import LocalRepository
from lineal.formats.curves import Curve
from lineal.objects.canonical import Number
from lineal.objects.errors import NotFound
from lineal.objects.prepared import prepared
from lineal.operations.answers.models import RunAnswer
from lineal.operations.answers.tracking import TrackedRun
from lineal.operations.recording import curves, tracking
from lineal.operations.recording.last_metrics import MetricLine
from lineal.web.curves import Shown, bounds, charts, count_of
from lineal.web.pages.page import Asked
from lineal.web.views import Wanted, address, paged, wanted

CHARTS = 24
"""A page has so many metrics; there are links to the others."""

_POINTS = 200

lines_of = msgspec.json.Decoder(prepared(list[MetricLine])).decode


class MetricRow(NamedTuple):
    """A metric in a table: its last value, what it was in all points, and its page. What is unknown is None."""

    key: str
    value: Number
    minimum: float | None
    maximum: float | None
    step: int | None
    point_count: int | None
    address: str


def of_run(repository: LocalRepository, run: RunAnswer, told: TrackedRun, asked: Asked) -> dict[str, Any]:
    """Return a page of the metrics of a run: their groups, a row of each, and charts of those with several points."""
    view = wanted(asked)
    totals = {each.key: each for each in curves.totals(repository, runs=(run.id,)).totals}
    lines = {each.key: each for each in lines_of(told.metrics)}
    values = {**run.metrics, **{key: line.value for key, line in lines.items()}}
    names = [name for name in sorted(values) if view.fits(name)]
    groups, shown, page = paged(names, view.page, CHARTS)
    view = view._replace(page=page)
    drawn, found = charts(repository, [Shown(run.id, run.name, run.started_at)], shown, view)
    rows = {}
    for key in shown:
        total, line = totals.get(key), lines.get(key)
        step = total.last_step if total else line.step if line and line.step else None
        rows[key] = MetricRow(
            key,
            values[key],
            total.minimum if total else None,
            total.maximum if total else None,
            step,
            total.point_count if total else None,
            metric_address(run.id, key, view),
        )
    path = f"/runs/{run.id}"
    return {
        "groups": groups,
        "rows": rows,
        "charts": {key: {"note": each.note} for key, each in drawn.items()},
        "curves": {key: found[key][run.id]._asdict() for key in drawn},
        "pictures": {key: each.picture for key, each in drawn.items()},
        "view": view_values(view, len(names), len(values), page),
        "pages": [
            (title, address(path, (), view, page=at) + "#metrics")
            for title, at in (("before", page - 1), ("next", page + 1))
            if 0 <= at * CHARTS < max(1, len(names)) and at >= 0
        ],
    }


def metric_address(run: str, key: str, view: Wanted) -> str:
    """Return the address of the page of a metric."""
    return address("/metric", [("run", run), ("key", key)], view, names=None, page=None)


def view_values(view: Wanted, count: int, whole: int, page: int, size: int = CHARTS) -> dict[str, Any]:
    """Return what a form shows of a view, and which of how many metrics are on its page."""
    looked = view.view
    return {
        "axis": looked.axis,
        "is_log": looked.is_log,
        "smoothing": looked.smoothing,
        "first": looked.first,
        "last": looked.last,
        "names": view.names,
        "problem": view.problem,
        "count": count,
        "whole": whole,
        "page": page,
        "from_place": min(count, page * size + 1),
        "to_place": min(count, (page + 1) * size),
    }


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return one metric of a run, whole or in part. Raises NotFound."""
    run, key, view = asked.query.get("run", ""), asked.query.get("key", ""), wanted(asked)
    told = tracking.tracked(repository, run)
    points = curves.points(repository, told.id, key=key, offset=view.page * _POINTS, limit=_POINTS)
    last = next((each for each in lines_of(told.metrics) if each.key == key), None)
    if not points.point_count and last is None:
        raise NotFound(f"run:{told.id} has not measured '{key}'", hint="its page lists its metrics")
    shown = [Shown(told.id, told.name, told.started_at)]
    what = [("run", told.id), ("key", key)]
    # A click shows a sixth of what was shown, on both sides.
    low, high = view.view.first, view.view.last
    total = next((each for each in curves.totals(repository, runs=(told.id,)).totals if each.key == key), None)
    low = low if low is not None else total.first_step if total else 0
    high = high if high is not None else total.last_step if total else 0
    reach = max(1, (high - low) // 6)

    def zoom(first: int, last: int) -> str:
        return address(
            "/metric", what, view, **{"from": max(low, first - reach), "to": min(high, last + reach)}, page=None
        )

    drawn, found = charts(repository, shown, [key], view, is_large=True, zoom=zoom if high - low > 2 else None)
    chart = drawn.get(key)
    return {
        "run": {"id": told.id, "name": told.name, "state": told.state, "started_at": told.started_at},
        "key": key,
        "value": last.value if last else None,
        "curve": (curve := found[key][told.id])._asdict(),
        "summary": _summary(curve),
        "points": points,
        "note": chart.note if chart else "",
        "picture": chart.picture if chart else "",
        "view": view_values(view, 1, 1, view.page),
        "whole": address("/metric", what, view, **{"from": None, "to": None}, page=None) if _is_part(view) else "",
        "pages": [
            (title, address("/metric", what, view, page=at) + "#points")
            for title, at in (("before", view.page - 1), ("next", view.page + 1))
            if at >= 0 and at * _POINTS < points.point_count
        ],
        "first_place": view.page * _POINTS,
        "compare": "/compare?" + urlencode([("run", told.id)]),
    }


def _is_part(view: Wanted) -> bool:
    return view.view.first is not None or view.view.last is not None


def _summary(curve: Curve) -> dict[str, Any]:
    """Return what a curve is in numbers, of the steps that are shown."""
    steps = bounds([curve])
    least = min(curve.parts, key=lambda each: each.minimum, default=None)
    most = max(curve.parts, key=lambda each: each.maximum, default=None)
    return {
        "point_count": count_of(curve),
        "steps": steps,
        "minimum": least.minimum if least else None,
        "least_at": least[:2] if least else None,
        "maximum": most.maximum if most else None,
        "most_at": most[:2] if most else None,
        "words": {each.word: sum(it.point_count for it in curve.words if it.word == each.word) for each in curve.words},
    }

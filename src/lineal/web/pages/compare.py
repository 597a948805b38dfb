"""Runs side by side: their curves over each other, what they differ in, and one thing against another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from lineal.client.local import LocalRepository
from lineal.formats.figures.dimensions import DIMENSIONS_MAX, Dimension, Run, parallel, scatter
from lineal.formats.figures.metric_charts import swatch
from lineal.objects.canonical import Number
from lineal.objects.errors import Invalid
from lineal.objects.ulid import is_ulid
from lineal.operations.answers.models import RunAnswer
from lineal.operations.answers.tracking import ComparedRun
from lineal.operations.versioning import comparisons
from lineal.web.curves import Shown, charts
from lineal.web.pages.metrics import metric_address, view_values
from lineal.web.pages.page import Asked
from lineal.web.views import Wanted, address, paged, wanted

_CURVES_MAX, _CHARTS_LEAST, _CHARTS_MOST = 160, 6, 24
_PARAM, _METRIC = "params.", "metrics."
_CHOSEN = 4
"""So many params and metrics are axes where nobody chose any."""

_HELD_OUT = re.compile(r"(?<![a-z])(val|valid|validation|test|eval)(?![a-z])", re.IGNORECASE)
_INNER = ("mlflow.", "lineal.")


class Row(NamedTuple):
    """What runs say of one thing; ``differs`` where it is not the same in all that could say it."""

    name: str
    values: list[str]
    differs: bool


class Table(NamedTuple):
    """A part of what runs are: where they differ, and where they are the same."""

    part: str
    differing: list[Row]
    same: list[Row]


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return what the runs of the query string have in common, and in what they differ."""
    ids = asked.query.every("run")
    if not ids:
        raise Invalid("no runs are compared", hint="choose some in the table of runs, as in /compare?run=ID&run=ID")
    runs = comparisons.compared(repository, runs=tuple(dict.fromkeys(_id(repository, each) for each in ids))).runs
    view, only = wanted(asked), asked.query.get("only", "") == "1"
    dimensions = {each.name: each for each in _dimensions(runs)}
    chosen = [name for name in asked.query.every("dim") if name in dimensions] or _first(dimensions.values())
    pair = _pair(asked, dimensions, chosen)
    what = [("run", each.id) for each in runs]
    more = [
        *(("dim", each) for each in asked.query.every("dim")),
        *((side, name) for side, name in zip(("sx", "sy"), pair, strict=True) if asked.query.get(side)),
    ]
    drawn_runs = [Run(_name(each), place) for place, each in enumerate(runs)]
    tables = list(_tables(runs))
    return {
        "runs": runs,
        "names": [each.name for each in drawn_runs],
        "swatches": [Markup(swatch(each.place)) for each in drawn_runs],  # noqa: S704 - made of numbers
        "without": [address("/compare", [pair for pair in what if pair[1] != each.id], view) for each in runs],
        "what": what,
        "more": [*more, *([("only", "1")] if only else [])],
        **_charts(repository, runs, view, what, more),
        "tables": tables,
        "only": only,
        "toggle": address("/compare", [*what, *more, *([] if only else [("only", "1")])], view) + "#differences",
        "diff": f"/diff/run:{runs[0].id}...run:{runs[1].id}"
        if len(runs) == 2 and all(each.parts for each in runs)
        else "",
        "dimensions": [*dimensions],
        "chosen": chosen,
        "pair": pair,
        "parallel": Markup(parallel(drawn_runs, [dimensions[name] for name in chosen])),  # noqa: S704 - escaped there
        "scatter": Markup(scatter(drawn_runs, dimensions[pair[0]], dimensions[pair[1]]) if all(pair) else ""),  # noqa: S704
    }


def _id(repository: LocalRepository, text: str) -> str:
    """Return the id of a run, which may be called by its name too."""
    if is_ulid(text):
        return text
    found: Any = repository.show(text if ":" in text else f"run:{text}")
    if not isinstance(found, RunAnswer):
        raise Invalid(f"{text} is no run", hint="runs are compared with runs; /diff compares two versions")
    return found.id


def _name(run: ComparedRun) -> str:
    return run.name or run.id


def _charts(
    repository: LocalRepository,
    runs: Sequence[ComparedRun],
    view: Wanted,
    what: list[tuple[str, str]],
    more: list[tuple[str, str]],
) -> dict[str, Any]:
    """Return a page of charts, each with the curves of all runs: fewer of them where there are many runs."""
    size = max(_CHARTS_LEAST, min(_CHARTS_MOST, _CURVES_MAX // len(runs)))
    every = dict.fromkeys(name for each in runs for name in each.metrics)
    names = [name for name in sorted(every) if view.fits(name)]
    groups, keys, page = paged(names, view.page, size)
    view = view._replace(page=page)
    shown = [Shown(each.id, _name(each), each.started_at, place) for place, each in enumerate(runs)]
    drawn, found = charts(repository, shown, keys, view)
    return {
        "groups": groups,
        "charts": {key: {"note": each.note} for key, each in drawn.items()},
        "curves": {key: {run: each._asdict() for run, each in found[key].items()} for key in drawn},
        "pictures": {key: each.picture for key, each in drawn.items()},
        "pages_of": {key: metric_address(_who(runs, key), key, view) for key in drawn},
        "view": view_values(view, len(names), len(every), page, size),
        "pages": [
            (title, address("/compare", [*what, *more], view, page=at) + "#metrics")
            for title, at in (("before", page - 1), ("next", page + 1))
            if at >= 0 and at * size < len(names)
        ],
    }


def _who(runs: Sequence[ComparedRun], key: str) -> str:
    return next((each.id for each in runs if key in each.metrics), runs[0].id)


def _tables(runs: Sequence[ComparedRun]) -> Iterator[Table]:
    """Yield what runs are, part by part."""
    measured = [{name: _text(value) for name, value in each.metrics.items()} for each in runs]
    tags = [{name: value for name, value in each.tags.items() if not name.startswith(_INNER)} for each in runs]
    yield from _table("metrics", [*measured])
    yield from _table("params", [each.params for each in runs])
    yield from _table("tags", [*tags])
    for part in dict.fromkeys(part for each in runs for part in each.parts):
        # A run of which a part is not known at all differs in nothing of it.
        yield from _table(part, [each.parts.get(part, {}) for each in runs], [bool(each.parts) for each in runs])


def _text(value: Number) -> str:
    return value if isinstance(value, str) else repr(value)


def _table(part: str, said: Sequence[Mapping[str, str]], is_known: Sequence[bool] = ()) -> Iterator[Table]:
    known = list(is_known) or [True] * len(said)
    rows = []
    for name in sorted({name for each in said for name in each}):
        values = [each.get(name, "") for each in said]
        found = {(name in each, value) for each, value, is_one in zip(said, values, known, strict=True) if is_one}
        rows.append(Row(name, values, len(found) > 1))
    if rows:
        yield Table(part, [each for each in rows if each.differs], [each for each in rows if not each.differs])


def _dimensions(runs: Sequence[ComparedRun]) -> Iterator[Dimension]:
    """Yield params, those that differ first, and then metrics, each with its value in every run."""
    params = sorted({name for each in runs for name in each.params})
    found = [Dimension(_PARAM + name, tuple(_value(each.params.get(name)) for each in runs)) for name in params]
    yield from (each for each in found if len(set(each.values)) > 1)
    for name in sorted({name for each in runs for name in each.metrics}):
        values = (each.metrics.get(name) for each in runs)
        yield Dimension(_METRIC + name, tuple(None if each is None else _finite(each) for each in values))
    yield from (each for each in found if len(set(each.values)) <= 1)


def _finite(value: Number) -> float | None:
    return None if isinstance(value, str) else float(value)


def _value(text: str | None) -> float | str | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return text
    return number if number is None or number - number == 0 else text


def _first(dimensions: Any) -> list[str]:
    """Return the axes to begin with: params that differ, and metrics."""
    params = [each.name for each in dimensions if each.name.startswith(_PARAM) and len(set(each.values)) > 1]
    metrics = [each.name for each in dimensions if each.name.startswith(_METRIC) and len(set(each.values)) > 1]
    # What people look at first is measured on rows that were held out; the machine's own metrics are looked at last.
    metrics.sort(key=lambda name: ("system/" in name, not _HELD_OUT.search(name)))
    return [*params[:_CHOSEN], *metrics[:_CHOSEN]][:DIMENSIONS_MAX]


def _pair(asked: Asked, dimensions: Mapping[str, Dimension], chosen: Sequence[str]) -> tuple[str, str]:
    """Return what is set against what: as asked, or else a param that differs and a metric."""
    first = next((name for name in chosen if name.startswith(_PARAM)), "")
    metrics = [name for name in chosen if name.startswith(_METRIC)]
    across, up = asked.query.get("sx", ""), asked.query.get("sy", "")
    up = up if up in dimensions else (metrics[:1] or [""])[0]
    return across if across in dimensions else first or (metrics[1:2] or [""])[0], up

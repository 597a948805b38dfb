"""Curves of runs as charts of a page, all of them in one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from lineal.client.local import LocalRepository
from lineal.formats.curves import Curve, Part
from lineal.formats.figures.metric_charts import Line, Zoom, metric_chart
from lineal.formats.series import Word
from lineal.operations.recording import curves
from lineal.web.views import Wanted

SMALL, LARGE = (440.0, 230.0), (1080.0, 440.0)
_PARTS_SMALL, _PARTS_LARGE, _PARTS_LEAST = 150, 400, 60
_PARTS_TOGETHER = 600
"""Of several runs, each curve has fewer parts: a chart is as large as it is."""


class Shown(NamedTuple):
    """A run whose curves are shown: its id, its name, when it began, and how it is drawn."""

    id: str
    name: str
    began_at: int
    place: int = 0


class Chart(NamedTuple):
    """The chart of a metric; ``note`` says where it is shown otherwise than it was asked for."""

    key: str
    picture: Markup
    note: str = ""


def charts(
    repository: LocalRepository,
    runs: Sequence[Shown],
    keys: Sequence[str],
    wanted: Wanted,
    *,
    is_large: bool = False,
    zoom: Zoom | None = None,
) -> tuple[dict[str, Chart], dict[str, dict[str, Curve]]]:
    """Return the chart of each metric that has more than one value to show, and all curves by metric and run.

    Args:
        repository: where they are.
        runs: whose curves.
        keys: the metrics.
        wanted: how they are looked at.
        is_large: whether the chart is what the page is about.
        zoom: gives where a click leads to.
    """
    view = wanted.view
    found = curves.curves(
        repository,
        runs=tuple(each.id for each in runs),
        keys=tuple(keys),
        points=_PARTS_LARGE if is_large else max(_PARTS_LEAST, min(_PARTS_SMALL, _PARTS_TOGETHER // len(runs))),
        first=view.first,
        last=view.last,
    )
    by_key: dict[str, dict[str, Curve]] = {key: {} for key in keys}
    for each in found.curves:
        by_key[each.key][each.run] = Curve(each.parts, each.words)
    drawn = {key: _chart(key, by_key[key], runs, wanted, is_large=is_large, zoom=zoom) for key in keys}
    return {key: each for key, each in drawn.items() if each}, by_key


def _chart(
    key: str,
    found: Mapping[str, Curve],
    runs: Sequence[Shown],
    wanted: Wanted,
    *,
    is_large: bool,
    zoom: Zoom | None,
) -> Chart | None:
    shown = [each for each in runs if found[each.id].parts or found[each.id].words]
    if not is_large and sum(map(count_of, found.values())) <= len(shown):
        return None
    view, note = wanted.view, ""
    if not wanted.has_axis and _is_of_one_step(found.values()):
        view, note, zoom = view._replace(axis="relative"), "by time, for all of its points have one step", None
    if view.is_log and not any(part.mean > 0 for each in found.values() for part in each.parts):
        view, note = view._replace(is_log=False), "linear, for nothing of it is above 0"
    lines = [Line(each.name, found[each.id], each.place, _began(each, found[each.id])) for each in shown]
    drawn = metric_chart(
        key, lines, view, size=LARGE if is_large else SMALL, zoom=zoom if view.axis == "step" else None
    )
    return Chart(key, Markup(drawn), note) if drawn else None  # noqa: S704 - every text in it was escaped where it was drawn


def count_of(curve: Curve) -> int:
    """Return how many points a curve has."""
    return sum(each.point_count for each in curve.parts) + sum(each.point_count for each in curve.words)


def _is_of_one_step(found: Iterable[Curve]) -> bool:
    parts = [part for each in found for part in each.parts]
    return len(parts) > 1 and len({step for part in parts for step in (part.first_step, part.last_step)}) == 1


def _began(run: Shown, curve: Curve) -> int:
    """Return when relative times begin: with the run, or with the history that it goes on with."""
    return min([run.began_at, *(each.first_at for each in curve.parts), *(each.first_at for each in curve.words)])


def bounds(found: Iterable[Curve]) -> tuple[int, int] | None:
    """Return the least and the greatest step of curves."""
    stretches: list[Part | Word] = []
    for each in found:
        stretches += each.parts
        stretches += each.words
    ends = [step for each in stretches for step in (each.first_step, each.last_step)]
    return (min(ends), max(ends)) if ends else None

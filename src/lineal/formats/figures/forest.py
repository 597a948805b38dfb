"""The forest plot: one metric in every subgroup, with its interval, against all rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineal.formats.figures.axes import Scale, ticks
from lineal.formats.figures.svg import (
    BLUE,
    GREY,
    ORANGE,
    element,
    figure,
    label,
    polyline,
    shortened,
    tip,
)

ROWS_MAX = 60
_NAME, _WIDTH, _LINE, _FIGURES = 190.0, 300.0, 20.0, 150.0


class Row(NamedTuple):
    """A subgroup: its name, its rows, the metric there and between what it lies; ``feature`` heads its group."""

    feature: str
    name: str
    row_count: int
    value: float
    low: float
    high: float


def forest_plot(metric: str, rows: Sequence[Row], overall: Row) -> str:
    """Return a forest plot; empty without subgroups.

    Args:
        metric: what is measured.
        rows: subgroups, those of a feature together.
        overall: all rows.
    """
    if not rows:
        return ""
    shown = list(rows)[:ROWS_MAX]
    lines: list[Row | str] = [overall]
    for place, each in enumerate(shown):
        if place == 0 or each.feature != shown[place - 1].feature:
            lines.append(each.feature)
        lines.append(each)
    scale = _scale([overall, *shown])
    bottom = 18 + _LINE * len(lines)
    parts = [label(_NAME + _WIDTH + 12, 12, f"{metric} [95 % interval]"), *_ticks(scale, bottom)]
    x = scale.at(overall.value)
    parts.append(polyline([(x, 16), (x, bottom)], stroke=GREY, stroke_dasharray="4 3"))
    for place, line in enumerate(lines):
        y = 18 + _LINE * place + 13
        parts += [label(8, y, line, font_weight="600")] if isinstance(line, str) else _drawn(line, y, scale, overall)
    more = f" {len(rows) - ROWS_MAX} more subgroups are not drawn." if len(rows) > ROWS_MAX else ""
    size = (_NAME + _WIDTH + _FIGURES, bottom + 34)
    return figure("forest", f"{metric} by subgroup", _described(metric, shown, overall) + more, size, parts)


def _drawn(row: Row, y: float, scale: Scale, overall: Row) -> list[str]:
    is_all = row is overall
    # Apart from all rows: the interval does not even reach their value. A square says so without colour.
    is_apart = not is_all and not row.low <= overall.value <= row.high
    colour, centre = (ORANGE if is_apart else BLUE), y - 4
    x = scale.at(row.value)
    said = f"{row.feature} {row.name}: {row.value:.4g}, {row.low:.4g} to {row.high:.4g}, {row.row_count:,} rows"
    title = tip(said)
    line = polyline([(scale.at(row.low), centre), (scale.at(row.high), centre)], stroke=colour, stroke_width=1.6)
    if is_apart:
        mark = element("rect", title, x=x - 4, y=centre - 4, width=8.0, height=8.0, fill=colour)
    else:
        mark = element("circle", title, cx=x, cy=centre, r=4.0, fill=colour)
    weight = {"font_weight": "600"} if is_all else {}
    name = "all rows" if is_all else shortened(row.name or "(empty)", 20)
    figures = f"{row.value:.3g} [{row.low:.3g}, {row.high:.3g}]"
    return [
        label(8 if is_all else 20, y, name, **weight),
        label(_NAME - 8, y, f"{row.row_count:,}", text_anchor="end", fill=GREY),
        line,
        mark,
        label(_NAME + _WIDTH + 12, y, figures, **weight),
    ]


def _scale(rows: Sequence[Row]) -> Scale:
    least, most = min(each.low for each in rows), max(each.high for each in rows)
    room = (most - least) * 0.06 or 0.05
    return Scale(least - room, most + room, _NAME, _NAME + _WIDTH)


def _ticks(scale: Scale, bottom: float) -> list[str]:
    parts = [polyline([(scale.start, bottom), (scale.end, bottom)], stroke="currentColor", stroke_opacity=0.7)]
    for value in ticks(scale.least, scale.most):
        x = scale.at(value)
        parts.append(polyline([(x, 16), (x, bottom)], stroke="currentColor", stroke_opacity=0.12))
        parts.append(label(x, bottom + 15, f"{value:g}", text_anchor="middle"))
    return parts


def _described(metric: str, rows: Sequence[Row], overall: Row) -> str:
    lowest, highest = min(rows, key=lambda each: each.value), max(rows, key=lambda each: each.value)
    apart = sum(not each.low <= overall.value <= each.high for each in rows)
    return (
        f"{metric} is {overall.value:.4g} on all rows; lowest where {lowest.feature} is {lowest.name} ({lowest.value:.4g}),"
        f" highest where {highest.feature} is {highest.name} ({highest.value:.4g})."
        f" Squares: the {apart} subgroups whose interval does not reach the value of all rows."
    )

"""The history of a metric over the versions of a model."""

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

VERSIONS_MAX = 30
_LEFT, _TOP, _WIDTH, _HEIGHT = 56.0, 14.0, 520.0, 150.0


class Measured(NamedTuple):
    """A version, and the metric on the same rows; ``is_this`` marks the one that the card is about."""

    version: str
    value: float
    low: float
    high: float
    is_this: bool = False


def metric_history(metric: str, versions: Sequence[Measured]) -> str:
    """Return a metric over versions, oldest first; empty for fewer than two."""
    shown = list(versions)[-VERSIONS_MAX:]
    if len(shown) < 2:
        return ""
    least, most = min(each.low for each in shown), max(each.high for each in shown)
    room = (most - least) * 0.08 or 0.05
    bottom, step = _TOP + _HEIGHT, _WIDTH / len(shown)
    up = Scale(least - room, most + room, bottom, _TOP)
    parts = []
    for value in ticks(up.least, up.most):
        y = up.at(value)
        parts.append(polyline([(_LEFT, y), (_LEFT + _WIDTH, y)], stroke="currentColor", stroke_opacity=0.15))
        parts.append(label(_LEFT - 6, y + 4, f"{value:g}", text_anchor="end"))
    places = [(_LEFT + step * (place + 0.5), up.at(each.value)) for place, each in enumerate(shown)]
    parts.append(polyline(places, stroke=GREY, stroke_opacity=0.6))
    for (x, y), each in zip(places, shown, strict=True):
        colour = ORANGE if each.is_this else BLUE
        said = tip(f"{each.version}: {each.value:.4g}, {each.low:.4g} to {each.high:.4g}")
        parts.append(polyline([(x, up.at(each.low)), (x, up.at(each.high))], stroke=colour, stroke_width=1.6))
        if each.is_this:
            parts.append(element("rect", said, x=x - 4.5, y=y - 4.5, width=9.0, height=9.0, fill=colour))
        else:
            parts.append(element("circle", said, cx=x, cy=y, r=4.0, fill=colour))
        parts.append(_name(x, bottom, each, step))
    described = (
        f"{metric} of {len(shown)} versions on the same rows, with 95 % intervals, oldest first: from {shown[0].value:.4g}"
        f" ({shown[0].version}) to {shown[-1].value:.4g} ({shown[-1].version}). The square is this version."
    )
    return figure("history", f"{metric} over versions", described, (_LEFT + _WIDTH + 12, bottom + 44), parts)


def _name(x: float, bottom: float, each: Measured, step: float) -> str:
    name, weight = shortened(each.version, 12), "600" if each.is_this else "400"
    if step > 56:
        return label(x, bottom + 16, name, text_anchor="middle", font_weight=weight)
    turn = f"rotate(-40 {x:.1f} {bottom + 12:.1f})"
    return label(x, bottom + 12, name, text_anchor="end", font_weight=weight, transform=turn)

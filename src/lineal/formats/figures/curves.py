"""Curves between 0 and 1: ROC, precision and recall, and the calibration of probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineal.formats.figures.axes import Place, Scale, axes
from lineal.formats.figures.svg import (
    BLUE,
    GREY,
    ORANGE,
    element,
    figure,
    label,
    polyline,
    thinned,
    tip,
)

_POINTS_MAX = 300
_SIZE = (330.0, 300.0)
_PLACE = Place(48.0, 12.0, 266.0, 240.0)


class Bin(NamedTuple):
    """Rows with about the same probability: how likely they were said to be, and how many of them were, with an interval."""

    said: float
    found: float
    low: float
    high: float
    row_count: int


def roc(points: Sequence[tuple[float, float]], area: float | None = None) -> str:
    """Return the ROC curve.

    Args:
        points: (false positive rate, true positive rate), from (0, 0) to (1, 1).
        area: below it, where it is known.
    """
    told = f" The area below it is {area:.3f}." if area is not None else ""
    return _curve("roc", "ROC curve", ("false positive rate", "true positive rate"), points, told, chance=(0.0, 1.0))


def precision_recall(points: Sequence[tuple[float, float]], share: float) -> str:
    """Return the curve of precision by recall.

    Args:
        points: (recall, precision).
        share: of the positive rows: the precision of a model that guesses.
    """
    told = f" Guessing has a precision of {share:.3f}."
    return _curve("pr", "Precision and recall", ("recall", "precision"), points, told, chance=(share, share))


def calibration(bins: Sequence[Bin]) -> str:
    """Return the reliability diagram: what was said to be likely, and how often it was so, with 95 % intervals."""
    across, up = _scales()
    most = max((each.row_count for each in bins), default=1)
    parts = [*axes(_PLACE, across, up, ("probability that was said", "share that was so"), _say), _diagonal(0.0, 1.0)]
    bottom = _PLACE.top + _PLACE.height
    for each in bins:
        x, said = across.at(each.said), f"{each.row_count:,} rows: said {each.said:.3f}, was so {each.found:.3f}"
        height = 26.0 * each.row_count / most
        parts.append(
            element("rect", x=x - 5, y=bottom - height, width=10.0, height=height, fill=GREY, fill_opacity=0.3)
        )
        parts.append(
            element("line", x1=x, y1=up.at(each.low), x2=x, y2=up.at(each.high), stroke=ORANGE, stroke_width=1.5)
        )
        dot = tip(f"{said}, 95 % interval {each.low:.3f} to {each.high:.3f}")
        parts.append(element("circle", dot, cx=x, cy=up.at(each.found), r=3.5, fill=ORANGE))
    parts.append(polyline([(across.at(e.said), up.at(e.found)) for e in bins], stroke=ORANGE, stroke_opacity=0.5))
    furthest = max(bins, key=lambda each: abs(each.said - each.found) * each.row_count, default=None)
    described = "The nearer the dots are to the diagonal, the better its probabilities hold."
    if furthest:
        described += f" It is furthest from it where it says {furthest.said:.2f}: {furthest.found:.2f} of {furthest.row_count:,} rows."
    return figure("calibration", "Calibration", described, _SIZE, parts)


def _curve(
    kind: str,
    title: str,
    names: tuple[str, str],
    points: Sequence[tuple[float, float]],
    told: str,
    *,
    chance: tuple[float, float],
) -> str:
    across, up = _scales()
    drawn = thinned(points, _POINTS_MAX)
    parts = [*axes(_PLACE, across, up, names, _say), _diagonal(*chance)]
    parts.append(polyline([(across.at(x), up.at(y)) for x, y in drawn], stroke=BLUE, stroke_width=2))
    # Below the line of a model that guesses, where a curve worth looking at is not.
    at = 0.62 if chance[0] != chance[1] else 0.02
    parts.append(label(across.at(at) + 4, up.at(chance[0] + (chance[1] - chance[0]) * at) + 14, "guessing", fill=GREY))
    described = f"{names[1]} by {names[0]}, in {len(points):,} points; the dashed line is a model that guesses.{told}"
    return figure(kind, title, described, _SIZE, parts)


def _diagonal(start: float, end: float) -> str:
    across, up = _scales()
    ends = [(across.at(0.0), up.at(start)), (across.at(1.0), up.at(end))]
    return polyline(ends, stroke=GREY, stroke_dasharray="4 3")


def _scales() -> tuple[Scale, Scale]:
    left, top, width, height = _PLACE
    return Scale(0.0, 1.0, left, left + width), Scale(0.0, 1.0, top + height, top)


def _say(value: float) -> str:
    return f"{value:g}"

"""What figures are drawn with: elements of SVG, scales, and axes."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#5c6672"
"""Colours that everybody can tell apart (Okabe and Ito 2008), also when they are printed in grey."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TICKS = 5


class Place(NamedTuple):
    """The part of a figure where its values are."""

    left: float
    top: float
    width: float
    height: float


class Scale(NamedTuple):
    """From values to places along one side of a figure."""

    least: float
    most: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value is; one outside is at the end of its side."""
        across = (self.most - self.least) or 1.0
        share = min(max((value - self.least) / across, 0.0), 1.0)
        return self.start + share * (self.end - self.start)


def text(value: object) -> str:
    """Return a text as it stands in SVG, whatever is in it."""
    return html.escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(value)))


def shortened(value: str, most: int) -> str:
    """Return a text with at most so many signs."""
    return value if len(value) <= most else value[: most - 1] + "…"


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """Return an element; ``content`` is SVG already. A name's underlines become hyphens."""
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{_said(value)}"' for key, value in attributes.items())
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>"


def _said(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else text(value)


def label(x: float, y: float, said: str, **attributes: object) -> str:
    """Return a text at a place."""
    return element("text", text(said), x=x, y=y, **attributes)


def tip(said: str) -> str:
    """Return what an element says when somebody points at it, or has it read aloud."""
    return f"<title>{text(said)}</title>"


def polyline(points: Iterable[tuple[float, float]], **attributes: object) -> str:
    """Return a line through points."""
    return element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), fill="none", **attributes)


def figure(kind: str, title: str, description: str, size: tuple[float, float], parts: Iterable[str]) -> str:
    """Return a whole figure.

    Args:
        kind: its class.
        title: what it shows.
        description: what there is to see, in words.
        size: width and height.
        parts: its elements.
    """
    width, height = size
    head = f"<title>{text(title)}</title><desc>{text(description)}</desc>"
    return element(
        "svg",
        head + "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        class_=f"figure {kind}",
        viewBox=f"0 0 {width:g} {height:g}",
        width=f"{width:g}",
        height=f"{height:g}",
        role="img",
        aria_label=f"{title}. {description}",
        font_family="system-ui, sans-serif",
        font_size="11",
        fill="currentColor",
    )


def ticks(least: float, most: float, count: int = _TICKS) -> list[float]:
    """Return round numbers between two, about so many."""
    if not math.isfinite(least) or not math.isfinite(most) or most <= least:
        return [least]
    rough = (most - least) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough * 0.999)
    first = math.ceil(least / step - 1e-9)
    return [round(step * n, 12) for n in range(first, math.floor(most / step + 1e-9) + 1)]


def axes(place: Place, across: Scale, up: Scale, names: tuple[str, str], say: Callable[[float], str]) -> list[str]:
    """Return both axes of a figure with their ticks and names.

    Args:
        place: where the values are.
        across: the scale from left to right.
        up: the scale from below to above.
        names: what stands below and at the left.
        say: writes a value.
    """
    bottom, right = place.top + place.height, place.left + place.width
    parts = []
    for value in ticks(up.least, up.most):
        y = up.at(value)
        parts.append(_line(place.left, y, right, y, "grid"))
        parts.append(label(place.left - 6, y + 4, say(value), text_anchor="end"))
    for value in ticks(across.least, across.most):
        x = across.at(value)
        parts.append(_line(x, place.top, x, bottom, "grid"))
        parts.append(label(x, bottom + 15, say(value), text_anchor="middle"))
    parts.append(_line(place.left, bottom, right, bottom, "axis"))
    parts.append(_line(place.left, place.top, place.left, bottom, "axis"))
    middle = place.top + place.height / 2
    parts.append(label(place.left + place.width / 2, bottom + 32, names[0], text_anchor="middle"))
    parts.append(label(12, middle, names[1], text_anchor="middle", transform=f"rotate(-90 12 {middle:.1f})"))
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    opacity = 0.15 if kind == "grid" else 0.7
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", stroke_opacity=opacity)


def thinned(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Return at most so many of the points, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(place * step)] for place in range(most)]

"""What figures are drawn with: elements of SVG."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#5c6672"
"""Colours that everybody can tell apart (Okabe and Ito 2008), also when they are printed in grey."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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


def thinned(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Return at most so many of the points, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(place * step)] for place in range(most)]

"""Small pictures of what a column holds, made on the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from markupsafe import Markup

from lineal.formats.columns import Bins, ColumnSummary
from lineal.formats.wording import figure, percent, time_of

_WIDTH, _HEIGHT, _LINE = 192, 40, 18
_TEXT_MAX, _TOP_SHOWN = 18, 4


def picture(column: ColumnSummary) -> Markup:
    """Return the picture of what a column holds; nothing where all values are the same, or cannot be drawn."""
    if column.distinct == 1:
        return Markup("")
    if column.numbers:
        return histogram(column.numbers.bins, figure)
    if column.times:
        return histogram(column.times.bins, partial(time_of, dtype=column.dtype))
    if column.top:
        return shares(column.top[:_TOP_SHOWN], column.count)
    if column.lengths and column.lengths.minimum < column.lengths.maximum:
        return histogram(column.lengths.bins, figure)
    return Markup("")


def histogram(bins: Bins, say: Callable[[float], str]) -> Markup:
    """Return a histogram as SVG.

    Args:
        bins: the counts.
        say: writes a value of the column.
    """
    most, width = max(bins.counts), _WIDTH / len(bins.counts)
    total = sum(bins.counts)
    bars = [
        Markup('<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"><title>{title}</title></rect>').format(
            x=place * width,
            y=_HEIGHT - (height := max(1.0, _HEIGHT * count / most)),
            w=max(1.0, width - 1),
            h=height,
            title=f"{say(bins.edges[place])} to {say(bins.edges[place + 1])}: {percent(count / total)}",
        )
        for place, count in enumerate(bins.counts)
        if count
    ]
    return _picture("histogram", f"from {say(bins.edges[0])} to {say(bins.edges[-1])}", _HEIGHT, bars)


def shares(top: Sequence[tuple[str, int]], total: int) -> Markup:
    """Return the most frequent texts as bars, each as long as its share of all ``total`` values."""
    lines = [
        Markup(
            '<rect x="0" y="{y}" width="{w:.1f}" height="{h}"/><text x="4" y="{ty}"><title>{full}</title>{text}</text>'
            '<text class="share" x="{right}" y="{ty}">{share}</text>'
        ).format(
            y=place * _LINE + 1,
            w=max(1.0, _WIDTH * count / max(1, total)),
            h=_LINE - 2,
            ty=place * _LINE + 13,
            right=_WIDTH,
            full=text,
            text=(text if len(text) <= _TEXT_MAX else text[: _TEXT_MAX - 1] + "…") or "(empty)",
            share=percent(count / max(1, total)),
        )
        for place, (text, count) in enumerate(top)
    ]
    return _picture("shares", f"the {len(top)} most frequent values", _LINE * len(top), lines)


def _picture(kind: str, label: str, height: int, parts: Sequence[Markup]) -> Markup:
    head = Markup(
        '<svg class="{kind}" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
    ).format(kind=kind, w=_WIDTH, h=height, label=label)
    return head + Markup("").join(parts) + Markup("</svg>")

"""Charts of what runs logged, made on the server: histograms, curves, confusion matrices. Their texts are never markup."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from lineal.formats.media import ConfusionMatrix, Curve, Histogram
from lineal.formats.wording import figure
from lineal.objects.canonical import Number

_WIDTH, _HEIGHT = 380, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 10, 38
_BARS_MAX, _POINTS_MAX, _LABELS_MAX = 100, 1_000, 30
_TEXT_MAX = 16
_DARK_FROM = 0.55


def histogram_svg(value: Histogram, label: str) -> Markup:
    """Return a histogram; of very many bins, neighbours are put together. Nothing where there are no finite counts."""
    edges, counts = _finite(value.edges), _finite(value.counts)
    if not counts or len(edges) != len(counts) + 1 or edges[-1] <= edges[0] or max(counts) <= 0:
        return Markup("")
    step = math.ceil(len(counts) / _BARS_MAX)
    bars = [
        (edges[at], edges[min(at + step, len(counts))], sum(counts[at : at + step]))
        for at in range(0, len(counts), step)
    ]
    frame = _Frame(edges[0], edges[-1], 0.0, max(count for *_, count in bars))
    drawn = [
        Markup('<rect class="bar" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
            _px(frame.x(low)),
            _px(frame.y(count)),
            _px(max(0.5, frame.x(high) - frame.x(low) - 0.6)),
            _px(frame.y(0) - frame.y(count)),
            f"{figure(low)} to {figure(high)}: {figure(count)}",
        )
        for low, high, count in bars
    ]
    return _svg(label, [*frame.axes("", ""), *drawn])


def curve_svg(value: Curve, label: str) -> Markup:
    """Return a curve with its axes; one with very many points is drawn by fewer. Nothing where two points are not finite."""
    pairs = [(left, right) for left, right in zip(_numbers(value.x), _numbers(value.y), strict=False)]
    points = [(left, right) for left, right in pairs if math.isfinite(left) and math.isfinite(right)]
    points = points[:: math.ceil(len(points) / _POINTS_MAX) or 1]
    if len(points) < 2:
        return Markup("")
    across, up = [x for x, _ in points], [y for _, y in points]
    frame = _Frame(min(across), max(across), min(up), max(up))
    places = " ".join(f"{_px(frame.x(x))},{_px(frame.y(y))}" for x, y in points)
    parts = [*frame.axes(value.x_label, value.y_label), Markup('<polyline points="{}"/>').format(places)]
    if value.kind in {"roc", "calibration"}:
        ends = (max(frame.left, frame.low), min(frame.right, frame.high))
        parts.append(
            Markup('<path class="by-chance" d="M {} {} L {} {}"/>').format(
                _px(frame.x(ends[0])), _px(frame.y(ends[0])), _px(frame.x(ends[1])), _px(frame.y(ends[1]))
            )
        )
    return _svg(label, parts)


def confusion_svg(value: ConfusionMatrix, label: str) -> Markup:
    """Return a confusion matrix: true labels down, predicted ones across, darker where more. Nothing where it is too large."""
    count = len(value.labels)
    if not 0 < count <= _LABELS_MAX or any(len(row) != count for row in value.counts):
        return Markup("")
    side = min(46, 640 // count)
    margin: float = 12 + 7 * min(_TEXT_MAX, max(map(len, value.labels)))
    parts = []
    for down, row in enumerate(value.counts):
        whole = sum(each for each in row if math.isfinite(each)) or 1.0
        parts.append(_text(margin - 6, 22 + down * side + side / 2 + 4, value.labels[down], "end"))
        for across, number in enumerate(row):
            share = number / whole if math.isfinite(number) else 0.0
            x, y = margin + across * side, 22 + down * side
            title = f"{value.labels[down]} taken for {value.labels[across]}: {figure(number)}"
            parts.append(
                Markup(
                    '<rect class="cell" x="{}" y="{}" width="{}" height="{}" fill-opacity="{:.3f}"><title>{}</title></rect>'
                ).format(x, y, side - 1, side - 1, max(0.0, min(1.0, share)), title)
            )
            if side >= 24:
                tone = "on-dark" if share > _DARK_FROM else ""
                parts.append(_text(x + side / 2, y + side / 2 + 4, figure(number), "middle", tone))
    bottom = 22 + count * side
    parts.append(_text(margin, 14, "true ↓  predicted →", "start", "axis"))
    for across, name in enumerate(value.labels):
        x = margin + across * side + side / 2
        turned = Markup(' transform="rotate(-40 {} {})"').format(_px(x), bottom + 12)
        parts.append(_text(x, bottom + 12, name, "end", turned=turned))
    return _svg(label, parts, margin + count * side + 8, bottom + margin * 0.75 + 12)


class _Frame:
    """From values to places in a chart, and its axes."""

    def __init__(self, left: float, right: float, low: float, high: float) -> None:
        self.left, self.right = left, right if right > left else left + 1
        self.low, self.high = low, high if high > low else low + 1

    def x(self, value: float) -> float:
        """Return how far from the left a value is."""
        return _LEFT + (value - self.left) / (self.right - self.left) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Return how far from the top a value is."""
        return _TOP + (self.high - value) / (self.high - self.low) * (_HEIGHT - _TOP - _BOTTOM)

    def axes(self, x_label: str, y_label: str) -> list[Markup]:
        """Return lines, numbers and names of both axes."""
        bottom = _HEIGHT - _BOTTOM
        parts = [Markup('<path class="axis" d="M {0} {1} V {2} H {3}"/>').format(_LEFT, _TOP, bottom, _WIDTH - _RIGHT)]
        for share in (0.0, 0.5, 1.0):
            x, y = self.left + share * (self.right - self.left), self.low + share * (self.high - self.low)
            anchor = "start" if not share else "end" if share == 1 else "middle"
            parts.append(_text(self.x(x), bottom + 15, _tick(x, self.right - self.left), anchor, "axis"))
            parts.append(_text(_LEFT - 6, self.y(y) + 4, _tick(y, self.high - self.low), "end", "axis"))
        if x_label:
            parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, x_label, "middle", "axis"))
        if y_label:
            turned = Markup(' transform="rotate(-90 11 {})"').format(_px(bottom / 2))
            parts.append(_text(11, bottom / 2, y_label, "middle", "axis", turned=turned))
        return parts


def _text(x: float, y: float, text: str, anchor: str, kind: str = "", *, turned: str = "") -> Markup:
    shown = text if len(text) <= _TEXT_MAX or kind == "axis" else text[: _TEXT_MAX - 1] + "…"
    return Markup('<text x="{}" y="{}" text-anchor="{}" class="{}"{}>{}<title>{}</title></text>').format(
        _px(x), _px(y), anchor, kind, turned, shown[:60], text
    )


def _svg(label: str, parts: Sequence[Markup], width: float = _WIDTH, height: float = _HEIGHT) -> Markup:
    head = Markup('<svg class="chart" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">')
    return head.format(w=_px(width), h=_px(height), label=label) + Markup("").join(parts) + Markup("</svg>")


def _tick(value: float, span: float) -> str:
    """Return a number of an axis; what is nearly nothing beside the axis is nothing."""
    return "0" if abs(value) < span * 1e-3 else f"{value:.3g}" if abs(value) < 1e3 else figure(value)


def _px(value: float) -> str:
    return f"{value:.1f}"


def _numbers(values: Sequence[Number]) -> list[float]:
    return [float(each) for each in values]


def _finite(values: Sequence[Number]) -> list[float]:
    """Return the values; nothing if one of them is not finite."""
    found = _numbers(values)
    return found if all(map(math.isfinite, found)) else []

"""Charts of what runs logged, made on the server: histograms, curves, confusion matrices. Their texts are never markup."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from lineal.formats.figures import svg
from lineal.formats.figures.axes import frame, spread
from lineal.formats.figures.svg import element, label, polyline, shortened, tip
from lineal.formats.media import ConfusionMatrix, Curve, Histogram
from lineal.formats.wording import figure
from lineal.objects.canonical import Number

_SIZE = (380.0, 240.0)
_BARS_MAX, _POINTS_MAX, _LABELS_MAX = 100, 1_000, 30
_TEXT_MAX = 16
_NUMBERED_FROM, _DARK_FROM = 24, 0.55


def histogram_svg(value: Histogram, title: str) -> Markup:
    """Return a histogram; of very many bins, neighbours are put together. Nothing where there are no finite counts."""
    edges, counts = _finite(value.edges), _finite(value.counts)
    if not counts or len(edges) != len(counts) + 1 or edges[-1] <= edges[0] or max(counts) <= 0:
        return Markup("")
    step = math.ceil(len(counts) / _BARS_MAX)
    bars = [
        (edges[at], edges[min(at + step, len(counts))], sum(counts[at : at + step]))
        for at in range(0, len(counts), step)
    ]
    found = frame(_SIZE, ((edges[0], edges[-1]), "linear"), ((0.0, max(count for *_, count in bars)), "linear"))
    drawn = [
        element(
            "rect",
            tip(f"{figure(low)} to {figure(high)}: {figure(count)}"),
            class_="bar",
            x=found.across.at(low),
            y=found.up.at(count),
            width=max(0.5, found.across.at(high) - found.across.at(low) - 0.6),
            height=found.up.at(0) - found.up.at(count),
        )
        for low, high, count in bars
    ]
    return _drawn(title, f"{len(counts)} bins", [*found.axes(), *drawn])


def curve_svg(value: Curve, title: str) -> Markup:
    """Return a curve with its axes; one with very many points is drawn by fewer. Nothing where two points are not finite."""
    pairs = [(left, right) for left, right in zip(_numbers(value.x), _numbers(value.y), strict=False)]
    points = [(left, right) for left, right in pairs if math.isfinite(left) and math.isfinite(right)]
    points = points[:: math.ceil(len(points) / _POINTS_MAX) or 1]
    if len(points) < 2:
        return Markup("")
    across, up = spread((x for x, _ in points), with_room=False), spread(y for _, y in points)
    has_names = (bool(value.x_label), bool(value.y_label))
    found = frame(_SIZE, (across, "linear"), (up, "linear"), is_named=has_names)
    parts = found.axes((value.x_label, value.y_label))
    if value.kind in {"roc", "calibration"}:
        ends = (max(across[0], up[0]), min(across[1], up[1]))
        parts.append(polyline([(found.across.at(end), found.up.at(end)) for end in ends], class_="by-chance"))
    parts.append(polyline([(found.across.at(x), found.up.at(y)) for x, y in points], class_="value"))
    return _drawn(title, f"a curve of {len(points)} points", parts)


def confusion_svg(value: ConfusionMatrix, title: str) -> Markup:
    """Return a confusion matrix: true labels down, predicted ones across, darker where more. Nothing where it is too large."""
    count = len(value.labels)
    if not 0 < count <= _LABELS_MAX or any(len(row) != count for row in value.counts):
        return Markup("")
    side = min(46, 640 // count)
    margin = 12.0 + 7 * min(_TEXT_MAX, max(map(len, value.labels)))
    parts = [label(margin, 14, "true ↓  predicted →", class_="axis")]
    for down, row in enumerate(value.counts):
        whole = sum(each for each in row if math.isfinite(each)) or 1.0
        parts.append(_name(margin - 6, 22 + down * side + side / 2 + 4, value.labels[down]))
        for across, number in enumerate(row):
            share = number / whole if math.isfinite(number) else 0.0
            x, y = margin + across * side, 22.0 + down * side
            said = tip(f"{value.labels[down]} taken for {value.labels[across]}: {figure(number)}")
            opacity = max(0.0, min(1.0, share))
            parts.append(
                element("rect", said, class_="cell", x=x, y=y, width=side - 1, height=side - 1, fill_opacity=opacity)
            )
            if side >= _NUMBERED_FROM:
                tone = "on-dark" if share > _DARK_FROM else ""
                parts.append(label(x + side / 2, y + side / 2 + 4, figure(number), text_anchor="middle", class_=tone))
    bottom = 22.0 + count * side
    for across, name in enumerate(value.labels):
        x = margin + across * side + side / 2
        parts.append(_name(x, bottom + 12, name, transform=f"rotate(-40 {x:.1f} {bottom + 12:.1f})"))
    size = (margin + count * side + 8, bottom + margin * 0.75 + 12)
    return _drawn(title, f"{count} labels", parts, size)


def _name(x: float, y: float, name: str, **attributes: object) -> str:
    return element("g", tip(name) + label(x, y, shortened(name, _TEXT_MAX), text_anchor="end", **attributes))


def _drawn(title: str, described: str, parts: Sequence[str], size: tuple[float, float] = _SIZE) -> Markup:
    return Markup(svg.figure("chart", title, described, size, parts))  # noqa: S704 - every text in it was escaped there


def _numbers(values: Sequence[Number]) -> list[float]:
    return [float(each) for each in values]


def _finite(values: Sequence[Number]) -> list[float]:
    """Return the values; nothing if one of them is not finite."""
    found = _numbers(values)
    return found if all(map(math.isfinite, found)) else []

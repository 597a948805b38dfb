"""Charts of metrics: one curve or several over each other, with what was folded, what is not finite, and every value named."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from lineal.formats.curves import Curve, Part
from lineal.formats.figures.axes import Frame, Kind, Range, duration, frame, spread
from lineal.formats.figures.svg import element, figure, label, shortened, text, tip
from lineal.formats.series import Word
from lineal.formats.wording import figure as number

LINES_MAX = 32
"""So many curves can be told apart: by eight colours and four dashes."""

COLOURS = ("#0072b2", "#d55e00", "#00805b", "#a3478a", "#8a6400", "#2a86c4", "#7a5c45", "#5c6672")
"""Colours that everybody can tell apart, after Okabe and Ito 2008; pages that are dark have lighter ones of the same names."""

DASHES = ("", "7 3", "2 3", "9 3 2 3")

_COLUMNS_MAX, _DOTS_MAX, _BANDS_MAX, _NAMED_MAX = 60, 40, 6, 12
_COLUMNS_OF_MANY, _MARKED_MAX, _NAMED_FROM = 36, 3, 400
_SIGNS = {"NaN": "×", "Infinity": "▲", "-Infinity": "▼"}
_SAID = {"NaN": "NaN", "Infinity": "∞", "-Infinity": "−∞"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Axis = Literal["step", "time", "relative"]


class View(NamedTuple):
    """How curves are looked at: over what, with which height, how smooth, and from which step to which."""

    axis: Axis = "step"
    is_log: bool = False
    smoothing: float = 0.0
    first: int | None = None
    last: int | None = None


class Line(NamedTuple):
    """A curve in a chart; ``place`` decides how it is drawn, ``began_at`` is where relative times begin."""

    name: str
    curve: Curve
    place: int = 0
    began_at: int = 0


class _Spot(NamedTuple):
    """A part of a curve in a chart: where it is, what is drawn there, and between what it lies."""

    x: float
    y: float
    part: Part


class _Drawn(NamedTuple):
    """A line with its spots in stretches, between which something is missing."""

    line: Line
    stretches: list[list[_Spot]]

    @property
    def spots(self) -> list[_Spot]:
        """All of them."""
        return [spot for stretch in self.stretches for spot in stretch]


Zoom = Callable[[int, int], str]
"""Gives the address of a chart of some steps."""


def metric_chart(
    title: str,
    lines: Sequence[Line],
    view: View = View(),  # noqa: B008 - never changed
    *,
    size: tuple[float, float] = (440.0, 240.0),
    zoom: Zoom | None = None,
) -> str:
    """Return a chart of curves; empty where there is nothing to be drawn.

    Args:
        title: what was measured.
        lines: the curves.
        view: how they are looked at.
        size: width and height.
        zoom: gives where a click leads to.
    """
    drawn = [_drawn(each, view) for each in lines[:LINES_MAX]]
    marks = [(each, word) for each in lines[:LINES_MAX] for word in each.curve.words]
    spots = [spot for each in drawn for spot in each.spots]
    if not spots and not marks:
        return ""
    found = _frame(spots, marks, view, size)
    over = {"step": "step", "time": "time, UTC", "relative": "since the start"}[view.axis]
    parts = found.axes((over if size[1] >= _NAMED_FROM else "", ""))
    if len(lines) <= _BANDS_MAX:
        parts += [_styled(each.line, band) for each in drawn if (band := "".join(_bands(each, found)))]
    if view.smoothing:
        parts += [_styled(each.line, "".join(_lines(each, found, "raw", 0.3))) for each in drawn]
        drawn = [_Drawn(each.line, list(_smoothed(each.stretches, view.smoothing))) for each in drawn]
    parts += [_styled(each.line, "".join(_lines(each, found, "line", 1.0)), dashed=True) for each in drawn]
    parts += [_mark(each, word, found, view) for each, word in marks]
    parts += _columns(drawn, found, view, zoom)
    return figure("metric", title, _described(drawn, marks, view), size, parts)


def swatch(place: int) -> str:
    """Return how the line at a place is drawn, for a legend."""
    line = element("line", x1=1, y1=6, x2=31, y2=6, stroke="currentColor", stroke_width=2.2, **_dashed(place))
    return element(
        "svg",
        element("g", line, **_colour(place)),
        class_="swatch",
        width=32,
        height=12,
        viewBox="0 0 32 12",
        aria_hidden="true",
    )


def line_style(place: int, kind: str, *, dashed: bool = True) -> dict[str, object]:
    """Return the attributes by which what belongs to the run at a place looks the same everywhere."""
    colour = _colour(place)
    return {**colour, "class_": f"{kind} {colour['class_']}", **(_dashed(place) if dashed else {})}


def _colour(place: int) -> dict[str, object]:
    return {"class_": f"c{place % len(COLOURS)}", "color": COLOURS[place % len(COLOURS)]}


def _dashed(place: int) -> dict[str, object]:
    # Eight neighbours differ in colour, and those of one colour in their dashes.
    dash = DASHES[(place + place // len(COLOURS)) % len(DASHES)]
    return {"stroke_dasharray": dash} if dash else {}


def _styled(line: Line, content: str, *, dashed: bool = False) -> str:
    return element("g", content, **_colour(line.place), **(_dashed(line.place) if dashed else {})) if content else ""


def _x(view: View, line: Line, step: float, at: float) -> float:
    return {"step": step, "time": at, "relative": at - line.began_at}[view.axis]


def _drawn(line: Line, view: View) -> _Drawn:
    """Return what of a curve is drawn: a line ends where only what is not finite follows."""
    found: list[list[_Spot]] = []
    words = line.curve.words
    before: Part | None = None
    for part in sorted(line.curve.parts, key=lambda each: each[0 if view.axis == "step" else 2]):
        if view.is_log and part.mean <= 0:
            continue
        x = _x(view, line, (part.first_step + part.last_step) / 2, (part.first_at + part.last_at) / 2)
        if before is None or any(
            before.last_step < each.first_step and each.last_step < part.first_step for each in words
        ):
            found.append([])
        found[-1].append(_Spot(x, part.mean, part))
        before = part
    return _Drawn(line, found)


def _frame(spots: Sequence[_Spot], marks: Sequence[tuple[Line, Word]], view: View, size: tuple[float, float]) -> Frame:
    ends = [_x(view, line, step, at) for line, word in marks for step, at in _ends(word)]
    kinds: dict[Axis, Kind] = {"step": "whole", "time": "time", "relative": "duration"}
    kind: Kind = "log" if view.is_log else "linear"
    across = spread([*(each.x for each in spots), *ends], kinds[view.axis], with_room=False)
    up = spread((end for each in spots for end in (each.part.minimum, each.part.maximum, each.y)), kind)
    is_named = (size[1] >= _NAMED_FROM, False)
    return frame(size, (across, kinds[view.axis]), (up, kind), is_named=is_named)


def _ends(word: Word) -> tuple[tuple[int, int], tuple[int, int]]:
    return (word.first_step, word.first_at), (word.last_step, word.last_at)


def _bands(drawn: _Drawn, found: Frame) -> Iterator[str]:
    """Yield between what lies what was folded."""
    for stretch in drawn.stretches:
        if all(each.part.minimum == each.part.maximum for each in stretch):
            continue
        upper = [(found.across.at(each.x), found.up.at(each.part.maximum)) for each in stretch]
        lower = [(found.across.at(each.x), found.up.at(each.part.minimum)) for each in stretch]
        if len(stretch) == 1:
            (x, top), (_, bottom) = upper[0], lower[0]
            yield element("path", d=f"M{x:.1f} {top:.1f}V{bottom:.1f}", stroke="currentColor", stroke_opacity=0.3)
            continue
        yield element("path", d=f"M{_path(upper)}L{_path(lower[::-1])}Z", fill="currentColor", fill_opacity=0.18)


def _lines(drawn: _Drawn, found: Frame, kind: str, opacity: float) -> Iterator[str]:
    is_dotted = kind == "line" and sum(map(len, drawn.stretches)) <= _DOTS_MAX
    for stretch in drawn.stretches:
        places = [(found.across.at(each.x), found.up.at(each.y)) for each in stretch]
        if len(places) > 1:
            yield element(
                "path", d=f"M{_path(places)}", class_=kind, fill="none", stroke="currentColor", stroke_opacity=opacity,
                stroke_width=1.8, stroke_linejoin="round",
            )  # fmt: skip
        if is_dotted or (kind == "line" and len(places) == 1):
            dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
            yield element(
                "path", d=dots, stroke="currentColor", stroke_width=5, stroke_linecap="round", stroke_dasharray="none"
            )


def _path(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _smoothed(stretches: list[list[_Spot]], weight: float) -> Iterator[list[_Spot]]:
    """Yield stretches with their exponential moving average, without the pull of a beginning at nothing."""
    mean, share = 0.0, 0.0
    for stretch in stretches:
        made = list[_Spot]()
        for each in stretch:
            mean = weight * mean + (1 - weight) * each.y
            share = weight * share + (1 - weight)
            made.append(each._replace(y=mean / share))
        yield made


def _mark(line: Line, word: Word, found: Frame, view: View) -> str:
    """Return the mark of what is not finite: at the top, at the bottom or, for NaN, on the axis."""
    x = found.across.at(_x(view, line, word.first_step, word.first_at))
    end = found.across.at(_x(view, line, word.last_step, word.last_at))
    y = {"Infinity": found.place.top + 8, "-Infinity": found.place.bottom - 2}.get(word.word, found.place.bottom - 2)
    steps = (
        f"step {word.first_step}"
        if word.first_step == word.last_step
        else f"steps {word.first_step} to {word.last_step}"
    )
    count = "" if word.point_count == 1 else f", {word.point_count:,} values"
    said = f"{line.name}: {_SAID.get(word.word, word.word)} at {steps}{count}"
    parts = [tip(said), label((x + end) / 2, y, _SIGNS.get(word.word, "×"), text_anchor="middle", fill="currentColor")]
    if end - x > 6:
        parts.append(
            element("path", d=f"M{x:.1f} {y - 4:.1f}H{end:.1f}", stroke="currentColor", stroke_dasharray="1 3")
        )
    return element("g", "".join(parts), **{**_colour(line.place), "class_": f"odd c{line.place % len(COLOURS)}"})


def _columns(drawn: Sequence[_Drawn], found: Frame, view: View, zoom: Zoom | None) -> list[str]:
    """Return what says the values above each place to whoever points at it."""
    most = _COLUMNS_MAX if len(drawn) <= _MARKED_MAX else _COLUMNS_OF_MANY
    count = min(most, max(1, int(found.place.width / 6)))
    columns: dict[int, list[tuple[_Drawn, _Spot]]] = defaultdict(list)
    every = sorted({spot.x for each in drawn for spot in each.spots})
    if not every:
        return []
    # Where there are few places, each is a column of its own.
    places = {x: at for at, x in enumerate(every)} if len(every) <= count else None
    for each in drawn:
        for spot in each.spots:
            share = (found.across.at(spot.x) - found.place.left) / max(1.0, found.place.width)
            columns[places[spot.x] if places else int(share * (count - 1e-9))].append((each, spot))
    edges = _edges([columns[place] for place in sorted(columns)], found)
    return [
        element(
            "g",
            "".join(_column(columns[place], found, view, zoom, edge)),
            class_="at",
        )
        for place, edge in zip(sorted(columns), edges, strict=True)
    ]


def _edges(columns: Sequence[Sequence[tuple[_Drawn, _Spot]]], found: Frame) -> list[Range]:
    """Return from where to where each column goes: to the middle between it and its neighbours."""
    middles = [sum(found.across.at(spot.x) for _, spot in each) / len(each) for each in columns]
    between = [(left + right) / 2 for left, right in pairwise(middles)]
    return list(zip([found.place.left, *between], [*between, found.place.right + 6], strict=True))


def _column(
    spots: Sequence[tuple[_Drawn, _Spot]], found: Frame, view: View, zoom: Zoom | None, edge: Range
) -> Iterator[str]:
    newest = {id(each): (each, spot) for each, spot in spots}
    first, last = min(spot.part.first_step for _, spot in spots), max(spot.part.last_step for _, spot in spots)
    said = [_when(first, last, [spot.part for _, spot in spots], view, spots[0][0].line)]
    told = [_told(each, [spot for it, spot in spots if it is each], view) for each, _ in newest.values()]
    is_alone = len(told) == 1
    said += [value if is_alone else f"{name}: {value}" for name, value in told[:_NAMED_MAX]]
    if len(told) > _NAMED_MAX:
        said.append(f"and {len(told) - _NAMED_MAX} more")
    area = element(
        "rect", tip("\n".join(said)), x=edge[0], y=found.place.top, width=max(0.5, edge[1] - edge[0]), height=found.place.height,
        fill="transparent",
    )  # fmt: skip
    if zoom:
        yield f'<a href="{text(zoom(first, last))}" tabindex="-1">{area}</a>'
    else:
        yield area
    for each, spot in newest.values() if len(newest) <= _MARKED_MAX else ():
        x, y = found.across.at(spot.x), found.up.at(spot.y)
        yield element("circle", cx=x, cy=y, r=3.6, fill="currentColor", **_colour(each.line.place))


def _when(first: int, last: int, parts: Sequence[Part], view: View, line: Line) -> str:
    steps = f"step {first:,}" if first == last else f"steps {first:,} to {last:,}"
    at = parts[-1].last_at
    if view.axis == "relative":
        return f"{duration(at - line.began_at)} after the start, {steps}"
    if view.axis == "time":
        try:
            return f"{_EPOCH + timedelta(milliseconds=at):%Y-%m-%d %H:%M:%S} UTC, {steps}"
        except (OverflowError, ValueError):
            return steps
    return steps


def _told(drawn: _Drawn, spots: Sequence[_Spot], view: View) -> tuple[str, str]:
    """Return the name of a line and its value, or what was folded."""
    count = sum(each.part.point_count for each in spots)
    name = shortened(drawn.line.name, 60)
    smooth = f" (smoothed {number(spots[-1].y)})" if view.smoothing else ""
    if count == 1:
        return name, f"{number(spots[0].part.mean)}{smooth}"
    least, most = min(each.part.minimum for each in spots), max(each.part.maximum for each in spots)
    mean = math.fsum(each.part.mean * (each.part.point_count / count) for each in spots)
    return name, f"{number(mean)} on average of {count:,}, {number(least)} to {number(most)}{smooth}"


def _described(drawn: Sequence[_Drawn], marks: Sequence[tuple[Line, Word]], view: View) -> str:
    parts = [spot.part for each in drawn for spot in each.spots]
    over = {"step": "step", "time": "time", "relative": "time since the start"}[view.axis]
    said = [f"{len(drawn)} curve{'s' if len(drawn) != 1 else ''} by {over}{', logarithmic' if view.is_log else ''}"]
    if parts:
        least, most = min(each.minimum for each in parts), max(each.maximum for each in parts)
        said.append(f"from {number(least)} to {number(most)}")
    if marks:
        count = sum(word.point_count for _, word in marks)
        said.append(f"{count:,} value{'s are' if count != 1 else ' is'} not finite")
    left_out = sum(each.mean <= 0 for it in drawn for each in it.line.curve.parts) if view.is_log else 0
    if left_out:
        said.append(f"{left_out} not above 0, which have no place on a logarithmic axis")
    return ", ".join(said) + "."

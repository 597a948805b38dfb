"""Many runs by what they were told and what they measured: parallel coordinates, and one against another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from lineal.formats.figures.axes import Kind, Names, Ruler, Scale, Side, frame, spread
from lineal.formats.figures.metric_charts import line_style
from lineal.formats.figures.svg import element, figure, label, shortened, tip
from lineal.formats.wording import figure as number

Value = float | str | None

DIMENSIONS_MAX = 12
_NAMES_MAX, _LABELLED_MAX = 12, 14
_HEIGHT, _TOP, _BOTTOM = 320.0, 44.0, 34.0
_STEP, _WIDTH = 130.0, 1100.0
_LOG_FROM = 1_000


class Dimension(NamedTuple):
    """A parameter or a metric: its name, and its value in each run, None where it has none."""

    name: str
    values: tuple[Value, ...]

    @property
    def is_number(self) -> bool:
        """Whether all there is are numbers."""
        return all(isinstance(each, float) for each in self.values if each is not None)

    @property
    def side(self) -> Side:
        """Between what its values lie, or which names it has."""
        found = [each for each in self.values if each is not None]
        numbers = [each for each in found if isinstance(each, float) and math.isfinite(each)]
        if self.is_number:
            is_wide = bool(numbers) and min(numbers) > 0 and max(numbers) / min(numbers) >= _LOG_FROM
            kind: Kind = "log" if is_wide else "linear"
            return spread(numbers, kind), kind
        return tuple(dict.fromkeys(_said(each) for each in sorted(found, key=str))) or ("",)

    def at(self, run: int) -> Value:
        """Return where a run is on its side; None where it has no place."""
        value = self.values[run]
        if self.is_number:
            return value if value is None or math.isfinite(float(value)) else None
        return None if value is None else _said(value)


def _said(value: Value) -> str:
    return "—" if value is None else value if isinstance(value, str) else number(value)


class Run(NamedTuple):
    """A run among others: its name, and how it is drawn everywhere on the page."""

    name: str
    place: int


def parallel(runs: Sequence[Run], dimensions: Sequence[Dimension]) -> str:
    """Return parallel coordinates: an axis for each dimension, and a line for each run; empty for fewer than two axes.

    Args:
        runs: which.
        dimensions: in the order of the axes. A run without a value passes below.
    """
    shown = [each for each in dimensions if any(value is not None for value in each.values)][:DIMENSIONS_MAX]
    if len(shown) < 2:
        return ""
    step, bottom = max(_STEP, (_WIDTH - 170.0) / (len(shown) - 1)), _HEIGHT - _BOTTOM
    width = step * (len(shown) - 1) + 170.0
    rulers = [_upright(each, bottom) for each in shown]
    places = [85.0 + step * at for at in range(len(shown))]
    axes = list(zip(places, shown, rulers, strict=True))
    parts = [part for x, each, _ in axes for part in _axis(x, each, bottom)]
    for at, run in enumerate(runs):
        heights = [
            bottom + 16 if (value := each.at(at)) is None else ruler.at(value)  # type: ignore[arg-type]
            for each, ruler in zip(shown, rulers, strict=True)
        ]
        said = "\n".join([run.name, *(f"{each.name}: {_said(each.values[at])}" for each in shown)])
        parts.append(_line(run, list(zip(places, heights, strict=True)), said))
    # Over the lines, for a number that is crossed out cannot be read.
    parts += [part for x, _, ruler in axes for part in _ticks(x, ruler)]
    described = f"{len(runs)} runs by {', '.join(shortened(each.name, 40) for each in shown)}; a line below an axis has no value there."
    return figure("parallel", "Parallel coordinates", described, (width, _HEIGHT), parts)


def _upright(each: Dimension, bottom: float) -> Ruler:
    side = each.side
    if isinstance(side[0], str):
        return Names(side, bottom, _TOP)
    (least, most), kind = side
    return Scale(least, most, bottom, _TOP, kind)


def _axis(x: float, each: Dimension, bottom: float) -> Iterator[str]:
    yield element("line", x1=x, y1=_TOP, x2=x, y2=bottom, stroke="currentColor", stroke_opacity=0.6)
    yield element(
        "g", tip(each.name) + label(x, _TOP - 18, shortened(each.name, 18), text_anchor="middle", font_weight="600")
    )


def _ticks(x: float, ruler: Ruler) -> Iterator[str]:
    for value, said in ruler.ticks(5 if isinstance(ruler, Scale) else _NAMES_MAX):
        y = ruler.at(value)  # type: ignore[arg-type]
        yield element("line", x1=x - 3, y1=y, x2=x + 3, y2=y, stroke="currentColor", stroke_opacity=0.6)
        yield label(x + 7, y + 4, said, fill="currentColor", class_="tick")


def _line(run: Run, places: list[tuple[float, float]], said: str) -> str:
    """Return the line of a run, which bends where it meets an axis."""
    path = f"M{places[0][0]:.1f} {places[0][1]:.1f}"
    for (x1, y1), (x2, y2) in pairwise(places):
        middle = (x1 + x2) / 2
        path += f"C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    drawn = element("path", d=path, fill="none", stroke="currentColor", stroke_width=1.8, stroke_opacity=0.85)
    wide = element("path", d=path, fill="none", stroke="transparent", stroke_width=10, stroke_dasharray="none")
    return element("g", tip(said) + drawn + wide, **line_style(run.place, "way"))


def scatter(
    runs: Sequence[Run], across: Dimension, up: Dimension, *, size: tuple[float, float] = (560.0, 340.0)
) -> str:
    """Return one parameter or metric of runs against another; empty where no run has both."""
    places = [
        (at, x, y) for at in range(len(runs)) if (x := across.at(at)) is not None and (y := up.at(at)) is not None
    ]
    if not places:
        return ""
    found = frame(size, across.side, up.side, is_named=(True, True))
    parts = found.axes((across.name, up.name))
    for at, x, y in places:
        run = runs[at]
        said = f"{run.name}\n{across.name}: {_said(across.values[at])}\n{up.name}: {_said(up.values[at])}"
        left, top = found.across.at(x), found.up.at(y)  # type: ignore[arg-type]
        dot = element("circle", tip(said), cx=left, cy=top, r=5.5, fill="currentColor", fill_opacity=0.8)
        parts.append(element("g", dot, **line_style(run.place, "spot", dashed=False)))
        if len(places) <= _LABELLED_MAX:
            is_right = left > found.place.right - 90
            parts.append(
                label(
                    left + (-9 if is_right else 9),
                    top + 4,
                    shortened(run.name, 16),
                    text_anchor="end" if is_right else "start",
                )
            )
    described = f"{shortened(up.name, 60)} by {shortened(across.name, 60)} of {len(places)} runs."
    return figure("scatter", f"{shortened(up.name, 60)} by {shortened(across.name, 60)}", described, size, parts)

"""The frame that figures stand in: from values to places, round numbers on the way, and two axes with their names."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from lineal.formats.figures.svg import element, label, shortened

Kind = Literal["linear", "whole", "log", "time", "duration"]
"""How values are spread: evenly, likewise whole numbers, by their logarithm, as times in milliseconds since 1970, as
milliseconds."""

_ROUND = (10, 20, 25, 50, 100)
_ROOM = 0.04
_SIGN, _LINE = 6.3, 13.0
"""About so wide is a sign, and so high a line."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_CLOCK = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500),
    *(_SECOND * each for each in (1, 2, 5, 10, 15, 30)),
    *(_MINUTE * each for each in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * each for each in (1, 2, 3, 6, 12)),
    *(_DAY * each for each in (1, 2, 7, 14, 30, 90, 180, 365, 730, 1825, 3650)),
)
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_GROUPED_FROM, _PLAIN_MAX, _DECIMALS_MAX = 10_000, 1e15, 6
_GREATEST = sys.float_info.max
_SMALL, _TINY = 1e-3, 1e-12
_NAME_MAX, _TICK_MAX = 60, 18


class Place(NamedTuple):
    """The part of a figure where its values are."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Where it ends below."""
        return self.top + self.height


class Scale(NamedTuple):
    """From values to places along one side of a figure."""

    least: float
    most: float
    start: float
    end: float
    kind: Kind = "linear"

    def at(self, value: float) -> float:
        """Return where a value is; one outside is at the end of its side."""
        if self.kind == "log":
            least, most, value = (math.log10(max(each, 5e-324)) for each in (self.least, self.most, value))
        else:
            # Halves, for what lies between the two greatest numbers is none.
            least, most, value = self.least / 2, self.most / 2, value / 2
        across = (most - least) or 1.0
        share = min(max((value - least) / across, 0.0), 1.0)
        return self.start + share * (self.end - self.start)

    def has(self, value: float) -> bool:
        """Tell whether a value has a place at all: what is not above nothing has no logarithm."""
        return value > 0 or self.kind != "log"

    def ticks(self, count: int = 5) -> list[tuple[float, str]]:
        """Return about so many round values with what stands beside them."""
        if self.kind == "log":
            found, step = _powers(self.least, self.most, count)
        elif self.kind in {"time", "duration"}:
            found, step = _moments(self.least, self.most, count)
        else:
            found, step = _stepped(self.least, self.most, count, is_whole=self.kind == "whole")
        if self.kind == "time":
            return list(zip(found, _times(found, step), strict=True))
        say = duration if self.kind == "duration" else (lambda value: _number(value, step, found))
        return [(value, say(value)) for value in found]


class Names(NamedTuple):
    """Places of names along one side of a figure, one beside the other."""

    names: tuple[str, ...]
    start: float
    end: float

    def at(self, value: Any) -> float:
        """Return where a name is."""
        share = (self.names.index(value) + 0.5) / len(self.names)
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[tuple[str, str]]:
        """Return about so many of the names, and how they are written."""
        every = math.ceil(len(self.names) / max(1, count))
        return [(name, shortened(name, _TICK_MAX) or "(empty)") for name in self.names[::every]]


Ruler = Scale | Names


class Frame(NamedTuple):
    """Where values are, and the scales to there."""

    place: Place
    across: Ruler
    up: Ruler

    def axes(self, names: tuple[str, str] = ("", "")) -> list[str]:
        """Return both axes with ticks and grid; ``names`` stand below and at the left."""
        return axes(self.place, self.across, self.up, names)


Range = tuple[float, float]


def spread(values: Iterable[float], kind: Kind = "linear", *, with_room: bool = True) -> Range:
    """Return between what values lie, with some room around them; one value alone gets room on both sides."""
    found = [each for each in values if math.isfinite(each) and (each > 0 or kind != "log")]
    if not found:
        return (1.0, 10.0) if kind == "log" else (0.0, 1.0)
    least, most = min(found), max(found)
    if kind == "log":
        factor = 2.0 if least == most else 10 ** (_ROOM * (math.log10(most) - math.log10(least))) if with_room else 1.0
        return max(least / factor, 5e-324), min(most * factor, _GREATEST)
    if least == most:
        around = {"linear": abs(least) * 0.05 or 0.5, "whole": 1.0}.get(kind, 500.0)
        around = max(around, 4 * math.ulp(least))  # of a very large one, nothing less is another number
        return max(least - around, -_GREATEST), min(most + around, _GREATEST)
    room = (most * _ROOM - least * _ROOM) if with_room else 0.0
    return max(least - room, -_GREATEST), min(most + room, _GREATEST)


Side = tuple[Range, Kind] | tuple[str, ...]
"""Between what the values of a side lie and how they are spread, or its names."""


def _ruler(side: Side, start: float, end: float) -> Ruler:
    if isinstance(side[0], str):
        return Names(side, start, end)
    (least, most), kind = side
    return Scale(least, most, start, end, kind)


def frame(
    size: tuple[float, float],
    across: Side,
    up: Side,
    *,
    is_named: tuple[bool, bool] = (False, False),
) -> Frame:
    """Return a frame in a figure of that size, with room at the left for the longest number.

    Args:
        size: of the whole figure.
        across: from left to right: between what values lie and how they are spread, or names.
        up: likewise from below to above.
        is_named: whether a name stands below, and one at the left.
    """
    width, height = size
    bottom = height - (24.0 + (18.0 if is_named[0] else 0.0))
    high = _ruler(up, bottom, 10.0)
    longest = max((len(said) for _, said in high.ticks(_count(bottom - 10, 42))), default=1)
    left = min(12 + longest * _SIGN, width / 2) + (16.0 if is_named[1] else 0.0)
    place = Place(left, 10.0, width - left - 14, bottom - 10)
    return Frame(place, _ruler(across, place.left, place.right), high)


def axes(
    place: Place, across: Ruler, up: Ruler, names: tuple[str, str], say: Callable[[Any], str] | None = None
) -> list[str]:
    """Return both axes of a figure with their ticks and names.

    Args:
        place: where the values are.
        across: the scale from left to right.
        up: the scale from below to above.
        names: what stands below and at the left.
        say: writes a value, where the scale should not.
    """
    parts = []
    heights: list[tuple[Any, str]] = [*up.ticks(_count(place.height, 42))]
    for value, said in heights:
        y = up.at(value)
        parts.append(_line(place.left, y, place.right, y, "grid"))
        parts.append(label(place.left - 6, y + 4, say(value) if say else said, text_anchor="end"))
    parts += _below(place, across, say)
    parts.append(_line(place.left, place.bottom, place.right, place.bottom, "axis"))
    parts.append(_line(place.left, place.top, place.left, place.bottom, "axis"))
    middle = place.top + place.height / 2
    if names[0]:
        said = shortened(names[0], _NAME_MAX)
        parts.append(label(place.left + place.width / 2, place.bottom + 32, said, text_anchor="middle"))
    if names[1]:
        turned = f"rotate(-90 12 {middle:.1f})"
        most = max(8, int(place.height / _SIGN))
        parts.append(label(12, middle, shortened(names[1], most), text_anchor="middle", transform=turned))
    return parts


def _below(place: Place, across: Ruler, say: Callable[[Any], str] | None) -> list[str]:
    """Return the ticks of the axis below: as many as there is room for."""
    count = _count(place.width, 62)
    ticks: list[tuple[Any, str]] = [*across.ticks(count)]
    while len(ticks) > 2 and max(len(said) for _, said in ticks) * _SIGN + 8 > place.width / (len(ticks) - 1):
        ticks = ticks[::2]
    parts = []
    for value, said in ticks:
        x = across.at(value)
        parts.append(_line(x, place.top, x, place.bottom, "grid"))
        anchor = "end" if x > place.right - len(said) * 2 else "middle"
        parts.append(label(min(x, place.right + 8), place.bottom + 15, say(value) if say else said, text_anchor=anchor))
    return parts


def _count(length: float, each: float) -> int:
    return max(2, int(length / each))


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    opacity = 0.13 if kind == "grid" else 0.6
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", stroke_opacity=opacity)


def ticks(least: float, most: float, count: int = 5) -> list[float]:
    """Return round numbers between two, about so many."""
    return _stepped(least, most, count)[0]


def _stepped(least: float, most: float, count: int, *, is_whole: bool = False) -> tuple[list[float], float]:
    """Return round numbers between two, and by what they differ."""
    if not math.isfinite(least) or not math.isfinite(most) or most <= least:
        return [least], 0.0
    rough = most / count - least / count
    if rough <= 0:
        return [least], 0.0
    power = math.floor(math.log10(rough)) - 1
    base = next((each for each in _ROUND if each * 10.0**power >= rough * 0.999), 100)
    if is_whole and base * 10.0**power != round(base * 10.0**power):
        base, power = (10, -1) if power < -1 else (50, -1)
    step = float(f"{base}e{power}")
    if step <= 0:
        return [least], 0.0
    first, last = math.ceil(least / step - 1e-9), math.floor(most / step + 1e-9)
    # Written as a decimal, so that 3 * 0.1 is 0.3.
    found = [float(f"{place * base}e{power}") for place in range(first, min(last, first + 4 * count) + 1)]
    return list(dict.fromkeys(found)) or [least], step


def _powers(least: float, most: float, count: int) -> tuple[list[float], float]:
    """Return powers of ten between two positive numbers; with 2 and 5 times those where they are few, and else round numbers."""
    low, high = math.log10(max(least, 5e-324)), math.log10(most)
    if high - low < 0.7:
        return _stepped(least, most, count)
    every = max(1, math.ceil((high - low) / (count + 1)))
    factors = (1, 2, 5) if high - low < 2.2 else (1,)
    found = [
        value
        for power in range(math.floor(low), math.ceil(high) + 1)
        if power % every == 0
        for factor in factors
        if 0 < (value := float(f"{factor}e{power}")) < math.inf and least <= value <= most
    ]
    return found or [least], 0.0


def _moments(least: float, most: float, count: int) -> tuple[list[float], float]:
    """Return round times between two, and by what they differ, in milliseconds."""
    rough = (most - least) / max(1, count)
    step = next((each for each in _CLOCK if each >= rough * 0.999), 0)
    if not step:
        return _stepped(least, most, count)
    first = math.ceil(least / step)
    return [float(step * place) for place in range(first, math.floor(most / step) + 1)] or [least], float(step)


def _times(values: Sequence[float], step: float) -> list[str]:
    """Return times of day, each with its date where that is another than before."""
    said, before = list[str](), ""
    for value in values:
        try:
            at = _EPOCH + timedelta(milliseconds=value)
        except (OverflowError, ValueError):
            said.append(f"{value:.3g} ms")
            continue
        date = f"{at:%Y-%m-%d}" if step >= _DAY else f"{at:%m-%d}"
        if step >= _DAY:
            said.append(date)
            continue
        clock = f"{at:%H:%M}" if step >= _MINUTE else f"{at:%H:%M:%S}"
        if step < _SECOND:
            clock += f".{at.microsecond // 1000:03d}"
        said.append(clock if date == before else f"{date} {clock}")
        before = date
    return said


def duration(milliseconds: float) -> str:
    """Return how long something took, in the two units that matter."""
    if milliseconds < 0:
        return f"−{duration(-milliseconds)}"
    if milliseconds < _SECOND:
        return f"{milliseconds:.0f} ms" if milliseconds else "0"
    for unit, name, below, below_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", _SECOND, "s"),
    ):
        # Rounded first: what is nearly an hour is not 60 minutes.
        if (rounded := round(milliseconds / below) * below) >= unit:
            whole, rest = divmod(rounded, unit)
            return f"{whole:.0f} {name}{f' {rest / below:.0f} {below_name}' if rest else ''}"
    return f"{milliseconds / _SECOND:.3g} s"


def _number(value: float, step: float, among: Sequence[float]) -> str:
    """Return a number of an axis, with as many digits as tell it from the next one."""
    if not value:
        return "0"
    greatest = max(map(abs, among))
    if not step:
        mantissa, _, power = f"{value:g}".partition("e")
        return f"{mantissa}e{int(power)}" if power else _in_units(value, value) if value >= _GROUPED_FROM else mantissa
    if greatest >= _PLAIN_MAX or (step < 10.0**-_DECIMALS_MAX and (greatest < _SMALL or step < _TINY)):
        digits = max(0, math.floor(math.log10(greatest)) - math.floor(math.log10(step)))
        mantissa, _, power = f"{value:.{min(digits, 16)}e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(power)}"
    if step >= 100 and greatest >= _GROUPED_FROM:
        return _in_units(value, greatest, step)
    return f"{value:.{_decimals(step)}f}"


def _decimals(step: float) -> int:
    """Return how many digits behind the point tell round numbers apart: of a step of 2.5 one more than of 2."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return decimals + (round(step, decimals) != float(f"{step:.12g}"))


def _in_units(value: float, greatest: float, step: float = 0.0) -> str:
    for unit, name in _UNITS:
        if greatest >= unit:
            return f"{value / unit:.{_decimals(step / unit)}f}{name}" if step else f"{value / unit:g}{name}"
    return f"{value:g}"

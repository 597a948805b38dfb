"""What a program told other trackers, put beside what was seen of it, each value once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lineal.objects.canonical import Number, Scalar, number
from lineal.objects.runs import Point

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineal.capture.told.params import Params
    from lineal.capture.told.record import Event, Gathered

TRACKED = 2
"""How strongly a tracker holds a name: as a configuration file does, so the command line is stronger."""

_WORD = re.compile(r"[A-Za-z0-9]+")
_WORDS: dict[str, Scalar] = {"True": True, "False": False, "None": None}


class _Param(NamedTuple):
    """A value that a tracker was told, or took from a framework by itself; in the program, or in one that it started."""

    tracker: str
    value: Scalar
    is_automatic: bool
    is_outer: bool


class Tracked:
    """Values that trackers were told, until all that was seen is known."""

    def __init__(self) -> None:
        self.params: dict[str, _Param] = {}
        self.points: list[Point] = []
        self.summary: dict[str, object] = {}
        self.next_step: dict[str, int] = {}


def take_tracked(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """Parameters, metrics, tags and summaries that another tracker was told."""
    tracked = gathered.tracked
    for name, value in event.get("params", {}).items():
        kept = gathered.kept(name, value)
        is_outer = event["file"] in gathered.outer
        tracked.params[name] = _Param(event["by"], literal(kept), bool(event.get("automatic")), is_outer)
    for key, value in event.get("metrics", {}).items():
        step = tracked.next_step.get(key, 0) if event["step"] is None else int(event["step"])
        tracked.next_step[key] = step + 1
        tracked.points.append(Point(key=key, step=step, value=number(float(value)), at=event["at"]))
    for name, value in event.get("tags", {}).items():
        gathered.tags[name] = str(gathered.kept(name, value))
    tracked.summary |= event.get("summary", {})


def literal(value: Scalar) -> Scalar:
    """Return the number, truth value or nothing that a text stands for: MLflow makes every parameter a text."""
    if not isinstance(value, str):
        return value
    if value in _WORDS:
        return _WORDS[value]
    for kind in (int, float):
        try:
            found = kind(value)
        except ValueError:
            continue
        # Not 007, 1_000 or the like, which are names.
        return found if str(found) == value or (kind is float and "_" not in value) else value
    return value


def put_params(params: Params, tracked: Tracked) -> None:
    """Put what trackers were told beside what was seen; what a tracker's autologging saw as well is left out."""
    known = {(name.rpartition(".")[2], str(value)) for name, value in params.values().items()}
    for name, each in tracked.params.items():
        if not (each.is_automatic and (name, str(each.value)) in known):
            params.put(name, each.value, each.tracker, TRACKED, is_outer=each.is_outer)


def merged_series(seen: Iterable[Point], tracked: Tracked, *, at: int) -> list[Point]:
    """Return all points. A tracker's metric is left out when one that was seen has its last word and all its values."""
    found = list(seen)
    values = _values(found)
    doubles = {
        key
        for key, own in _values(tracked.points).items()
        if any(_last_word(key) == _last_word(other) and own <= those for other, those in values.items())
    }
    found += [each for each in tracked.points if each.key not in doubles]
    last = {each.key: each.value for each in found}
    for name, value in tracked.summary.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            measured = number(float(value))
            if last.get(name) != measured:
                found.append(Point(key=f"summary.{name}" if name in last else name, step=0, value=measured, at=at))
    return found


def _values(points: Iterable[Point]) -> dict[str, set[Number]]:
    found: dict[str, set[Number]] = {}
    for each in points:
        found.setdefault(each.key, set()).add(each.value)
    return found


def _last_word(key: str) -> str:
    return _WORD.findall(key)[-1].lower() if _WORD.search(key) else key

"""What a program told other trackers, put beside what was seen of it, each value once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lineal.capture.told.points import Counting
from lineal.objects.canonical import Number, Scalar, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lineal.capture.told.params import Params
    from lineal.capture.told.record import Event, Gathered

TRACKED = 2
"""How strongly a tracker holds a name: as a configuration file does, so the command line is stronger."""

_VALUES_MAX = 200_000
"""So many different values are remembered of all metrics together."""

_WORD = re.compile(r"[A-Za-z0-9]+")
_WORDS: dict[str, Scalar] = {"True": True, "False": False, "None": None}


class _Param(NamedTuple):
    """A value that a tracker was told, or took from a framework by itself; in the program, or in one that it started."""

    tracker: str
    value: Scalar
    is_automatic: bool
    is_outer: bool


class Values:
    """The different values that metrics had, as long as memory need not mind."""

    def __init__(self) -> None:
        self._found: dict[str, set[Number]] = {}
        self._cut: set[str] = set()
        self._room = _VALUES_MAX

    def add(self, key: str, value: Number) -> None:
        """Take note of a value."""
        found = self._found.setdefault(key, set())
        if value in found or key in self._cut:
            return
        if not self._room:
            self._cut.add(key)
            return
        self._room -= 1
        found.add(value)

    def is_within(self, key: str, others: Values) -> bool:
        """Tell whether a metric of ``others`` with the same last word has all values of ``key``."""
        own, word = self._found[key], last_word(key)
        return key not in self._cut and any(
            own <= those for other, those in others._found.items() if last_word(other) == word
        )

    def __iter__(self) -> Iterator[str]:
        """Go through the metrics."""
        return iter(self._found)


class Tracked:
    """Values that trackers were told, until all that was seen is known."""

    def __init__(self) -> None:
        self.params: dict[str, _Param] = {}
        self.metrics: dict[str, Number] = {}
        self.values = Values()
        self.counting = Counting()
        self.summary: dict[str, object] = {}

    def doubles(self, seen: Values) -> frozenset[str]:
        """Return the metrics that were seen anyway: one that was seen has the same last word and all the values."""
        return frozenset(key for key in self.values if self.values.is_within(key, seen))

    def told_in_the_end(self, metrics: Mapping[str, Number]) -> dict[str, Number]:
        """Return what a tracker was told of the whole run, where it is not the last value of a metric anyway."""
        found: dict[str, Number] = {}
        for name, value in self.summary.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                measured = number(float(value))
                if metrics.get(name) != measured:
                    found[f"summary.{name}" if name in metrics else name] = measured
        return found


def take_tracked(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """Parameters, metrics, tags and summaries that another tracker was told."""
    tracked = gathered.tracked
    for name, value in event.get("params", {}).items():
        kept = gathered.kept(name, value)
        is_outer = event["file"] in gathered.outer
        tracked.params[name] = _Param(event["by"], literal(kept), bool(event.get("automatic")), is_outer)
    for point in tracked.counting.points(event) if "metrics" in event else ():
        tracked.metrics[point.key] = point.value
        tracked.values.add(point.key, point.value)
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


def last_word(key: str) -> str:
    """Return the last word of a metric's name: ``loss`` of ``valid/loss``."""
    return _WORD.findall(key)[-1].lower() if _WORD.search(key) else key

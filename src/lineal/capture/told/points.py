"""The points of metrics in a spool: counted while they are read, and delivered in batches."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from lineal.capture.told.lines import Event, events
from lineal.formats.series import Series
from lineal.objects.canonical import Number, number
from lineal.objects.runs import Point

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SYSTEM = "system/"
"""Begins the names of metrics of the machine: they have a history, and no last value that would say something."""

_BATCH_POINTS = 50_000


class Counting:
    """Which step and key each point has, as the events come."""

    def __init__(self) -> None:
        self._next_step: dict[str, int] = {}
        self._ranks: dict[str, int] = {}

    def take_rank(self, event: Event) -> None:
        """Note which rank a process is from now on."""
        self._ranks[event["file"]] = int(event["rank"])

    def rank(self, event: Event) -> int:
        """Return the rank of the process that told ``event``."""
        return self._ranks.get(event["file"], 0)

    def points(self, event: Event) -> Iterator[Point]:
        """Yield the points of an event of metrics.

        Those without a step count up by themselves, metric by metric. Those of other ranks than the first have the rank
        behind their key.
        """
        rank = self.rank(event) if self._ranks else 0
        said, at = event["step"], event["at"]
        for key, value in event["metrics"].items():
            if not isinstance(value, int | float):
                continue
            name = f"{key}/rank_{rank}" if rank and not key.startswith(SYSTEM) else key
            step = self._next_step.get(name, 0) if said is None else int(said)
            self._next_step[name] = step + 1
            yield Point(name, step, number(value), at)


def batches(
    spool: Path, *, doubled: frozenset[str] = frozenset(), summary: Mapping[str, Number] = {}, at: int = 0
) -> Iterator[dict[str, Series]]:
    """Yield all points of a spool, by key, so many at a time as memory need not mind.

    Args:
        spool: where they are.
        doubled: metrics of other trackers that are left out, because they were seen anyway.
        summary: values of the whole run, each one point more.
        at: when those were told, in milliseconds since 1970 UTC.
    """
    count = 0
    found: dict[str, Series] = defaultdict(lambda: Series([], [], []))
    for point in chain(_points(spool, doubled), (Point(key, 0, value, at) for key, value in summary.items())):
        series = found[point.key]
        series.steps.append(point.step)
        series.values.append(point.value)
        series.times.append(point.at)
        count += 1
        if count >= _BATCH_POINTS:
            yield dict(found)
            found.clear()
            count = 0
    if count:
        yield dict(found)


def _points(spool: Path, doubled: frozenset[str]) -> Iterator[Point]:
    seen, tracked = Counting(), Counting()
    for event in events(spool, {}):
        try:
            match event["kind"]:
                case "rank":
                    seen.take_rank(event)
                case "metric":
                    yield from seen.points(event)
                case "tracked" if "metrics" in event:
                    yield from (each for each in tracked.points(event) if each.key not in doubled)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue  # whoever read the spool before has noted it as a gap

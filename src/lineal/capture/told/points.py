"""The points of metrics in a spool: counted while they are read, and delivered in batches."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lineal.capture.told.lines import Event, events
from lineal.formats.series import Series
from lineal.objects.canonical import number
from lineal.objects.runs import Point

if TYPE_CHECKING:
    from collections.abc import Iterator
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


def batches(spool: Path) -> Iterator[dict[str, Series]]:
    """Yield all points of a spool, by key, so many at a time as memory need not mind."""
    counting, count = Counting(), 0
    found: dict[str, Series] = defaultdict(lambda: Series([], [], []))
    for event in events(spool, {}):
        try:
            if event["kind"] == "rank":
                counting.take_rank(event)
            if event["kind"] != "metric":
                continue
            for point in counting.points(event):
                series = found[point.key]
                series.steps.append(point.step)
                series.values.append(point.value)
                series.times.append(point.at)
                count += 1
        except (KeyError, TypeError, ValueError, AttributeError):
            continue  # whoever read the spool before has noted it as a gap
        if count >= _BATCH_POINTS:
            yield dict(found)
            found.clear()
            count = 0
    if count:
        yield dict(found)

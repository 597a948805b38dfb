"""Takers of what a program says of its run: metrics, tags, media, seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lineal.capture.told.record import About, Media
from lineal.objects.prepared import prepared

if TYPE_CHECKING:
    from lineal.capture.told.record import Event, Gathered

_SEEDS_MAX = 8


def take_metrics(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """The last value stays; the points are read when they are delivered (`told.points`)."""
    for key, value in event["metrics"].items():
        if not isinstance(value, int | float):
            gathered.gaps[f"the metric {key} was logged with {value!r}, which is no number"] = None
    for point in gathered.counting.points(event):
        gathered.metrics[point.key] = point.value
        gathered.values.add(point.key, point.value)


def take_rank(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """From now on the process is that rank of a distributed training."""
    gathered.counting.take_rank(event)
    if "size" in event:
        gathered.ranks.add(int(event["rank"]), event["file"])
        gathered.ranks.size, gathered.ranks.shared = int(event["size"]), str(event["shared"])


def take_tags(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """The last value of a tag stays."""
    for name, value in event["tags"].items():
        gathered.tags[str(name)] = str(gathered.kept(str(name), str(value)))


def take_about(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """What the program says its run is; the last word counts."""
    gathered.about |= {name: event[name] for name in About.__struct_fields__ if name in event}


def take_media(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """The last value that was logged with a key at a step is the one that is there."""
    found = msgspec.convert(event, prepared(Media))
    gathered.media[found.path] = found


def take_seed(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """What is seeded more than once gets a number behind its name; from the eighth on only the last is kept."""
    what, value = event["what"], int(event["value"])
    names = (what, *(f"{what}.{position}" for position in range(2, _SEEDS_MAX + 1)))
    if value not in [gathered.seeds.get(each) for each in names]:
        free = next((each for each in names if each not in gathered.seeds), None)
        gathered.seeds[free or names[-1]] = value


def take_state(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """The first interpreter that uses a generator is the one that tells where it started."""
    gathered.states.setdefault(str(event["what"]), str(event["value"]))

"""Takers of metrics and seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineal.objects.canonical import number
from lineal.objects.runs import Point

if TYPE_CHECKING:
    from lineal.capture.told.record import Event, Gathered

_SEEDS_MAX = 8


def take_metrics(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """Points without a step count up by themselves, metric by metric."""
    for key, value in event["metrics"].items():
        if not isinstance(value, int | float):
            gathered.gaps[f"the metric {key} was logged with {value!r}, which is no number"] = None
            continue
        step = gathered.next_step.get(key, 0) if event["step"] is None else int(event["step"])
        gathered.next_step[key] = step + 1
        gathered.series.append(Point(key=key, step=step, value=number(float(value)), at=event["at"]))


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

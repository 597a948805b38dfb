"""Takers of the programs that a program started."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.secrets import mask_command
from lineal.objects.children import Child
from lineal.objects.prepared import prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lineal.capture.told.record import Event, Gathered

_LISTED_MAX = 500


def take_child(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """A program was started."""
    command, count = mask_command([str(each) for each in event["command"]])
    gathered.masked_secrets += count
    gathered.children[event["id"]] = msgspec.convert({"command": command, "taken": event["taken"]}, prepared(Child))


def take_child_end(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """It ended."""
    found = gathered.children.get(event["id"])
    if found is not None:
        gathered.children[event["id"]] = msgspec.structs.replace(found, exit_status=int(event["status"]))


def counted(children: Mapping[str, Child], gaps: dict[str, None]) -> tuple[Child, ...]:
    """Return ``children`` in the order they were started first, those that are alike as one; ``gaps`` gets what is too much."""
    counts = Counter(children.values())
    if len(counts) > _LISTED_MAX:
        gaps[f"children: {len(counts):,} different programs were started; the first {_LISTED_MAX} are kept"] = None
    return tuple(msgspec.structs.replace(each, count=count) for each, count in list(counts.items())[:_LISTED_MAX])

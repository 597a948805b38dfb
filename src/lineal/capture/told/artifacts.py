"""Taker of the files that trackers were handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lineal.capture.told.record import Artifact
from lineal.objects.prepared import prepared

if TYPE_CHECKING:
    from lineal.capture.told.record import Event, Gathered


def take_artifact(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """The last file of a name is the one that is there."""
    found = msgspec.convert(event, prepared(Artifact))
    gathered.artifacts[found.name] = found

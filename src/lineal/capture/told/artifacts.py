"""Taker of the files that trackers were handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lineal.capture.told.record import Artifact

if TYPE_CHECKING:
    from lineal.capture.told.record import Event, Gathered


def take_artifact(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """The last file of a name is the one that is there."""
    found = msgspec.convert(event, Artifact)
    gathered.artifacts[found.name] = found

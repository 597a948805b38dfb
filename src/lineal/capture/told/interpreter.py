"""Takers of what an interpreter says of itself, of the models it made, and of what it could not record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lineal.capture.secrets import mask
from lineal.capture.told.record import Cell
from lineal.objects.prepared import prepared
from lineal.objects.runs import ModelFacts
from lineal.objects.runtime import Accelerator

if TYPE_CHECKING:
    from lineal.capture.told.record import Event, Gathered


def take_python(gathered: Gathered, event: Event, is_program: bool) -> None:
    """The program's own interpreter counts, else the first one."""
    if not event.get("around"):
        gathered.outer.add(event["file"])
    gathered.pythons[event["file"]] = event
    if not gathered.python or (is_program and not gathered.is_program):
        gathered.python, gathered.is_program = event, is_program
        gathered.flags |= event["flags"]


def take_end(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """Native libraries and switches are known at an interpreter's end."""
    gathered.ranks.ended.add(event["file"])
    gathered.libraries |= event["libraries"]
    gathered.flags |= event["flags"]
    gathered.devices = gathered.devices or msgspec.convert(event.get("devices", []), prepared(tuple[Accelerator, ...]))


def take_modules(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """All interpreters of a program import its sources."""
    gathered.modules = {**(gathered.modules or {}), **event["files"]}


def take_cell(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """Cells are kept in the order they ran."""
    source, count = mask(event["source"])
    gathered.masked_secrets += count
    is_injected = source in gathered.injected
    gathered.cells.append(Cell(event["file"], int(event["number"]), event["id"], source, event["error"], is_injected))


def take_injected(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """What was put into a notebook is told before its cells run."""
    gathered.injected.add(mask(event["source"])[0])


def take_model(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """The last model saved to a path is the one that is there."""
    gathered.models[event["path"]] = msgspec.convert(event["facts"], prepared(ModelFacts))


def take_gap(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """A sentence about what is missing."""
    gathered.gaps[str(event["text"])] = None

"""Read the events of a spool. A new kind of event is one function, and one line of `TAKERS`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.spool import read_start
from lineal.capture.told.interpreter import take_end, take_gap, take_model, take_python
from lineal.capture.told.record import Event, Gathered, SpoolRecord
from lineal.capture.told.values import take_metrics, take_params, take_seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAKERS: dict[str, Callable[[Gathered, Event, bool], None]] = {
    "python": take_python,
    "end": take_end,
    "param": take_params,
    "metric": take_metrics,
    "seed": take_seed,
    "model": take_model,
    "gap": take_gap,
}
"""Who takes which kind of event; the last argument tells whether the program's first interpreter told it."""


def read(spool: Path) -> SpoolRecord:
    """Return what the events in ``spool`` say together. Lines that were cut off by a crash are left out and noted."""
    gathered = Gathered()
    events: list[Event] = []
    for path in sorted(spool.glob("events-*.jsonl")):
        events += _events(path, gathered.gaps)
    start = read_start(spool)
    program = f"events-{start.program}.jsonl" if start is not None else ""
    for event in sorted(events, key=lambda each: each["at"]):
        take = TAKERS.get(event["kind"])
        gathered.last_at = max(gathered.last_at, event["at"])
        if take is not None:
            try:
                take(gathered, event, event["file"] == program)
            except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError) as error:
                gathered.gaps[f"an event of the kind {event['kind']} could not be understood: {error}"] = None
    return gathered.record()


def _events(path: Path, gaps: dict[str, None]) -> list[Event]:
    found: list[Event] = []
    broken = 0
    with path.open("rb") as lines:
        for line in lines:
            try:
                event = json.loads(line)
                if b"\\ud" in line:  # half a character is no text that a record could hold
                    event = json.loads(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace"))
                found.append({**event, "at": int(event["at"]), "kind": str(event["kind"]), "file": path.name})
            except (ValueError, KeyError, TypeError):
                broken += 1
    if broken:
        gaps[f"{broken} event{'s' if broken > 1 else ''} in {path.name} were cut off and are lost"] = None
    return found

"""Read the events of a spool. A new kind of event is one function, and one line of `TAKERS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lineal.capture.spool import read_start
from lineal.capture.told.artifacts import take_artifact
from lineal.capture.told.children import take_child, take_child_end
from lineal.capture.told.elsewhere import take_label, take_object, take_peer, take_query
from lineal.capture.told.files import take_file
from lineal.capture.told.interpreter import (
    take_cell,
    take_end,
    take_gap,
    take_injected,
    take_model,
    take_modules,
    take_python,
)
from lineal.capture.told.lines import events
from lineal.capture.told.params import take_globals, take_params
from lineal.capture.told.record import Event, Gathered, SpoolRecord
from lineal.capture.told.trackers import take_tracked
from lineal.capture.told.values import (
    take_about,
    take_media,
    take_metrics,
    take_rank,
    take_seed,
    take_state,
    take_tags,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAKERS: dict[str, Callable[[Gathered, Event, bool], None]] = {
    "python": take_python,
    "end": take_end,
    "param": take_params,
    "globals": take_globals,
    "metric": take_metrics,
    "seed": take_seed,
    "state": take_state,
    "model": take_model,
    "tracked": take_tracked,
    "modules": take_modules,
    "cell": take_cell,
    "injected": take_injected,
    "file": take_file,
    "gap": take_gap,
    "object": take_object,
    "query": take_query,
    "label": take_label,
    "peer": take_peer,
    "rank": take_rank,
    "tag": take_tags,
    "about": take_about,
    "media": take_media,
    "artifact": take_artifact,
    "child": take_child,
    "child_end": take_child_end,
}
"""Who takes which kind of event; the last argument tells whether the program's first interpreter told it."""


def read(spool: Path) -> SpoolRecord:
    """Return what the events in ``spool`` say together. Lines that were cut off by a crash are left out and noted.

    The points of metrics are not among it: there may be millions (`told.points.batches`).
    """
    gathered = Gathered()
    start = read_start(spool)
    program = f"events-{start.program}.jsonl" if start is not None else ""
    for event in events(spool, gathered.gaps):
        take = TAKERS.get(event["kind"])
        gathered.first_at = gathered.first_at or event["at"]
        gathered.last_at = max(gathered.last_at, event["at"])
        if take is not None:
            try:
                take(gathered, event, event["file"] == program)
            except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError) as error:
                gathered.gaps[f"an event of the kind {event['kind']} could not be understood: {error}"] = None
    return gathered.record()

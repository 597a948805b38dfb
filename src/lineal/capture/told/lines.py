"""The lines of a spool's event files, one after the other in the order of time, in little memory."""

from __future__ import annotations

import heapq
import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Event = dict[str, Any]
"""One line of the spool: ``kind``, ``at`` (milliseconds since 1970 UTC), ``file`` (whose it is) and its own members."""

_SMALL_BYTES = 1 << 18
"""Files up to this size are read at once: a run may have thousands, and more than may be open at a time."""

_decode = msgspec.json.Decoder().decode


def events(spool: Path, gaps: dict[str, None]) -> Iterator[Event]:
    """Yield the events of all processes by time.

    Args:
        spool: where they are.
        gaps: is told of lines that are none.
    """
    found = []
    for path in sorted(spool.glob("events-*.jsonl")):
        lines = _events(path, gaps)
        found.append(iter(list(lines)) if path.stat().st_size <= _SMALL_BYTES else lines)
    return heapq.merge(*found, key=itemgetter("at")) if len(found) != 1 else found[0]


def _events(path: Path, gaps: dict[str, None]) -> Iterator[Event]:
    broken = 0
    name = path.name
    with path.open("rb") as lines:
        for line in lines:
            try:
                event = _decoded(line)
                event["file"] = name
                event["at"] = int(event["at"])
                event["kind"] = str(event["kind"])
            except (ValueError, KeyError, TypeError):
                broken += 1
                continue
            yield event
    if broken:
        gaps[f"{broken} event{'s' if broken > 1 else ''} in {name} were cut off and are lost"] = None


def _decoded(line: bytes) -> Any:
    try:
        return _decode(line)
    except msgspec.DecodeError:
        found = json.loads(line)  # it knows NaN and the infinities, which are no JSON
        if b"\\ud" in line:  # half a character is no text that a record could hold
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
        return found

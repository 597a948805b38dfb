"""Runs within runs: a recorded script whose steps are recorded too. The files of a step are the step's, not the script's.

When a step ends, its recorder leaves a list of its files in the spool of the run within which it was started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lineal.capture.files.watch.watcher import Seen
from lineal.capture.spool import write_whole
from lineal.objects.prepared import prepared

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_DIRECTORY = "steps"


class Step(msgspec.Struct, frozen=True):
    """The files of a run within, and of the runs within that, by absolute path."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()


def write_step(parent: Path, run_id: str, seen: Seen, within: Iterable[Step]) -> None:
    """Tell the run within which we were started what our files are. Raises OSError."""
    reads, writes = frozenset(seen.reads), seen.writes
    for each in within:
        reads, writes = reads | each.reads, writes | each.writes
    (parent / _DIRECTORY).mkdir(exist_ok=True)
    write_whole(parent / _DIRECTORY / f"{run_id}.json", msgspec.json.encode(Step(reads, writes)))


def read_steps(spool: Path) -> tuple[Step, ...]:
    """Return what the runs within this one left. Raises OSError, and ValueError for what is none."""
    found = sorted((spool / _DIRECTORY).glob("*.json"))
    return tuple(
        msgspec.json.decode(each.read_bytes(), type=prepared(Step)) for each in found if not each.name.startswith(".")
    )


def without_steps(seen: Seen, steps: Iterable[Step]) -> Seen:
    """Return what was seen without the files of steps. What a step only read, and something else wrote, stays written."""
    reads = frozenset[str]().union(*(each.reads | each.writes for each in steps))
    writes = frozenset[str]().union(*(each.writes for each in steps))
    return msgspec.structs.replace(
        seen,
        reads={path: stamp for path, stamp in seen.reads.items() if path not in reads},
        writes=seen.writes - writes,
    )

"""The spool: a directory per run, where its processes leave facts for the launcher, safe from crashes.

::

    start.json            who runs what since when, written before the program starts
    code.json             the code it started from
    events-<process>.jsonl  one event a line, from the program's interpreters
    joined-<process>      one for each process that joined the run by itself
    artifacts/            files that it handed to a tracker
    media/                tables, pictures and the like that it logged
    nested/<id>/          the same of each run that it began inside its run
    stdout, stderr        what it printed
    reserve               room on the disk for the outcome, should the program fill it
    steps/<run>.json      the files of a run that was started within this one
    end.json              the whole outcome, when the launcher lived to see it
"""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import msgspec

from lineal.capture.program.processes import is_alive, start_time
from lineal.objects.context import Context
from lineal.objects.prepared import prepared
from lineal.objects.runs import Training
from lineal.storage.turns import Turn

JOINED = "joined-"
"""Begins the names of files that say which processes joined the run later: their number follows, their start is inside."""

NESTED = "nested"
"""The directory of runs inside the run."""

_LOOK_SECONDS = 0.02

_RESERVE_BYTES = 1 << 18
"""An outcome with a thousand files takes about that."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs what since when. ``process`` is the recorder, ``program`` the recorded program once it runs.

    Processes come with their start time (`processes.start_time`), ``started_at`` is in milliseconds since 1970 UTC.
    ``variables`` are the allowed ones; ``parent`` is the id of the run within which this one was started. ``is_beside``: the
    recorder is not who started the program. ``training``: the recorder itself is a rank of it.
    """

    run_id: str
    command: tuple[str, ...]
    directory: str
    started_at: int
    host: str = ""
    process: int = 0
    process_started: int = 0
    program: int = 0
    program_started: int = 0
    variables: dict[str, str] = {}
    masked_secrets: int = 0
    parent: str = ""
    context: tuple[Context, ...] = ()
    is_beside: bool = False
    training: Training | None = None


def start_path(spool: Path) -> Path:
    """Return where a spool says who it belongs to."""
    return spool / "start.json"


def write_start(spool: Path, start: Start) -> None:
    """Write ``start`` at once or not at all."""
    write_whole(start_path(spool), msgspec.json.encode(start))


def read_start(spool: Path) -> Start | None:
    """Return who ``spool`` belongs to, or None when it does not say."""
    try:
        return msgspec.json.decode(start_path(spool).read_bytes(), type=prepared(Start))
    except (OSError, msgspec.MsgspecError):
        return None


def reserve(spool: Path) -> None:
    """Keep room for the outcome. Raises OSError."""
    (spool / "reserve").write_bytes(bytes(_RESERVE_BYTES))


def write_last(path: Path, data: bytes) -> None:
    """Write a file of a spool as `write_whole`, in the room that was kept for it. Raises OSError."""
    (path.parent / "reserve").unlink(missing_ok=True)
    write_whole(path, data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader finds all of it or none."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)


def this_process() -> tuple[int, int]:
    """Return the number and start time of this process."""
    return os.getpid(), start_time(os.getpid())


def hold(spool: Path) -> Turn:
    """Hold a spool as long as this process lives, or until the turn is released: others cannot see us in every namespace."""
    turn = Turn(str(spool))
    turn.take(0)
    return turn


def _is_held(spool: Path) -> bool:
    turn = Turn(str(spool))
    if not turn.take(0):
        return True
    turn.release()
    return False


def orphans(directory: Path) -> list[Path]:
    """Return the spools in ``directory`` whose recorder and program are dead, oldest first; no other hosts'."""
    found: list[tuple[int, Path]] = []
    for path in directory.iterdir() if directory.is_dir() else ():
        start = read_start(path)
        if start is None or start.host != platform.node():
            continue
        processes = ((start.process, start.process_started), (start.program, start.program_started))
        if not any(each and is_alive(each, started) for each, started in processes) and not _is_held(path):
            found.append((start.started_at, path))
    return [path for _, path in sorted(found)]


def await_recorders(directory: Path, seconds: float = 5.0) -> None:
    """Wait, so long at most, for recorders whose programs have ended and that were not waited for by these."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(_is_ending(path) for path in directory.iterdir()):
        time.sleep(_LOOK_SECONDS)


def _is_ending(spool: Path) -> bool:
    start = read_start(spool)
    return (
        start is not None
        and start.is_beside
        and start.host == platform.node()
        and is_alive(start.process, start.process_started)
        and not is_alive(start.program, start.program_started)
        and not any(spool.glob(f"{JOINED}*"))
    )

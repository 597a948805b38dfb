"""Start and end of the recording inside an interpreter."""

from __future__ import annotations

import atexit
import os
import sys
from importlib import import_module

from . import determinism, interpreter
from .guarding import quietly
from .imports import after_import
from .places.watched import WATCHED as PLACES
from .ranks import inner_place
from .watched import WATCHED
from .writing import emit, spool

_TOLD_BY_ONE = ("frameworks.", "trackers.")
"""What every process of a distributed training would tell alike; only the first does."""

_RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "LOCAL_RANK")

_hooked: list[bool] = []
"""Not empty once the modules are waited for: a second run in the same interpreter uses the same hooks. Whether it is watched."""

_WORKER_MARKS = ("from multiprocessing.", "joblib.externals.loky")

_AROUND = "LINEAL_AROUND"
"""The variable that tells an interpreter which other one it was started by, whatever came between."""


def start() -> None:
    """Record the interpreter, and wait for the modules whose use is to be recorded. Raises OSError."""
    emit("python", parent=os.getppid(), around=_around(), **interpreter.facts())
    rank, size = inner_place()
    if size > 1 and os.environ.get("LINEAL_STREAMS"):
        quietly(import_module(f"{__package__}.streams").separate, rank)
    if _hooked:
        return
    if "readers" in os.environ.get("LINEAL_LEVEL", ""):
        after_import("builtins", "files", "watch")
    _hooked.append(_is_watched(getattr(sys, "orig_argv", [])))
    if _hooked[0]:
        is_first = _rank() == "0"
        for name, recorder, function in WATCHED:
            if is_first or not recorder.startswith(_TOLD_BY_ONE):
                after_import(name, recorder, function)
    # A program's workers read for it, so these are watched in them too.
    for each in PLACES:
        after_import(*each)
    atexit.register(end)


def end() -> None:
    """Record what is known when the interpreter, or the run in it, ends. Never raises."""
    if spool():
        quietly(_end)


def _rank() -> str:
    """Return which process of a distributed training this is, as the launcher that counts them all says."""
    return next((os.environ[each] for each in _RANKS if os.environ.get(each)), "0")


def _around() -> int:
    """Return the process of the recorded interpreter around this one, or 0; one that executed this one is none."""
    around, own = os.environ.get(_AROUND, ""), str(os.getpid())
    os.environ[_AROUND] = own
    return int(around) if around.isdigit() and around != own else 0


def _is_watched(command: list[str]) -> bool:
    """Workers of a pool do parts of what their parent does and records as a whole; our own command is no program."""
    is_worker = any(mark in each for mark in _WORKER_MARKS for each in command)
    is_ours = command[1:3] == ["-m", "lineal"] or [os.path.basename(each) for each in command[1:2]] == ["lineal"]
    return not is_worker and not is_ours


def _end() -> None:
    if _hooked[0]:
        quietly(_note_globals)
    # Only now: the start of a program is what people wait for.
    from . import modules, native

    emit("modules", files=modules.own_modules())
    emit("end", libraries=native.native_libraries(), flags=determinism.flags(), devices=native.devices())


def _note_globals() -> None:
    import_module(f"{__package__}.params.globals").note_globals()

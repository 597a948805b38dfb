"""Look at what a program runs with while it runs, so that little is left to be done at its end."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.capture.runtime.finding import find_runtime
from lineal.capture.told.reading import read
from lineal.capture.told.record import SpoolRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lineal.capture.launch import Plan
    from lineal.capture.runtime.finding import Memory, RuntimeFound

_FIRST_LOOK_S, _LOOK_S_MAX = 0.01, 1.0


class Ahead:
    """A thread that looks at once, and again when the program's interpreter has told of itself.

    Args:
        spool: where it tells.
        look: is called with what was told, nothing at first. What goes wrong goes wrong again at the end, which says so.
    """

    def __init__(self, spool: Path, look: Callable[[SpoolRecord], object]) -> None:
        self._spool = spool
        self._look = look
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lineal-ahead", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for what is being looked at: it is needed now."""
        self._is_over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        self._look(SpoolRecord())
        seconds = _FIRST_LOOK_S
        while not self._is_over.wait(seconds):
            record = read(self._spool) if any(self._spool.glob("events-*.jsonl")) else None
            if record is not None and record.python:
                self._look(record)
                return
            seconds = min(2 * seconds, _LOOK_S_MAX)


def look_around(plan: Plan, record: SpoolRecord, memory: Memory) -> RuntimeFound:
    """Return what the program runs with, after what its interpreters told. Called again, it looks at what may have changed."""
    return find_runtime(
        root=plan.code.root,
        directory=plan.directory,
        python=_python(plan.program, plan.variables),
        record=record,
        variables=plan.variables,
        memory=memory,
    )


def _python(program: tuple[str, ...], variables: Mapping[str, str]) -> Path | None:
    """Return the interpreter that the command line names, or None when it names none."""
    if not Path(program[0]).name.startswith("python"):
        return None
    found = shutil.which(program[0], path=variables.get("PATH", os.defpath))
    return Path(found) if found else None

"""Processes as the kernel knows them: who started when, and who belongs to a run."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")
_ANCESTORS_MAX = 64


def start_time(process: int) -> int:
    """Return when ``process`` started, in the kernel's ticks since boot; 0 when it is gone or this is no Linux.

    With the number it names one process for ever: numbers come round again, start times do not.
    """
    fields = _stat(process)
    return int(fields[19]) if len(fields) > 19 else 0


def is_alive(process: int, started: int) -> bool:
    """Tell whether the very process ``process`` that started at ``started`` still runs; a zombie does not."""
    fields = _stat(process)
    if not PROC.is_dir():
        return _answers(process)
    return bool(fields) and fields[0] not in "ZX" and int(fields[19]) == started


class Family:
    """Tells the processes of one run from all others.

    A process is foreign when it lives, does not descend from us, and lacks our spool in its variables. One that is
    gone already is counted as ours: short-lived children are the rule in a run, strangers in its folders are not.

    Args:
        spool: the run's spool, which every process of the program inherits as ``LINEAL_SPOOL``.
    """

    def __init__(self, spool: Path) -> None:
        self._mark = b"\0LINEAL_SPOOL=" + os.fsencode(spool) + b"\0"
        self._known: dict[int, bool] = {}

    def has(self, process: int) -> bool:
        """Tell whether ``process`` belongs to the run."""
        known = self._known.get(process)
        if known is None:
            known = self._known[process] = self._descends(process) or not self._is_foreign(process)
        return known

    def _descends(self, process: int) -> bool:
        own = os.getpid()
        for _ in range(_ANCESTORS_MAX):
            if process == own:
                return True
            fields = _stat(process)
            if process <= 1 or not fields:
                return False
            process = int(fields[1])
        return False

    def _is_foreign(self, process: int) -> bool:
        try:
            variables = (PROC / str(process) / "environ").read_bytes()
        except OSError:
            return False
        return bool(variables) and self._mark not in b"\0" + variables + b"\0"


def _stat(process: int) -> list[str]:
    """Return the fields of proc(5) ``stat`` after the name, which may hold spaces and brackets."""
    try:
        text = (PROC / str(process) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _answers(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return True

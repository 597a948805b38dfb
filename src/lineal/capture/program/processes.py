"""Processes as the kernel knows them: who started when, and who belongs to a run."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc")
_ANCESTORS_MAX = 64

# linux/pidfd.h: PIDFD_GET_INFO of a struct of 64 bytes, and where it has exit_code once asked for by the mask.
_INFO_BYTES = 64
_GET_INFO = 0xC040FF0B
_INFO_EXIT = 1 << 3
_EXIT_CODE_AT = 60


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


def exit_status(descriptor: int, process: int) -> int | None:
    """Return how a process ended that is no child of ours, negative for a signal; None where the kernel does not tell.

    Args:
        descriptor: its pidfd, which has told of the end.
        process: its number.
    """
    status: int | None = None
    asked = bytearray(_INFO_BYTES)
    asked[0:8] = _INFO_EXIT.to_bytes(8, sys.byteorder)
    # A process that ended is a zombie, which says in proc(5) how, until its parent takes notice; from then on its pidfd
    # says so, since Linux 6.15.
    fields = _stat(process)
    if len(fields) > 49 and fields[0] in "ZX":
        status = int(fields[49])
    else:
        try:
            fcntl.ioctl(descriptor, _GET_INFO, asked)
        except OSError:
            return None
        if int.from_bytes(asked[0:8], sys.byteorder) & _INFO_EXIT:
            status = int.from_bytes(asked[_EXIT_CODE_AT : _EXIT_CODE_AT + 4], sys.byteorder)
    return None if status is None else os.waitstatus_to_exitcode(status)


class Family:
    """Tells the processes of one run from all others.

    A process is foreign when it lives, does not descend from us, and lacks our spool in its variables. So is the recorder
    of a step within the run, with all that it started. One that is gone already is counted as ours, unless a run beside
    this one knows it: short-lived children are the rule in a run, strangers in its folders are not.

    Args:
        spool: the run's spool, which every process of the program inherits as ``LINEAL_SPOOL``.
        programs: the processes whose children count; by default this one, which started the program.
        is_of_another: tells whether a process that is gone belonged to a run beside this one.
    """

    def __init__(
        self,
        spool: Path,
        programs: tuple[int, ...] = (),
        *,
        is_of_another: Callable[[int], bool] = lambda _process: False,
    ) -> None:
        self._tops = programs or (os.getpid(),)
        self._is_of_another = is_of_another
        self._mark = b"\0LINEAL_SPOOL=" + os.fsencode(spool) + b"\0"
        self._known: dict[int, bool] = {}

    def has(self, process: int) -> bool:
        """Tell whether ``process`` belongs to the run."""
        known = self._known.get(process)
        if known is None:
            known = self._known[process] = self._belongs(process)
        return known

    @property
    def programs(self) -> tuple[int, ...]:
        """The processes whose children count."""
        return self._tops

    def join(self, process: int) -> None:
        """Count ``process`` and its children from now on."""
        self._tops += (process,)
        self._known = {}

    def _belongs(self, process: int) -> bool:
        own, above = os.getpid(), process
        for _ in range(_ANCESTORS_MAX):
            if above in self._tops:
                return True
            if _is_recorder(above):
                return False
            fields = _stat(above)
            if above in {own, 0, 1} or not fields:
                break
            above = int(fields[1])
        return not self._is_foreign(process)

    def _is_foreign(self, process: int) -> bool:
        try:
            variables = (PROC / str(process) / "environ").read_bytes()
        except OSError:
            variables = b""
        if not variables:
            return self._is_of_another(process)
        return self._mark not in b"\0" + variables + b"\0"


def _is_recorder(process: int) -> bool:
    """Tell whether a process is `lineal run`, which records a run of its own."""
    try:
        words = (PROC / str(process) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    is_ours = words[1:3] == [b"-m", b"lineal"] or os.path.basename(words[1] if words[1:] else b"") == b"lineal"
    return is_ours and b"run" in words[: words.index(b"--") if b"--" in words else None]


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

"""The program's end of the connection to the process that records it from beside, when it was not started by `lineal run`.

That process is no child of the program (a program that waits for its children must not meet one it does not know), holds
none of its streams, and sees its end by itself, whatever ends it.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from typing import TYPE_CHECKING

from lineal.capture.native.shim import writing

if TYPE_CHECKING:
    from collections.abc import Mapping

_READY_SECONDS_MAX = 10.0
_STORED_SECONDS_MAX = 10.0
"""So long a program's end may be held up, at most; what is not stored by then is stored behind its back, or by the next command."""

_LASTING = frozenset(("systemd", "init", "launchd", "upstart", "runit", "s6-svscan", "openrc-init"))
"""First processes of a machine, which live on when a program ends. Those of a container end with it, and take all along."""

_KILLING = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID")
"""Who is set there is one of a batch system's, which kills what is left behind when a program ends."""


class Beside:
    """A recorder beside this process.

    Attributes:
        spool: where this run's events go.
        has_joined: whether the run was there already, begun by another process.
        said: what the user should hear; empty when there is nothing.

    Args:
        request: what the recorder needs to know, in values that JSON has.
        variables: the environment of the recorder.

    Raises:
        OSError: it could not be started, or does not answer.
    """

    def __init__(self, request: dict[str, object], variables: dict[str, str]) -> None:
        self._process = os.getpid()
        self._socket, theirs = socket.socketpair()
        with theirs:
            child = _spawn(theirs.fileno(), variables)
        try:
            self._tell(request)
            kind, *rest = self._answer(_READY_SECONDS_MAX).split("\t")
        finally:
            os.waitpid(child, 0)  # it only started the recorder and ends at once
        if kind != "ready" or len(rest) != 3:
            raise OSError(rest[0] if rest else "the recorder did not start")
        self.spool, joined, self.said = rest
        self.has_joined = joined == "1"

    def finish(self, state: str) -> str:
        """Tell that the run has ended, wait until it is stored, and return what the user should hear."""
        if os.getpid() != self._process:
            return ""
        try:
            self._tell({"state": state, "stays": True})
            said = self._answer(exit_seconds())
            return said.partition("\t")[2]
        except TimeoutError:
            return "the run is still being stored, by a process of its own"
        except OSError:
            return ""  # the recorder died; the next command stores what is in the spool
        finally:
            self._socket.close()

    def leave(self, state: str) -> str:
        """Tell that the program ends by itself, and wait only where its end would be the recorder's too."""
        if os.getpid() != self._process:
            return ""
        if exit_seconds() and not _outlives_us():
            return self.finish(state)
        try:
            self._tell({"state": state, "stays": False})
        except OSError:
            return ""  # the recorder died; the next command stores what is in the spool
        return ""

    def _tell(self, values: dict[str, object]) -> None:
        self._socket.sendall(f"{writing.encoded(values)}\n".encode("ascii"))

    def _answer(self, seconds: float) -> str:
        """Return the next line that the recorder says. Raises OSError, TimeoutError."""
        text = b""
        end = time.monotonic() + seconds
        while not text.endswith(b"\n"):
            if not select.select([self._socket], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError("the recorder does not answer")
            piece = self._socket.recv(1 << 16)
            if not piece:
                raise OSError("the recorder ended")
            text += piece
        return text.decode().rstrip("\n")


def _spawn(descriptor: int, variables: dict[str, str]) -> int:
    """Start the recorder with ``descriptor`` as its 3, and return its number. Raises OSError."""
    if not sys.executable:
        raise OSError("this interpreter does not know where it is")
    nothing = [(os.POSIX_SPAWN_OPEN, each, os.devnull, os.O_RDWR, 0) for each in (0, 1, 2)]
    actions = [(os.POSIX_SPAWN_DUP2, descriptor, 3), *nothing]
    # -P: modules beside the program must not come in place of ours.
    command = (sys.executable, "-P", "-m", "lineal.client.beside")
    return os.posix_spawn(sys.executable, command, variables, file_actions=actions, setsid=True)


def exit_seconds(variables: Mapping[str, str] = os.environ) -> float:
    """Return how long a program's end may be held up until its run is stored."""
    try:
        return float(variables.get("LINEAL_EXIT_SECONDS", ""))
    except ValueError:
        return _STORED_SECONDS_MAX


def _outlives_us() -> bool:
    """Tell whether a process that we leave behind goes on when we have ended."""
    if any(each in os.environ for each in _KILLING):
        return False
    try:
        with open("/proc/1/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip() in _LASTING
    except OSError:
        return os.getpid() != 1

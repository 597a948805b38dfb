"""Run a person's own program on this machine, in time, with its last words kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

_KEPT_BYTES = 4_000
_KEPT_LINES = 8
_PIECE_BYTES = 1 << 16
_REST_S = 2.0

_BASE = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER")
"""What every program needs to know."""

CALLING = Path(__file__).with_name("calling.py")
"""The program that calls a function of the user's; it needs nothing but Python."""


class Ended(NamedTuple):
    """How a program ended: its exit status, None when it did not end in time or could not start; and its last lines."""

    status: int | None
    last_lines: str


def run_command(
    command: str | Sequence[str],
    *,
    directory: Path,
    variables: Mapping[str, str],
    timeout_s: float,
    inherited: Iterable[str] | None = None,
    told: bytes = b"",
) -> Ended:
    """Run a command, and end it with all that it started when its time is over. Of what it prints the end is kept.

    Args:
        command: for the shell when it is one text, else the program and its arguments.
        directory: where it runs.
        variables: environment variables beside ours.
        timeout_s: its time.
        inherited: names of our environment variables that it gets, beside those that every program needs; by default all.
        told: what it reads on its standard input.
    """
    known = os.environ if inherited is None else _chosen({*_BASE, *inherited})
    with TemporaryFile() as given:
        given.write(told)
        given.seek(0)
        try:
            process = subprocess.Popen(
                command,
                shell=isinstance(command, str),
                cwd=directory,
                env={**known, **variables},
                stdin=given if told else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return Ended(None, f"it cannot be started: {error.strerror}: {error.filename or directory}")
    assert process.stdout  # noqa: S101 - it was asked for
    tail = _Tail(process.stdout)
    try:
        status: int | None = process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        # What it left behind in its session ends with it, whoever ended first.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    said = tail.lines()
    return Ended(status, said if status is not None else f"it took longer than {timeout_s:g} seconds\n{said}".strip())


def _chosen(names: Iterable[str]) -> dict[str, str]:
    return {each: os.environ[each] for each in names if each in os.environ}


class _Tail:
    """Reads what a program prints, however much, and keeps the end of it.

    Args:
        output: where it comes from.
    """

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output
        self._kept = b""
        self._thread = threading.Thread(target=self._read, name="tail", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._output, suppress(ValueError):
            while piece := os.read(self._output.fileno(), _PIECE_BYTES):
                self._kept = (self._kept + piece)[-_KEPT_BYTES:]

    def lines(self) -> str:
        """Return the last lines. Who left its session may still hold the other end, and nobody waits for that."""
        self._thread.join(_REST_S)
        return "\n".join(self._kept.decode(errors="replace").strip().splitlines()[-_KEPT_LINES:])


def call_function(name: str, *, directory: Path, evidence: Path, answer: Path, timeout_s: float) -> Ended:
    """Ask ``module:function`` for a verdict, in the project at ``directory``; see ``calling``."""
    return _call("judge", name, str(evidence), str(answer), directory=directory, timeout_s=timeout_s)


def measure_with_functions(job: Path, *, directory: Path, answer: Path, timeout_s: float) -> Ended:
    """Let the functions that ``job`` names measure, in the project at ``directory``; see ``calling``."""
    return _call("measure", str(job), str(answer), directory=directory, timeout_s=timeout_s)


def project_python(directory: Path) -> str:
    """Return the interpreter of a project: that of its own environment where it has one, else this one."""
    own = directory / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def _call(*arguments: str, directory: Path, timeout_s: float) -> Ended:
    command = (project_python(directory), str(CALLING), *arguments)
    variables = {"PYTHONPATH": os.pathsep.join(filter(None, (str(directory), os.environ.get("PYTHONPATH", ""))))}
    return run_command(command, directory=directory, variables=variables, timeout_s=timeout_s)

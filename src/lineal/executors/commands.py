"""Run a person's own program on this machine, in time, with its last words kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

_KEPT_BYTES = 4_000
_KEPT_LINES = 8

CALLING = Path(__file__).with_name("calling.py")
"""The program that calls a function of the user's; it needs nothing but Python."""


class Ended(NamedTuple):
    """How a program ended: its exit status, None when it did not end in time or could not start; and its last lines."""

    status: int | None
    last_lines: str


def run_command(
    command: str | Sequence[str], *, directory: Path, variables: Mapping[str, str], timeout_s: float
) -> Ended:
    """Run a command with everything that this process knows, and end it with all that it started when its time is over.

    Args:
        command: for the shell when it is one text, else the program and its arguments.
        directory: where it runs.
        variables: environment variables beside ours.
        timeout_s: its time.
    """
    with TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command,
                shell=isinstance(command, str),
                cwd=directory,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return Ended(None, f"it cannot be started: {error.strerror}")
        try:
            status: int | None = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            # What it left behind in its session ends with it, whoever ended first.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said = _last_lines(output)
    return Ended(status, said if status is not None else f"it took longer than {timeout_s:g} seconds\n{said}".strip())


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


def _last_lines(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _KEPT_BYTES))
    return "\n".join(output.read().decode(errors="replace").strip().splitlines()[-_KEPT_LINES:])

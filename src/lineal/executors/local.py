"""Run a program of an environment on this machine, to its end."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from lineal.executors.executor import Environment, Executor
from lineal.objects.errors import Unavailable

_LAST_LINES = 6


def run_program(
    environment: Environment, arguments: Sequence[str], *, directory: Path, timeout_s: float, log_path: Path
) -> None:
    """Run the environment's interpreter with ``arguments``, as `Executor` says."""
    with log_path.open("wb") as log:
        status = _run((str(environment.python), *arguments), environment, directory, timeout_s, log.fileno())
    if status:
        lines = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LAST_LINES:]
        raise Unavailable(
            f"the version failed in its environment ({_ending(status)}):\n" + "\n".join(lines),
            hint="the lines above are its own",
        )


LOCAL: Executor = run_program
"""The executor of one machine."""


def _run(command: Sequence[str], environment: Environment, directory: Path, timeout_s: float, output: int) -> int:
    """Return the exit status. Raises Unavailable when it cannot start, or does not end in time."""
    try:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment.variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Its own group, so that what it starts ends with it.
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(
            f"{environment.python} cannot be started: {error.strerror}",
            hint=f"remove {environment.python.parent.parent}, then it is made again",
        ) from None
    with process:
        try:
            return process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise Unavailable(
                f"it took longer than {timeout_s:g} seconds and was stopped", hint="give it fewer rows"
            ) from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _ending(status: int) -> str:
    return f"ended by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

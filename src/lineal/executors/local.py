"""Run a program of an environment on this machine, to its end."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from lineal.executors.environments import Environment
from lineal.objects.errors import Unavailable

_LAST_LINES = 6


def run_program(
    environment: Environment, arguments: Sequence[str], *, directory: Path, timeout_s: float, log_path: Path
) -> None:
    """Run the environment's interpreter with ``arguments``.

    Args:
        environment: whose interpreter.
        arguments: what follows it on the command line.
        directory: where it runs.
        timeout_s: when it is stopped, in seconds.
        log_path: where its output goes.

    Raises:
        Unavailable: it failed, or took too long; the message holds the last lines of its output.
    """
    with log_path.open("wb") as log:
        try:
            done = subprocess.run(
                (str(environment.python), *arguments),
                cwd=directory,
                env=environment.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(
                f"it took longer than {timeout_s:.0f} seconds and was stopped", hint="use fewer rows"
            ) from None
        except OSError as error:
            raise Unavailable(
                f"{environment.python} cannot be started: {error.strerror}", hint="remove the environment"
            ) from None
    if done.returncode:
        lines = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LAST_LINES:]
        raise Unavailable(
            f"the version failed in its environment (exit status {done.returncode}):\n" + "\n".join(lines),
            hint="the lines above are its own",
        )

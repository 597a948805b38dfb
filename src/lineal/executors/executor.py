"""The contract of an executor: run a program of an environment to its end, here or on another machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol


class Environment(NamedTuple):
    """An interpreter with packages. ``variables`` are all that its programs get; ``description`` says what it is."""

    python: Path
    variables: dict[str, str]
    description: str


class Executor(Protocol):
    """Somewhere to run programs; called with one, it returns when that has ended well."""

    def __call__(
        self, environment: Environment, arguments: Sequence[str], *, directory: Path, timeout_s: float, log_path: Path
    ) -> None:
        """Run the environment's interpreter with ``arguments``; nothing of it is left running.

        Args:
            environment: whose interpreter.
            arguments: what follows it on the command line.
            directory: where it runs; what it reads and writes lies there.
            timeout_s: when it is stopped, in seconds.
            log_path: where its output goes.

        Raises:
            Unavailable: it failed, or took too long; the message holds the last lines of its output.
        """

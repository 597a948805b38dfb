"""A command measured, and commands measured in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import NamedTuple

_SAID_CHARACTERS = 300
_CACHES = Path("/proc/sys/vm/drop_caches")
_is_cold = ContextVar("is_cold", default=False)


class Failed(Exception):
    """A command ended badly; the message is the end of what it said."""


class Usage(NamedTuple):
    """What a command took. ``peak_mb`` is of its largest process: the kernel's own count."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run(command: Sequence[str | Path], *, cwd: Path | None = None, variables: Mapping[str, str] = {}) -> Usage:
    """Run a command to its end.

    Nothing large may be loaded here: until a child has replaced itself, the kernel counts our memory as its own.

    Args:
        command: the program and its arguments.
        cwd: where it runs.
        variables: of its environment, beside those of ours that are not about Lineal.

    Raises:
        Failed: it ended with another status than 0, or could not be started.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LINEAL_")}
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        try:
            process = subprocess.Popen(
                [str(each) for each in command],
                cwd=cwd,
                env={**environment, **variables},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise Failed(f"{command[0]}: {error}") from None
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            text = " ".join(said.read().decode(errors="replace").split())[-_SAID_CHARACTERS:]
            raise Failed(
                f"{Path(command[0]).name} {' '.join(map(str, command[1:4]))} … ended with {process.returncode}: {text}"
            )
    return Usage(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def timed(command: Sequence[str | Path], *, cwd: Path | None = None, variables: Mapping[str, str] = {}) -> Usage:
    """Run a command when the disk has taken all that was written before, so that it pays only for its own."""
    os.sync()
    if _is_cold.get():
        _CACHES.write_text("3", encoding="ascii")
    return run(command, cwd=cwd, variables=variables)


@contextmanager
def cold() -> Iterator[None]:
    """Let every command that is `timed` find nothing in the system's cache, as far as this user may see to that."""
    is_allowed = os.access(_CACHES, os.W_OK)
    if not is_allowed:
        talk("only root may empty the system's cache: what is small enough stays in it, what is large does not")
    token = _is_cold.set(is_allowed)
    try:
        yield
    finally:
        _is_cold.reset(token)


class Outcome:
    """What each contender took, time by time, and why one dropped out."""

    def __init__(self) -> None:
        self.usages = dict[str, list[Usage]]()
        self.faults = dict[str, str]()

    def take(self, name: str, work: Callable[[], Usage]) -> None:
        """Let a contender work once more; one that fails drops out, the others go on."""
        if name not in self.faults:
            try:
                self.usages.setdefault(name, []).append(work())
            except Failed as fault:
                self.faults[name] = str(fault)

    def walls(self, name: str) -> list[float]:
        """Return how long a contender took each time."""
        return [round(each.wall_s, 3) for each in self.usages.get(name, [])]

    def median(self, name: str) -> Usage | None:
        """Return the median times of a contender and its highest peak, or None when it dropped out."""
        usages = self.usages.get(name, [])
        if not usages or name in self.faults:
            return None
        return Usage(
            statistics.median(each.wall_s for each in usages),
            statistics.median(each.cpu_s for each in usages),
            max(each.peak_mb for each in usages),
        )


def contest(contenders: Mapping[str, Callable[[int], Usage]], *, times: int) -> Outcome:
    """Let contenders work in turn, in the other order every second time.

    Args:
        contenders: each prepares its turn, which has a number, and returns what the work alone took.
        times: how many turns.
    """
    outcome = Outcome()
    for turn in range(times):
        for name in list(contenders)[:: -1 if turn % 2 else 1]:
            outcome.take(name, partial(contenders[name], turn))
    return outcome


def talk(text: str) -> None:
    """Say something to whoever waits."""
    print(text, file=sys.stderr, flush=True)

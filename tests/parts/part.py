"""The one rule for parts, and how a session's workers share what one of them started."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

TOP = Path(__file__).parents[2]

INSTALLED = TOP / ".parts"
"""Where ``make parts`` puts what is neither a Python package nor the system's. Git does not see it."""

_START_S = 120
_SAID = "said.json"
_FAILED = "failed"
_PIDS = "pids"


class Part(NamedTuple):
    """A program that tests need.

    ``start`` is given a directory of its own, returns once the part answers, and says what its users must know.
    """

    name: str
    programs: Sequence[Path | str | None]
    how: str
    start: Callable[[Path], Mapping[str, Any]]


def need(part: Part, session: Path) -> dict[str, Any]:
    """Return what the part said when it started; the first worker that needs it starts it.

    Where it is not installed, the test fails in CI and is skipped elsewhere, with the reason.
    """
    if not all(part.programs):
        missing(f"{part.name} is not installed: {part.how}")
    place = session / part.name
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (place / _FAILED).exists():
            pytest.fail(f"{part.name} did not start: {(place / _FAILED).read_text()}")
        if not (place / _SAID).exists():
            try:
                said = part.start(place)
            except Exception as error:
                (place / _FAILED).write_text(f"{error!r}; see {place}")
                raise
            (place / _SAID).write_text(json.dumps(said))
        answer: dict[str, Any] = json.loads((place / _SAID).read_text())
        return answer


def need_root() -> None:
    """Where the tests are not run by root, the test fails in CI and is skipped elsewhere."""
    if os.geteuid() != 0:
        missing("only root mounts file systems and drops rights")


def missing(reason: str) -> None:
    """Fail in CI, where everything must be there; skip elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def launch(place: Path, *command: str | Path, **variables: str) -> subprocess.Popen[bytes]:
    """Start a program that stays until the session ends; what it prints is kept in ``place``."""
    log = (place / f"{Path(command[0]).name}.log").open("ab")
    process = subprocess.Popen(
        [str(each) for each in command],
        cwd=place,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={**os.environ, **variables},
        start_new_session=True,
    )
    with (place / _PIDS).open("a") as pids:
        pids.write(f"{process.pid}\n")
    return process


def stop_all(session: Path) -> None:
    """End every program that was launched in this session."""
    for pids in session.glob(f"*/{_PIDS}"):
        for line in reversed(pids.read_text().splitlines()):
            with suppress(ProcessLookupError):
                os.killpg(int(line), signal.SIGKILL)  # they keep nothing that is worth an orderly end


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def wait_until(is_there: Callable[[], bool], *, process: subprocess.Popen[bytes] | None = None) -> None:
    """Return once ``is_there``; raise when that takes too long, or the process ended."""
    until = time.monotonic() + _START_S
    while not is_there():
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        if time.monotonic() > until:
            raise TimeoutError(f"not there after {_START_S} s")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Tell whether something speaks HTTP at ``url``, whatever it says."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False

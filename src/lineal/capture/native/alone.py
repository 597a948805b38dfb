"""Begin a run of a program that was not started by `lineal run`."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from typing import TYPE_CHECKING

from lineal.capture.native.beside import Beside
from lineal.capture.program.processes import start_time
from lineal.objects.ulid import is_ulid, ulid

if TYPE_CHECKING:
    from collections.abc import Callable

_SHIM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "shim")
_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def begin(name: str, repository: str) -> tuple[Beside, str]:
    """Start a recorder beside this process, or join the run of its siblings; return it and the run's id. Raises OSError."""
    run_id = _shared_id() or new_id()
    process = os.getpid()
    variables = {key: value for key, value in os.environ.items() if key != "LINEAL_SPOOL"}
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, (_PACKAGES, variables.get("PYTHONPATH"))))
    request: dict[str, object] = {
        "run_id": run_id,
        "name": name or _name(),
        "command": list(getattr(sys, "orig_argv", None) or [sys.executable, *sys.argv]),
        "directory": os.getcwd(),
        "process": process,
        "process_started": start_time(process),
        "repository": os.path.abspath(repository) if repository and "://" not in repository else repository,
    }
    return Beside(request, variables), run_id


def inherit(spool: str) -> Callable[[], None]:
    """Let children be recorded as those of `lineal run` are, and return what undoes it."""
    before = os.environ.get("PYTHONPATH")
    os.environ["LINEAL_SPOOL"] = spool
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (_SHIM, before)))

    def forget() -> None:
        os.environ.pop("LINEAL_SPOOL", None)
        if before is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = before

    return forget


_last = [0]


def new_id() -> str:
    """Return the id of a new run: behind those that this process made before, even in one millisecond, as lists show them."""
    at = _last[0] = max(time.time_ns() // 1_000_000, _last[0] + 1)
    return ulid(at, os.urandom(10))


def _shared_id() -> str:
    """Return the id of the run that several processes are to share; empty when this one is alone.

    ``LINEAL_RUN_ID`` says it. The ranks that a launcher started on this machine find the same id without a word: from the
    launcher's process, which they have in common.
    """
    said = os.environ.get("LINEAL_RUN_ID", "")
    if is_ulid(said):
        return said
    if "RANK" not in os.environ or os.environ.get("WORLD_SIZE", "1") == "1":
        return ""
    launcher = os.getppid()
    started = start_time(launcher)
    mark = hashlib.sha256(f"{os.uname().nodename} {launcher} {started}".encode()).digest()
    with open("/proc/stat", encoding="ascii") as file:
        booted = next(int(line.split()[1]) for line in file if line.startswith("btime "))
    return ulid((booted + started // os.sysconf("SC_CLK_TCK")) * 1_000, mark[:10])


def _name() -> str:
    """Return what a notebook is called; empty for a script, which its command tells."""
    if "ipykernel" not in sys.modules:
        return ""
    path = os.environ.get("JPY_SESSION_NAME", "")
    return os.path.splitext(os.path.basename(path))[0] or "notebook"

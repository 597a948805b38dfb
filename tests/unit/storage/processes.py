"""Other processes that use the store, for what only shows between processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import lineal.objects

SOURCE = Path(lineal.objects.__path__[0]).parents[1]

PREAMBLE = """
import os, sys
from pathlib import Path
from lineal.objects.errors import LinealError
from lineal.storage import repository
from lineal.storage.blobs.files import FileBlobs
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.store import Actor
here = Path(sys.argv[1])
ada = Actor("ada", "admin")
def told(ask):
    try:
        return ask()
    except LinealError as error:
        print(type(error).__name__, "|", error.message, "|", error.hint)
"""
"""What every script begins with."""


def command(script: str, *arguments: object) -> list[str]:
    """Return the command line of a Python that runs ``script``."""
    return [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{PREAMBLE}{script}",
        *map(str, arguments),
    ]


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a Python that runs ``script``; what it prints is text."""
    pipe = subprocess.PIPE
    return subprocess.Popen(command(script, *arguments), stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def together(script: str, here: Path, count: int) -> list[str]:
    """Run ``script`` in ``count`` processes that set off at the same moment; return what they printed."""
    running = [start(f"print('ready', flush=True); input()\n{script}", here, number) for number in range(count)]
    for each in running:
        assert each.stdout is not None
        assert "ready\n" == each.stdout.readline()
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    ends = [each.communicate(timeout=60) for each in running]

    assert [] == [error for each, (_, error) in zip(running, ends, strict=True) if each.returncode or error]
    return [out for out, _ in ends]


def as_nobody(
    script: str, *arguments: object, imports: str = "", directory: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``script`` in ``directory`` as a user without rights; root gives its own up first, after ``imports``."""
    if os.geteuid() == 0:
        # What is imported when it is needed would be Python's own, which may be root's alone.
        later = "import concurrent.futures.thread, subprocess, tempfile"
        script = f"{later}\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\n{script}"
    return subprocess.run(
        command(f"{imports}\n{script}", *arguments), cwd=directory, capture_output=True, text=True, check=True
    )

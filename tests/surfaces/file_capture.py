"""The matrix of reads and writes, recorded at a level and with the rights of one's choice."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import lineal
from tests.parts import capture
from tests.parts.part import TOP

PROGRAM = Path(__file__).parent / "programs" / "file_writes.py"
WITHOUT_RIGHTS = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")
"""Runs a command without what root may do; its files stay within reach, and so does an interpreter in root's home."""

ORDINARY = 65534
"""The number of the user whom nearly every system calls nobody."""

_AS_ORDINARY = """
import os, subprocess, sys
from pathlib import Path
place, user, closed, inside, *command = sys.argv[1:]
# What lies in a directory that is root's alone is put where it was, for this process and its children only.
pairs = list(zip(closed.split(":"), inside.split(":"))) if closed else []
for number, (_, path) in enumerate(pairs):
    Path(place, str(number)).mkdir(parents=True)
    subprocess.run(["mount", "--bind", path, f"{place}/{number}"], check=True)
for top in dict(pairs):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", top], check=True)
for number, (_, path) in enumerate(pairs):
    Path(path).mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "--bind", f"{place}/{number}", path], check=True)
os.setgroups([]); os.setgid(int(user)); os.setuid(int(user))
os.execvp(command[0], command)
"""

_RECORD = """
import json, os, sys
from pathlib import Path
from lineal.capture.launch import launch
level, spool, directory, out, *command = sys.argv[1:]
launched = launch(command, directory=Path(directory), spool=Path(spool), variables=os.environ, run_id="RUN", levels=(level,))
found = {kind: [use.path for use in getattr(launched, kind)] for kind in ("inputs", "outputs", "intermediates")}
Path(out).write_text(json.dumps(found | {"level": launched.capture_level, "gaps": launched.gaps, "user": os.getuid()}))
sys.exit(launched.exit_status)
"""


class Matrix(NamedTuple):
    """What the program says that it did, by kind, and what the record says."""

    reads: dict[str, str]
    writes: dict[str, str]
    level: str
    inputs: frozenset[str]
    outputs: frozenset[str]
    intermediates: frozenset[str]
    gaps: tuple[str, ...]
    user: int

    def unseen(self) -> list[str]:
        """Return the kinds whose file is not where it belongs, reads first."""
        return [kind for kind, path in self.reads.items() if path not in self.inputs] + [
            kind for kind, path in self.writes.items() if path not in self.outputs
        ]


def prepare(folder: Path) -> None:
    """Make the files that the program reads and changes, in ``folder``."""
    subprocess.run((capture.interpreter(), PROGRAM, "prepare"), cwd=folder, env=_variables(folder), check=True)


def as_ordinary(place: Path) -> tuple[str, ...]:
    """Return what runs a command as an ordinary user who can read the sources and interpreters, and nothing else of root's."""
    needed = {sys.base_prefix, sys.prefix, str(TOP), str(capture.interpreter().resolve().parents[1])}
    pairs = [(str(closed), each) for each in sorted(needed) if (closed := _closed(Path(each)))]
    columns = (":".join(each[number] for each in pairs) for number in (0, 1))
    return ("unshare", "--mount", sys.executable, "-c", _AS_ORDINARY, str(place), str(ORDINARY), *columns)


def _closed(path: Path) -> Path | None:
    """Return the first directory on the way to ``path`` that is not everybody's to pass."""
    return next((each for each in reversed((path, *path.parents)) if not each.stat().st_mode & stat.S_IXOTH), None)


@contextmanager
def recorded(
    prepared: Path, level: str, *, prefix: tuple[str, ...] = (), is_ordinary: bool = False
) -> Iterator[Matrix]:
    """Do everything in a copy of ``prepared``, behind ``prefix`` or as an ordinary user, and give what came of it."""
    top = Path(tempfile.mkdtemp(prefix="lineal-files-"))
    try:
        project = top / "project"
        shutil.copytree(prepared, project)
        if is_ordinary:
            prefix = as_ordinary(top / "bound")
            for each in (top, *top.rglob("*")):
                os.chown(each, ORDINARY, ORDINARY, follow_symlinks=False)
        yield _run(top, project, level, prefix)
    finally:
        shutil.rmtree(top)


def _run(top: Path, project: Path, level: str, prefix: tuple[str, ...]) -> Matrix:
    places = (str(top / "spool"), str(project), str(top / "said.json"))
    program = (str(capture.interpreter()), str(PROGRAM))
    done = subprocess.run(
        (*prefix, sys.executable, "-c", _RECORD, level, *places, *program),
        cwd=top,
        env=_variables(project),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    did: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    said: dict[str, Any] = json.loads((top / "said.json").read_text())
    uses = {kind: frozenset(said[kind]) for kind in ("inputs", "outputs", "intermediates")}
    return Matrix(did["reads"], did["writes"], said["level"], gaps=tuple(said["gaps"]), user=said["user"], **uses)


def _variables(project: Path) -> dict[str, str]:
    """Return variables by which libraries keep their caches inside the project, where they must not be taken for data."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(lineal.__path__[0]).parent),
        "HOME": str(project.parent),
        "HF_HOME": str(project / "hub"),
        "MPLCONFIGDIR": str(project / "fonts"),
        "PYTHONPYCACHEPREFIX": str(project / "compiled"),
        "NUMBA_CACHE_DIR": str(project / "numba"),
    }

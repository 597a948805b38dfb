"""The matrix of reads and writes, recorded at a level and with the rights of one's choice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import lineal
from tests.parts import capture

PROGRAM = Path(__file__).parent / "programs" / "file_writes.py"
WITHOUT_RIGHTS = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")
"""Runs a command without what root may do; its files stay within reach, and so does an interpreter in root's home."""

_RECORD = """
import json, os, sys
from pathlib import Path
from lineal.capture.launch import launch
level, spool, directory, out, *command = sys.argv[1:]
launched = launch(command, directory=Path(directory), spool=Path(spool), variables=os.environ, run_id="RUN", levels=(level,))
found = {kind: [use.path for use in getattr(launched, kind)] for kind in ("inputs", "outputs", "intermediates")}
Path(out).write_text(json.dumps(found | {"level": launched.capture_level, "gaps": launched.gaps}))
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

    def unseen(self) -> list[str]:
        """Return the kinds whose file is not where it belongs, reads first."""
        return [kind for kind, path in self.reads.items() if path not in self.inputs] + [
            kind for kind, path in self.writes.items() if path not in self.outputs
        ]


def prepare(folder: Path) -> None:
    """Make the files that the program reads and changes, in ``folder``."""
    subprocess.run((capture.interpreter(), PROGRAM, "prepare"), cwd=folder, env=_variables(folder), check=True)


@contextmanager
def recorded(prepared: Path, level: str, *, prefix: tuple[str, ...] = ()) -> Iterator[Matrix]:
    """Do everything in a copy of ``prepared``, behind ``prefix``, and give what came of it."""
    top = Path(tempfile.mkdtemp(prefix="lineal-files-"))
    try:
        project = top / "project"
        shutil.copytree(prepared, project)
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
    return Matrix(did["reads"], did["writes"], said["level"], gaps=tuple(said["gaps"]), **uses)


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

"""Record a program in a test, from whatever environment the tests run in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lineal.client.connect import Repository
from lineal.client.recorder import record as record_in
from lineal.operations.answers.models import RunAnswer


def record(repository: Repository, project: Path, *command: str, name: str = "") -> RunAnswer:
    """Run ``command`` in ``project`` with the tests' own interpreter as ``python``, and return its run."""
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
    return record_in(repository, command, name=name, directory=project, variables={**os.environ, "PATH": path})

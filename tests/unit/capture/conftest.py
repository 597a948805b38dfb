"""A project directory, and the launcher pointed at it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lineal
from lineal.capture.launch import launch
from lineal.capture.launched import Launched

Write = Callable[[str, str], Path]
Record = Callable[..., Launched]
Git = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a directory that no Git knows."""
    path = tmp_path / "project"
    path.mkdir()
    return path.resolve()


@pytest.fixture
def write(project: Path) -> Write:
    """Return what writes a file of the project."""

    def write(name: str, text: str) -> Path:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def variables() -> dict[str, str]:
    """Return variables with which a program finds Lineal and little else."""
    folder = Path(lineal.__path__[0]).parent
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "LANG": "C.UTF-8",
    }


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Return where a run leaves its facts."""
    return tmp_path / "spool"


@pytest.fixture
def record(project: Path, spool: Path, variables: dict[str, str]) -> Record:
    """Return what runs a command in the project and tells what was seen."""

    def record(*command: str, **options: object) -> Launched:
        given = {"directory": project, "spool": spool, "variables": variables, "run_id": "RUN", **options}
        return launch(command, **given)  # type: ignore[arg-type]

    return record


@pytest.fixture
def git(project: Path) -> Git:
    """Return what runs Git in the project, which becomes a repository."""
    identity = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ("git", *arguments), cwd=project, env=os.environ | identity, capture_output=True, check=True
        )
        return done.stdout.decode()

    git("init", "--quiet", "--initial-branch=main")
    return git

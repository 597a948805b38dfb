"""The real DVC, in an environment of its own: it brings a hundred packages, and none of them is ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.parts.part import INSTALLED, missing

PROGRAM = INSTALLED / "dvc" / "bin" / "dvc"

_SECONDS_MAX = 180


class Dvc:
    """The command, with a home of its own, so that nothing of this machine's user is read or changed.

    Args:
        place: a directory for what it keeps beside its repositories.
    """

    def __init__(self, place: Path) -> None:
        if not PROGRAM.exists():
            missing("DVC is not installed: make parts")
        self.variables = {
            "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(place),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(place / "site"),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in _ADA.items()},
        }

    def __call__(self, directory: Path, *line: str, status: int = 0) -> str:
        """Return what ``dvc`` prints and says; it must exit with ``status``."""
        return self.run(directory, str(PROGRAM), *line, status=status)

    def git(self, directory: Path, *line: str) -> str:
        """Return what ``git`` prints and says; it must succeed."""
        return self.run(directory, "git", *line)

    def run(self, directory: Path, *command: str, status: int = 0) -> str:
        """Return what a program prints and says; it must exit with ``status``."""
        done = subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=_SECONDS_MAX,
            check=False,
        )
        assert status == done.returncode, done.stdout
        return done.stdout

    def init(self, directory: Path, remote: Path | None = None) -> Path:
        """Make a Git repository with DVC in ``directory``, and return it."""
        directory.mkdir(parents=True)
        self.git(directory, "init", "--quiet", "--initial-branch", "main")
        self(directory, "init", "--quiet")
        self(directory, "config", "core.analytics", "false")
        if remote:
            self(directory, "remote", "add", "--quiet", "--default", "r", str(remote))
        self.commit(directory, "begin")
        return directory

    def commit(self, directory: Path, message: str) -> str:
        """Commit all that Git does not pass over and return the commit."""
        self.git(directory, "add", "--all")
        self.git(directory, "commit", "--quiet", "--message", message)
        return self.git(directory, "rev-parse", "HEAD").strip()


_ADA = {"NAME": "Ada", "EMAIL": "ada@example.org"}

"""Lineal and DVC with the same verbs, each in a project of its own. Only what is returned as a Usage is timed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from benchmarks.store import peers
from benchmarks.store.files import size_of
from benchmarks.store.measure import Usage, run, timed

OURS, PEER, LIMIT = "Lineal", "DVC", "limit"
NAME = "x"
"""What the dataset is called in Lineal."""


class Remote(NamedTuple):
    """A directory, or a place in an object store with its address and the variables that open it."""

    url: str
    endpoint: str = ""
    variables: Mapping[str, str] = {}


class Project(Protocol):
    """A directory with a repository in it, and the data at ``path``."""

    path: Path

    def add(self) -> Usage:
        """Add the data as the next version."""

    def status(self) -> Usage:
        """Ask whether anything changed."""

    def connect(self, name: str, remote: Remote) -> None:
        """Make a remote the default one."""

    def push(self) -> Usage:
        """Bring the newest version to the remote."""

    def colleague(self, directory: Path) -> Project:
        """Return a project elsewhere that knows the names and the remote, and nothing else."""

    def pull(self) -> Usage:
        """Bring the newest version from the remote into the project."""

    def pulled(self) -> Path:
        """Return where the data is after a pull."""

    def check_out(self, number: int) -> Usage:
        """Put another version in the place of the one that is there."""

    def stored_bytes(self) -> int:
        """Return how many bytes the repository holds, the data in the project aside."""


class Lineal:
    """What is measured: the command of this checkout."""

    def __init__(self, directory: Path, file: str) -> None:
        self.directory = directory
        self.path = directory / file
        self._remote = Remote("")
        directory.mkdir(parents=True)
        run(self._command("init"), cwd=directory, variables=self._variables())

    def add(self) -> Usage:
        """Add the data as the next version."""
        return self._timed("data", "add", self.path.name, "--name", NAME)

    def status(self) -> Usage:
        """Ask whether anything changed."""
        return self._timed("data", "status", self.path.name)

    def connect(self, name: str, remote: Remote) -> None:
        """Make a remote the default one."""
        self._remote = remote
        options = ("--option", f"endpoint={remote.endpoint}") if remote.endpoint else ()
        command = self._command("remote", "add", name, remote.url, "--default", *options)
        run(command, cwd=self.directory, variables=self._variables())

    def push(self) -> Usage:
        """Bring the newest version to the remote."""
        return self._timed("data", "push", f"data:{NAME}")

    def colleague(self, directory: Path) -> Lineal:
        """Return a fresh repository with the same remote: names come from there."""
        other = Lineal(directory, self.path.name)
        other.connect("r", self._remote)
        return other

    def pull(self) -> Usage:
        """Bring the newest version from the remote into the store and the project, verified."""
        return self._timed("data", "pull", f"data:{NAME}", "data")

    def pulled(self) -> Path:
        """Return where the data is after a pull: a single file stands in the directory too."""
        directory = self.directory / "data"
        return directory if directory == self.path else directory / self.path.name

    def check_out(self, number: int) -> Usage:
        """Put another version in the place of the one that is there."""
        return self._timed("data", "get", f"data:{NAME}@{number}", self.path.name)

    def stored_bytes(self) -> int:
        """Return the size of all files of the repository: blobs, database, indices."""
        return size_of(self.directory / ".lineal")

    def _timed(self, *arguments: str) -> Usage:
        return timed(self._command(*arguments), cwd=self.directory, variables=self._variables())

    @staticmethod
    def _command(*arguments: str) -> tuple[str, ...]:
        return (str(Path(sys.executable).parent / "lineal"), *arguments)

    def _variables(self) -> dict[str, str]:
        own = {"LINEAL_USER": "bench", "XDG_CACHE_HOME": str(self.directory / ".cache"), "PYTHONDONTWRITEBYTECODE": ""}
        return {**own, **self._remote.variables}


class Dvc:
    """The peer, as it comes, without Git, analytics or a search for updates."""

    def __init__(self, directory: Path, file: str) -> None:
        self.directory = directory
        self.path = directory / file
        self._remote = Remote("")
        self._versions = 0
        directory.mkdir(parents=True)
        self._run("init", "--no-scm", "--quiet")
        config = "[core]\n    no_scm = True\n    analytics = false\n    check_update = false\n"
        (directory / ".dvc" / "config").write_text(config, encoding="utf-8")

    @property
    def pointer(self) -> Path:
        """The file that names the version of the data."""
        return self.path.with_name(self.path.name + ".dvc")

    def add(self) -> Usage:
        """Add the data; its pointer is kept, as Git would."""
        usage = self._timed("add", "--quiet", self.path.name)
        self._versions += 1
        shutil.copy(self.pointer, self._kept(self._versions))
        return usage

    def status(self) -> Usage:
        """Ask whether anything changed; DVC's own status says no."""
        return self._timed("status", "--quiet")

    def connect(self, name: str, remote: Remote) -> None:
        """Make a remote the default one."""
        self._remote = remote
        self._run("remote", "add", "--quiet", "--default", name, remote.url)
        if remote.endpoint:
            self._run("remote", "modify", "--quiet", name, "endpointurl", remote.endpoint)

    def push(self) -> Usage:
        """Bring the newest version to the remote."""
        return self._timed("push", "--quiet")

    def colleague(self, directory: Path) -> Dvc:
        """Return a project with the same pointer and configuration: a clone, on another machine."""
        other = Dvc(directory, self.path.name)
        shutil.copy(self.directory / ".dvc" / "config", directory / ".dvc" / "config")
        shutil.copy(self.pointer, other.pointer)
        other._remote = self._remote
        return other

    def pull(self) -> Usage:
        """Bring the newest version from the remote into the cache and the project."""
        return self._timed("pull", "--quiet")

    def pulled(self) -> Path:
        """Return where the data is after a pull."""
        return self.path

    def check_out(self, number: int) -> Usage:
        """Put another version in the place of the one that is there."""
        shutil.copy(self._kept(number), self.pointer)
        return self._timed("checkout", "--quiet", self.pointer.name)

    def stored_bytes(self) -> int:
        """Return the size of the cache."""
        return size_of(self.directory / ".dvc" / "cache")

    def _kept(self, number: int) -> Path:
        return self.directory / f".version-{number}"

    def _run(self, *arguments: str) -> Usage:
        return run(self._command(*arguments), cwd=self.directory, variables=self._variables())

    def _timed(self, *arguments: str) -> Usage:
        return timed(self._command(*arguments), cwd=self.directory, variables=self._variables())

    @staticmethod
    def _command(*arguments: str) -> tuple[str, ...]:
        return (str(peers.dvc()), *arguments)

    def _variables(self) -> dict[str, str]:
        own = ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR")
        places = {name: str(self.directory / ".site" / name.lower()) for name in own}
        return {"DVC_NO_ANALYTICS": "1", **places, **self._remote.variables}


class Restic:
    """The bound of deduplication: a backup program that cuts everything by content. Compression is off."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True)
        self._run("init")

    def add(self, path: Path) -> Usage:
        """Back a file up."""
        return self._run("backup", str(path))

    def stored_bytes(self) -> int:
        """Return the size of its repository."""
        return size_of(self.directory / "repository")

    def _run(self, *arguments: str) -> Usage:
        places = ("--repo", str(self.directory / "repository"), "--cache-dir", str(self.directory / "cache"))
        command = ("restic", *places, "--compression", "off", "--quiet", *arguments)
        return run(command, variables={"RESTIC_PASSWORD": "bench"})


KINDS: dict[str, type[Lineal | Dvc]] = {OURS: Lineal, PEER: Dvc}

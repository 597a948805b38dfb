"""Repositories that the real DVC and Lineal share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.parts.dvc import Dvc
from tests.surfaces.commands import lineal

FILES = {"a.txt": b"hello\n", "empty": b"", "sub/x": b"x", "é b.txt": "naïve\n".encode()}


@pytest.fixture(scope="module")
def dvc(tmp_path_factory: pytest.TempPathFactory) -> Dvc:
    """The real DVC."""
    return Dvc(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def empty(dvc: Dvc, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a repository of Git, DVC and Lineal; tests copy it."""
    place = tmp_path_factory.mktemp("empty")
    (place / "remote").mkdir()
    dvc.init(place / "repo", Path("../remote"))
    lineal(place / "repo", "init")
    return place


@pytest.fixture
def repo(empty: Path, tmp_path: Path) -> Path:
    """A repository of Git, DVC and Lineal with a remote in ``../remote``."""
    shutil.copytree(empty, tmp_path / "shared", symlinks=True)
    return tmp_path / "shared" / "repo"


def write(top: Path, files: dict[str, bytes]) -> Path:
    """Write files below a directory and return it."""
    for path, data in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(data)
    return top


def content(top: Path) -> dict[str, bytes]:
    """Return the files below a directory."""
    return {str(each.relative_to(top)): each.read_bytes() for each in sorted(top.rglob("*")) if each.is_file()}


def remote_of(repo: Path) -> Path:
    """Return the remote of a repository."""
    return repo.parent / "remote"


def objects(place: Path) -> list[str]:
    """Return the names of the objects in a cache or remote."""
    return sorted(each.parent.name + each.name for each in (place / "files" / "md5").rglob("*") if each.is_file())


def taken(repo: Path, name: str, directory: Path) -> dict[str, bytes]:
    """Return the files of a dataset, through ``lineal data get``."""
    lineal(repo, "data", "get", name, str(directory))
    return content(directory)

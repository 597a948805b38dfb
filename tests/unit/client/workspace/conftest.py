"""A repository on a disk, and a directory of files beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.workspace import index
from lineal.client.workspace.hands import Lister


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The directory of the repository."""
    path = tmp_path / "project"
    path.mkdir()
    return path


@pytest.fixture
def repository(project: Path) -> Iterator[LocalRepository]:
    """An empty repository."""
    with init(project) as found:
        yield found


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make files old enough to be trusted after 10 ms: more than the clock of this file system needs."""
    monkeypatch.setattr(index, "RACY_NS", 10_000_000)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directories that another process was asked to list."""
    places, ask = list[str](), Lister.ask

    def noting(lister: Lister, place: str) -> None:
        places.append(place)
        ask(lister, place)

    monkeypatch.setattr(Lister, "ask", noting)
    return places

"""The index is a cache: lost, damaged, held by somebody else or moved, it costs time and nothing else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.client.connect import connect
from lineal.client.local import LocalRepository
from lineal.objects.errors import NotFound
from tests.unit.client.workspace.places import Files, digest_of_tree, write

FILES: Files = {"a.txt": b"aaaa", "deep/er/b.bin": b"bbbb"}


@pytest.fixture
def top(project: Path, repository: LocalRepository) -> Path:
    """A directory that was added."""
    path = write(project / "photos", FILES)
    repository.data.add(path)
    return path


def _delete(path: Path) -> None:
    path.unlink()


def _overwrite(path: Path) -> None:
    path.write_bytes(os.urandom(20_000))


def _other_rows(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE seen SET stamps = X'00', digests = X'C1'")
    connection.close()


def _older(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()


@pytest.mark.parametrize("damage", [_delete, _overwrite, _other_rows, _older])
def test_an_index_that_is_lost_or_damaged_costs_time_and_nothing_else(
    damage: Callable[[Path], None], repository: LocalRepository, project: Path, top: Path
) -> None:
    repository.close()
    damage(project / ".lineal" / "workspace.sqlite")
    (top / "a.txt").write_bytes(b"AAAA")
    with connect(project) as again:
        answer = again.data.add(top)

        assert digest_of_tree({**FILES, "a.txt": b"AAAA"}) == answer.dataset.tree
        assert "data:photos@2" == answer.reference
        assert again.data.status(top)[0].is_clean


def test_an_index_that_somebody_else_holds_is_done_without(
    repository: LocalRepository, project: Path, top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "connect", lambda path, **_: _connect(path, timeout=0.05))
    with sqlite3.connect(project / ".lineal" / "workspace.sqlite") as holder:
        holder.execute("BEGIN IMMEDIATE")
        (top / "a.txt").write_bytes(b"AAAA")
        repository.ways.seen.close()
        assert digest_of_tree({**FILES, "a.txt": b"AAAA"}) == repository.data.add(top).dataset.tree
        holder.rollback()
    holder.close()

    # It still speaks of what was there before, and so it is told that something differs.
    (found,) = repository.data.status(top)
    assert found.is_clean or ("a.txt",) == found.modified


_connect = sqlite3.connect


def test_a_place_without_room_for_an_index_remembers_nothing_and_works(project: Path, top: Path) -> None:
    with connect(project) as repository:
        index = project / ".lineal" / "workspace.sqlite"
        repository.ways.seen.close()
        index.unlink()
        index.mkdir()
        assert digest_of_tree(FILES) == repository.data.add(top).dataset.tree
        with pytest.raises(NotFound):
            repository.data.status(top)
        index.rmdir()


def test_the_project_may_be_moved(repository: LocalRepository, project: Path, top: Path) -> None:
    repository.close()
    moved = project.rename(project.parent / "moved")
    with connect(moved) as again:
        (found,) = again.data.status()

        assert (str(moved / "photos"), True) == (found.path, found.is_clean)

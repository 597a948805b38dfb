"""The files of the workspace and a repository on this machine, over PostgreSQL, and behind a server: the same everywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lineal.client.connect import Repository
from lineal.objects.errors import Conflict, NotFound
from tests.unit.client.workspace.places import EMPTY, Files, Link, Program, digest_of_tree, read, remove, write

LARGE = os.urandom(1_200_000)
FIRST: Files = {
    **{f"many/{number:04}": b"%d" % number for number in range(1_500)},
    "empty": EMPTY,
    "large.bin": LARGE,
    "link": Link("many/0000"),
    "run.sh": Program(b"#!/bin/sh\n"),
}
SECOND: Files = {
    **{path: each for path, each in FIRST.items() if path not in {"many/0007", "empty"}},
    "large.bin": LARGE[:600_000] + b"changed" + LARGE[600_000:],
    "many/0008": b"changed",
    "new": b"new",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is known of the workspace of a server in a directory of this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def edit(top: Path) -> None:
    """Make the second version of the first, as a person would."""
    for path in ("many/0007", "empty", "many/0008", "large.bin"):
        remove(top / path)
    write(top, {path: SECOND[path] for path in ("many/0008", "large.bin", "new")})


def test_a_directory_is_added_edited_looked_at_and_put_back(repository: Repository, tmp_path: Path) -> None:
    top = write(tmp_path / "files", FIRST)
    first = repository.data.add(top)
    assert (digest_of_tree(FIRST), "data:files@1") == (first.dataset.tree, first.reference)
    assert repository.data.status(top)[0].is_clean

    edit(top)
    (found,) = repository.data.status(top)
    assert (("new",), ("large.bin", "many/0008"), ("empty/", "many/0007")) == (
        found.added,
        found.modified,
        found.removed,
    )
    second = repository.data.add(top)
    assert (digest_of_tree(SECOND), "data:files@2") == (second.dataset.tree, second.reference)

    for version, files in (("data:files@1", FIRST), ("data:files@2", SECOND), ("data:files@1", FIRST)):
        repository.data.get(version, top)
        assert files == read(top)
        assert repository.data.status(top)[0].is_clean
    repository.data.get("data:files@2", tmp_path / "copy")
    assert SECOND == read(tmp_path / "copy")


def test_what_is_in_the_way_is_told_and_another_repository_knows_nothing(
    repository: Repository, tmp_path: Path
) -> None:
    repository.data.add(write(tmp_path / "files", FIRST))
    write(tmp_path / "here", {"run.sh": b"mine"})
    with pytest.raises(Conflict, match=r"run\.sh"):
        repository.data.get("data:files", tmp_path / "here")
    with pytest.raises(NotFound):
        repository.data.status(tmp_path / "here")

    assert {"run.sh": b"mine"} == read(tmp_path / "here")


def test_a_second_add_sends_only_what_is_new(repository: Repository, tmp_path: Path) -> None:
    top = write(tmp_path / "files", FIRST)
    repository.data.add(top)
    again = repository.data.add(top)

    assert "data:files@1" == again.reference
    assert not again.created

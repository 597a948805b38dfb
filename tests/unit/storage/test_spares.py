"""Second copies of what is fetched: they become files of the workspace, or go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lineal.objects.digest import digest_of
from lineal.storage.blobs.spares import Spares

DIGEST = digest_of(b"content")


@pytest.fixture
def spares(tmp_path: Path) -> Iterator[Spares]:
    """Spares of a store that a directory waits for."""
    (tmp_path / "scratch").mkdir()
    made = Spares(tmp_path / "scratch")
    with made.wanted(tmp_path / "not" / "there" / "yet"):
        yield made
    assert [] == list((tmp_path / "scratch").iterdir())


def make(spares: Spares) -> Path:
    """Write a second copy."""
    with spares.new(DIGEST) as path:
        assert path
        path.write_bytes(b"content")
    return path


def test_a_second_copy_becomes_a_file_once(spares: Spares, tmp_path: Path) -> None:
    make(spares)

    assert spares.move(DIGEST, tmp_path / "file")
    assert b"content" == (tmp_path / "file").read_bytes()
    assert not spares.move(DIGEST, tmp_path / "other")


def test_one_that_somebody_changed_is_not_taken(spares: Spares, tmp_path: Path) -> None:
    make(spares).write_bytes(b"other")

    assert not spares.move(DIGEST, tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_one_that_is_gone_or_cannot_be_moved_is_done_without(spares: Spares, tmp_path: Path) -> None:
    make(spares).unlink()
    assert not spares.move(DIGEST, tmp_path / "file")

    make(spares)
    (tmp_path / "directory").mkdir()
    assert not spares.move(DIGEST, tmp_path / "directory")


def test_what_was_found_damaged_or_never_moved_goes(spares: Spares, tmp_path: Path) -> None:
    with suppress(ValueError), spares.new(DIGEST) as path:
        assert path
        path.write_bytes(b"damaged")
        raise ValueError

    assert not spares.move(DIGEST, tmp_path / "file")
    make(spares)  # the fixture looks for it


def test_none_is_made_where_nobody_waits_or_on_another_disk(tmp_path: Path) -> None:
    spares = Spares(tmp_path)
    with spares.new(DIGEST) as path:
        assert path is None
    with spares.wanted(Path("/proc/self")), spares.new(DIGEST) as path:
        assert path is None

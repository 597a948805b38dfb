"""Blobs as files: their layout, and what survives crashes and many writers."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, Unavailable
from lineal.storage.blobs import files
from lineal.storage.blobs.files import FileBlobs
from lineal.testing.crashes import run_until_write
from tests.unit.storage.processes import command, together

WRITE = "FileBlobs(here / 'blobs', here / 'tmp').put_stream([b'x' * 300_000, b'y' * 300_000])"
CONTENT = b"x" * 300_000 + b"y" * 300_000


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs", tmp_path / "tmp")


def test_a_blob_is_a_plain_file_that_sha256sum_can_check(blobs: FileBlobs, tmp_path: Path) -> None:
    blobs.put(b"")
    path = tmp_path / "blobs/sha256/e3/b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert b"" == path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_nothing_is_left_where_blobs_are_written(blobs: FileBlobs, tmp_path: Path) -> None:
    blobs.put(b"once")
    blobs.put_stream([b"once"])
    blobs.put_stream([b"twice"])

    assert [] == list((tmp_path / "tmp").iterdir())


def test_files_that_are_no_blobs_are_not_listed(blobs: FileBlobs, tmp_path: Path) -> None:
    digest = blobs.put(b"a blob")
    (tmp_path / "blobs/sha256/README").write_text("what people leave behind")
    (blobs.path(digest).parent / ".nfs0001").write_text("what file systems leave behind")

    assert [digest] == list(blobs.list())


def test_a_blob_that_a_failing_disk_cut_short_is_written_again(blobs: FileBlobs) -> None:
    digest = blobs.put(CONTENT)
    for store_again in (blobs.put, lambda data: blobs.put_stream([data])):
        blobs.path(digest).chmod(0o600)
        os.truncate(blobs.path(digest), 1_000)
        store_again(CONTENT)

        assert blobs.get(digest) == CONTENT


def test_what_was_stored_does_not_change_with_the_file_it_came_from(blobs: FileBlobs, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"before")
    digest, _ = blobs.put_file(path)
    path.write_bytes(b"after!")

    assert b"before" == blobs.get(digest)


def test_what_was_just_hashed_is_hashed_again_only_if_somebody_touched_it(
    blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    digest, _ = blobs.put_file(tmp_path / "file")
    hashed, copy_hashed = list[int](), files.copy_hashed
    monkeypatch.setattr(files, "copy_hashed", lambda *args, **given: hashed.append(1) or copy_hashed(*args, **given))
    blobs.fetch_to(digest, tmp_path / "first")
    assert [] == hashed

    path = blobs.path(digest)
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(b"damage")
    with pytest.raises(Corrupt):
        blobs.fetch_to(digest, tmp_path / "second")
    assert [1] == hashed
    assert CONTENT == (tmp_path / "first").read_bytes()


def test_what_is_found_while_it_is_fetched_is_compared(blobs: FileBlobs, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp/fetched").write_bytes(CONTENT)
    with pytest.raises(Corrupt, match="what arrived"):
        blobs.take(tmp_path / "tmp/fetched", digest_of(CONTENT), found=digest_of(b"something else"))
    assert set() == blobs.has((digest_of(CONTENT),))

    assert len(CONTENT) == blobs.take(tmp_path / "tmp/fetched", digest_of(CONTENT), found=digest_of(CONTENT))
    assert CONTENT == blobs.get(digest_of(CONTENT))


def test_a_file_in_the_place_of_the_store_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("not a directory")
    blobs = FileBlobs(tmp_path / "blobs", tmp_path / "tmp")
    with pytest.raises(Unavailable, match="blobs cannot be used: Not a directory"):
        blobs.put(b"")


def test_many_processes_may_write_the_same_blob(blobs: FileBlobs, tmp_path: Path) -> None:
    together(f"for _ in range(20): {WRITE}", tmp_path, 4)

    assert [digest_of(CONTENT)] == list(blobs.list())
    assert blobs.get(digest_of(CONTENT)) == CONTENT
    assert [] == list((tmp_path / "tmp").iterdir())


def test_a_writer_killed_at_any_write_leaves_no_half_blob(tmp_path: Path) -> None:
    writes = _killed(tmp_path / "whole", 0)
    # The bytes are safe before they have their name, and the name is safe before anybody is told.
    assert ("fchmod", "fsync") == writes[writes.index("fchmod") :][:2]
    assert writes.index("write") < writes.index("fchmod") < writes.index("rename") < len(writes) - 1
    assert "fsync" in writes[writes.index("rename") :]

    for kill_at in range(1, len(writes) + 1):
        root = tmp_path / str(kill_at)
        _killed(root, kill_at)
        blobs = FileBlobs(root / "blobs", root / "tmp")
        found: list[Digest] = list(blobs.list())

        assert [digest_of(CONTENT)][: len(found)] == found
        assert all(blobs.get(digest) == CONTENT for digest in found)
        assert digest_of(CONTENT) == blobs.put(CONTENT)
        assert blobs.get(digest_of(CONTENT)) == CONTENT


def _killed(root: Path, kill_at: int) -> tuple[str, ...]:
    root.mkdir()
    ended = run_until_write(command(WRITE, root), kill_at=kill_at, directory=root, variables={**os.environ})

    assert (-9 if kill_at else 0) == ended.exit_status
    return ended.writes

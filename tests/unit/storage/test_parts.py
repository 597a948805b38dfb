"""Parts of a file wait beside each other until they are put together, or are old."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.objects.errors import Conflict, LinealError, NotFound
from lineal.storage.blobs.parts import KEPT_SECONDS, Parts

UPLOAD, OTHER = "0" * 32, "1" * 32


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "scratch")


def whole(parts: Parts, upload: str, *tags: str) -> bytes:
    return b"".join(parts.pieces(upload, tags))


def test_parts_are_put_together_in_their_order_by_their_tags(parts: Parts):
    second = parts.put(UPLOAD, 2, [b"c", b"d"])
    first = parts.put(UPLOAD, 1, [b"a", b"b"])
    again = parts.put(UPLOAD, 1, [b"x"])
    empty = parts.put(UPLOAD, 3, [])

    assert b"abcd" == whole(parts, UPLOAD, first, second, empty)
    assert b"xcd" == whole(parts, UPLOAD, again, second)


@pytest.mark.parametrize("tag", ["", "x", "../../x", "0" * 16 + "-4", "0" * 16 + "-4/../x"])
def test_what_never_came_is_not_here(tag: str, parts: Parts):
    known = parts.put(UPLOAD, 1, [b"a"])
    for upload, tags in ((UPLOAD, (known, tag)), (OTHER, (known,)), ("../x", (known,)), (UPLOAD, (tag,))):
        with pytest.raises(NotFound):
            whole(parts, upload, *tags)


def test_a_part_that_comes_only_half_leaves_nothing(parts: Parts, tmp_path: Path):
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise LinealError("gone")

    with pytest.raises(LinealError, match="gone"):
        parts.put(UPLOAD, 1, pieces())
    assert [] == list((tmp_path / "scratch").iterdir())


def test_a_part_that_lost_its_end_is_told(parts: Parts, tmp_path: Path):
    tag = parts.put(UPLOAD, 1, [b"abc"])
    (path,) = (tmp_path / "scratch").iterdir()
    os.truncate(path, 2)
    with pytest.raises(Conflict, match="part 1"):
        whole(parts, UPLOAD, tag)


def test_what_became_of_an_upload_is_noted_and_its_parts_go(parts: Parts, tmp_path: Path):
    tag, kept = parts.put(UPLOAD, 1, [b"a"]), parts.put(OTHER, 1, [b"b"])
    assert "" == parts.note(UPLOAD)
    parts.finish(UPLOAD, "sha256:0")

    assert "sha256:0" == parts.note(UPLOAD)
    with pytest.raises(NotFound):
        whole(parts, UPLOAD, tag)
    parts.drop(UPLOAD)
    assert b"b" == whole(parts, OTHER, kept)
    parts.drop(OTHER)
    assert [f"upload.{UPLOAD}.done"] == [each.name for each in (tmp_path / "scratch").iterdir()]


def test_only_what_is_old_is_swept_and_nothing_of_others(parts: Parts, tmp_path: Path):
    tag = parts.put(UPLOAD, 1, [b"a"])
    parts.put(OTHER, 1, [b"b"])
    parts.finish(OTHER, "x")
    blob = tmp_path / "scratch" / "blob.1"
    blob.write_bytes(b"x")
    for path in (blob, tmp_path / "scratch" / f"upload.{OTHER}.done"):
        os.utime(path, (time.time() - KEPT_SECONDS - 1,) * 2)
    parts.sweep()

    assert b"a" == whole(parts, UPLOAD, tag)
    assert ("", True) == (parts.note(OTHER), blob.exists())

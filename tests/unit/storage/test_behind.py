"""A long stream is on the disk as it came, and whatever goes wrong while a thread writes it is told."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from lineal.objects.digest import digest_of
from lineal.objects.errors import Unavailable
from lineal.storage.blobs.behind import LONG_BYTES, write_stream
from lineal.storage.direct import DirectFile

PIECE = 1 << 20


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    found = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    yield found
    os.close(found)


@pytest.mark.parametrize(
    "sizes",
    [
        (),
        (0,),
        (1, 2),
        (LONG_BYTES - 1,),
        (LONG_BYTES,),
        (LONG_BYTES + 1,),
        (PIECE,) * 9,
        (999_983,) * 13,
        (0, 30 * PIECE + 7),
    ],
)
def test_what_came_is_in_the_file(sizes: tuple[int, ...], descriptor: int, tmp_path: Path):
    pieces = [os.urandom(1000) * (size // 1000) + bytes(size % 1000) for size in sizes]
    hasher = write_stream(descriptor, iter(pieces), tmp_path)
    data = b"".join(pieces)

    assert data == (tmp_path / "file").read_bytes()
    assert (digest_of(data), len(data)) == (hasher.digest, hasher.size_bytes)


def test_a_disk_that_is_full_is_told_before_the_stream_ends(descriptor: int, tmp_path: Path):
    taken, before = list[int](), threading.active_count()

    def pieces() -> Iterator[bytes]:
        for number in range(200):
            taken.append(number)
            yield bytes(PIECE)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with patch.object(DirectFile, "write_at", full), pytest.raises(Unavailable, match="No space left"):
        write_stream(descriptor, pieces(), tmp_path)
    assert len(taken) < 40
    assert before == threading.active_count()


def test_an_error_of_whoever_sends_is_theirs_and_no_thread_is_left(descriptor: int, tmp_path: Path):
    before = threading.active_count()

    def pieces() -> Iterator[bytes]:
        yield from (bytes(PIECE) for _ in range(10))
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError, match="gone"):
        write_stream(descriptor, pieces(), tmp_path)
    assert before == threading.active_count()

"""Files past the cache: the same bytes as through it, wherever the file system or the disk has other wishes."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.storage import direct
from lineal.storage.direct import BUFFER_BYTES, Appending, DirectFile, buffer

PIECES = st.lists(
    st.one_of(st.integers(0, 9_000), st.sampled_from([4_096, 8_192, BUFFER_BYTES, BUFFER_BYTES + 1])), max_size=6
)


@pytest.fixture(params=["disk", "memory", "no direct way", "refused by the disk"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory on a file system of each kind."""
    if request.param == "memory":
        with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
            yield Path(name)
        return
    if request.param == "no direct way":
        monkeypatch.setattr(direct, "_DIRECT", 0)
    if request.param == "refused by the disk":
        pwrite, preadv = os.pwrite, os.preadv

        def refuses(descriptor: int) -> None:
            if os.get_blocking(descriptor) and direct_flag(descriptor):
                raise OSError(errno.EINVAL, "larger blocks, please")

        def writing(descriptor: int, data: bytes, at: int) -> int:
            refuses(descriptor)
            return pwrite(descriptor, data, at)

        def reading(descriptor: int, rooms: list[memoryview], at: int) -> int:
            refuses(descriptor)
            return preadv(descriptor, rooms, at)

        monkeypatch.setattr(os, "pwrite", writing)
        monkeypatch.setattr(os, "preadv", reading)
    yield tmp_path


def direct_flag(descriptor: int) -> bool:
    """Tell whether a descriptor goes past the cache."""
    import fcntl

    return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(pieces=PIECES)
def test_what_is_appended_is_there_whatever_its_pieces(place: Path, pieces: list[int]) -> None:
    data = [os.urandom(each) for each in pieces]
    with (place / "file").open("w+b") as file:
        appending = Appending(file.fileno())
        for each in data:
            appending.write(each)
        appending.finish()

    assert b"".join(data) == (place / "file").read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(at=st.sampled_from([0, 1, 4_096, 5_000, 1 << 20]), size=st.integers(0, 300_000), more=st.integers(0, 9_000))
def test_what_is_written_at_a_place_is_read_there(place: Path, at: int, size: int, more: int) -> None:
    data = os.urandom(size)
    room = buffer(max(size, 1))
    room[:size] = data
    with (place / "file").open("w+b") as file:
        file.truncate(at + size + more)
        with DirectFile(file.fileno()) as writing:
            writing.write_at(room[:size], at)
        read = buffer(1 << 19)
        with DirectFile(file.fileno(), os.O_RDONLY) as reading:
            count = reading.read_into(read, at)
            piece = bytes(reading.read(at, size))

    assert (place / "file").read_bytes() == bytes(at) + data + bytes(more)
    assert data + bytes(more) == read[:count]
    assert data == piece


def test_what_is_written_past_the_cache_is_not_in_it(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b") as file:
        appending = Appending(file.fileno())
        appending.write(os.urandom(2 * BUFFER_BYTES))
        appending.finish()
        # A read that may not wait for the disk.
        with pytest.raises(BlockingIOError) if is_direct(tmp_path) else nullcontext():
            os.preadv(file.fileno(), [bytearray(4_096)], 0, os.RWF_NOWAIT)


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_cache_that_is_slower_than_a_disk_is_used_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_slow: bool
) -> None:
    monkeypatch.setattr(direct, "_CACHE_BYTES_PER_S_MIN", 1 << 60 if is_slow else 1)
    room = buffer(BUFFER_BYTES)
    room[:] = data = os.urandom(BUFFER_BYTES)
    with (tmp_path / "file").open("w+b") as file, DirectFile(file.fileno(), cached=True) as writing:
        for each in range(5):
            writing.write_at(room, each * BUFFER_BYTES)
        with pytest.raises(BlockingIOError) if is_slow and is_direct(tmp_path) else nullcontext():
            os.preadv(file.fileno(), [bytearray(4_096)], 4 * BUFFER_BYTES, os.RWF_NOWAIT)

        assert data * 5 == (tmp_path / "file").read_bytes()


def is_direct(place: Path) -> bool:
    """Tell whether files at a place can be written past the cache."""
    try:
        os.close(os.open(place / "probe", os.O_WRONLY | os.O_CREAT | os.O_DIRECT))
    except OSError:
        return False
    return True


def descriptors() -> set[Path]:
    """Return what is open in this process."""
    return set(Path("/proc/self/fd").iterdir())


def test_no_descriptor_is_left_open(place: Path) -> None:
    before = descriptors()
    with (place / "file").open("w+b") as file:
        for _ in range(3):
            appending = Appending(file.fileno())
            appending.write(b"x" * 10_000)
            appending.finish()
            Appending(file.fileno()).discard()
            with DirectFile(file.fileno()) as writing:
                writing.write_at(buffer(8_192), 0)

    assert before == descriptors()

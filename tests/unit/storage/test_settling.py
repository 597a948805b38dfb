"""New files written through the cache and past it: whole, whatever the disk takes directly."""

from __future__ import annotations

import errno
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.storage.blobs import settling
from lineal.storage.blobs.settling import Settling
from lineal.storage.direct import buffer
from lineal.storage.submitted import Ended, SubmittedWrites

ROOM_BYTES = 1 << 14
ROOMS = 40
DATA = random.Random(5).randbytes(ROOMS * ROOM_BYTES + 123)


class Submitted(SubmittedWrites):
    """Writes past the cache that are counted, and of which some end otherwise."""

    at: list[int]
    change: Callable[[Ended], Ended] = staticmethod(lambda each: each)

    def submit(self, data: memoryview, at: int) -> None:
        """Note where it goes."""
        super().submit(data, at)
        self.at.append(at)

    def ended(self, *, is_all: bool = False) -> list[Ended]:
        """Tell what became of them."""
        return [type(self).change(each) for each in super().ended(is_all=is_all)]


@pytest.fixture(autouse=True)
def past(monkeypatch: pytest.MonkeyPatch) -> type[Submitted]:
    """Take few bytes for many, and any memory for slow; return what counts the writes past the cache."""
    counted = type("Counted", (Submitted,), {"at": []})
    monkeypatch.setattr(settling, "SubmittedWrites", counted)
    monkeypatch.setattr(settling, "_TRIED_BYTES", 2 * ROOM_BYTES)
    monkeypatch.setattr(settling, "_UNDER_WAY_BYTES", 4 * ROOM_BYTES)
    monkeypatch.setattr(settling, "_SLOW_S_PER_BYTE", -1.0)
    return counted


def write(path: Path, *, threads: int = 1, size_bytes: int = ROOM_BYTES) -> None:
    """Write all of the data, each thread its share, so many bytes at a time."""
    with path.open("w+b", buffering=0) as file, Settling(file.fileno(), len(DATA), ROOM_BYTES) as made:
        failures = list[OSError]()

        def work(number: int) -> None:
            room = buffer(ROOM_BYTES)
            try:
                for at in range(number * size_bytes, len(DATA), threads * size_bytes):
                    part = DATA[at : at + size_bytes]
                    room[: len(part)] = part
                    room = made.write(room, len(part), at)
            except OSError as error:
                failures.append(error)

        every = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for each in every:
            each.start()
        for each in every:
            each.join()
        if failures:
            raise failures[0]


@pytest.mark.parametrize(("threads", "size_bytes"), [(1, ROOM_BYTES), (3, ROOM_BYTES), (2, 4096), (2, 5000)])
def test_the_file_is_whole_though_the_cache_did_not_get_all_of_it(
    threads: int, size_bytes: int, past: type[Submitted], tmp_path: Path
) -> None:
    write(tmp_path / "file", threads=threads, size_bytes=size_bytes)
    assert (tmp_path / "file").read_bytes() == DATA
    assert bool(past.at) == (size_bytes % 4096 == 0)
    assert len(past.at) == len(set(past.at))
    assert 0 not in past.at  # the first ones tell whether memory is slow


def test_where_memory_is_at_hand_the_cache_keeps_all(
    past: type[Submitted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_SLOW_S_PER_BYTE", 1.0)
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert past.at == []


def test_where_there_is_no_way_past_the_cache_it_gets_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()

    def refusing(*_: int) -> None:
        asked.append(1)
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(settling, "SubmittedWrites", refusing)
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert asked == [1]


@pytest.mark.parametrize("error", [None, OSError(errno.EINVAL, os.strerror(errno.EINVAL))])
def test_what_the_disk_took_in_part_is_written_to_its_end(
    error: OSError | None, past: type[Submitted], tmp_path: Path
) -> None:
    def cut(each: Ended) -> Ended:
        with (tmp_path / "file").open("r+b") as file:
            file.seek(each.at + 4096)
            file.write(bytes(len(each.data) - 4096))
        return each._replace(size_bytes=4096, error=error)

    past.change = staticmethod(cut)
    write(tmp_path / "file")
    assert past.at
    assert (tmp_path / "file").read_bytes() == DATA


@pytest.mark.parametrize("number", [0, 3])
def test_what_the_disk_did_not_take_is_told(number: int, past: type[Submitted], tmp_path: Path) -> None:
    failure = OSError(errno.EIO, os.strerror(errno.EIO))
    past.change = staticmethod(
        lambda each: each._replace(size_bytes=0, error=failure) if each.at in past.at[number:] else each
    )
    with pytest.raises(OSError, match="Input/output error"):
        write(tmp_path / "file")


def test_a_write_that_cannot_be_submitted_goes_through_the_cache(past: type[Submitted], tmp_path: Path) -> None:
    tried = list[int]()

    def refusing(_: Submitted, __: memoryview, at: int) -> None:
        tried.append(at)
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    past.submit = refusing  # type: ignore[method-assign]
    write(tmp_path / "file")
    assert tried
    assert (tmp_path / "file").read_bytes() == DATA


def test_whoever_gives_up_leaves_nothing_under_way(
    past: type[Submitted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, plain = len(os.listdir("/proc/self/fd")), threading.Thread.join  # noqa: PTH208 - only counted

    def join(thread: threading.Thread) -> None:
        plain(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", join)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "file")
    assert past.at
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208

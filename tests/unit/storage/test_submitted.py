"""Writes that nobody waits for: all of them arrive, and what the disk refuses is told."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from lineal.storage import submitted
from lineal.storage.direct import BLOCK_BYTES, buffer
from lineal.storage.submitted import SubmittedWrites

SIZE_BYTES = 1 << 16
COUNT = 8
DATA = random.Random(7).randbytes(COUNT * SIZE_BYTES)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[BinaryIO]:
    """An empty file."""
    with (tmp_path / "file").open("w+b", buffering=0) as made:
        yield made


def piece(number: int) -> memoryview:
    """Return memory with a part of the data."""
    room = buffer(SIZE_BYTES)
    room[:] = DATA[number * SIZE_BYTES : (number + 1) * SIZE_BYTES]
    return room


def test_what_was_submitted_in_any_order_is_the_file(file: BinaryIO) -> None:
    writes = SubmittedWrites(file.fileno(), len(DATA), COUNT)
    order = random.Random(1).sample(range(COUNT), COUNT)
    for number in order:
        writes.submit(piece(number), number * SIZE_BYTES)
    ended = writes.ended() + writes.ended(is_all=True)
    assert sorted(each.at for each in ended) == [number * SIZE_BYTES for number in range(COUNT)]
    assert {(each.size_bytes, each.error) for each in ended} == {(SIZE_BYTES, None)}
    assert all(each.data == DATA[each.at : each.at + SIZE_BYTES] for each in ended)
    assert writes.ended(is_all=True) == []
    writes.close()
    assert Path(file.name).read_bytes() == DATA


def test_what_was_not_asked_for_arrives_too(file: BinaryIO) -> None:
    writes = SubmittedWrites(file.fileno(), len(DATA), COUNT)
    for number in range(COUNT):
        writes.submit(piece(number), number * SIZE_BYTES)
    writes.close()
    assert Path(file.name).read_bytes() == DATA


def refused(writes: SubmittedWrites) -> None:
    """Submit what no disk takes past the cache; raise what it says, at once or at the end."""
    writes.submit(piece(0)[:100], 1)
    (ended,) = writes.ended(is_all=True)
    assert ended.size_bytes == 0
    assert ended.error
    raise ended.error


def test_a_write_that_is_refused_says_so(file: BinaryIO) -> None:
    writes = SubmittedWrites(file.fileno(), len(DATA), COUNT)
    with pytest.raises(OSError, match="Invalid argument"):
        refused(writes)
    writes.close()


def test_what_is_no_file_of_a_disk_is_refused() -> None:
    reading, writing = os.pipe()
    with pytest.raises(OSError, match=r"Illegal seek|Invalid argument|No such device"):
        SubmittedWrites(writing, BLOCK_BYTES, 1)
    os.close(reading)
    os.close(writing)


def test_it_is_refused_where_the_system_is_another_one(file: BinaryIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitted, "_calls", lambda: None)
    with pytest.raises(OSError, match="not implemented"):
        SubmittedWrites(file.fileno(), len(DATA), 1)
    monkeypatch.undo()
    monkeypatch.setattr(submitted, "_NUMBERS", {})
    assert submitted._calls.__wrapped__() is None


def test_a_file_for_which_there_is_no_room_is_refused_and_leaves_nothing_open(file: BinaryIO) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only counted
    with pytest.raises(OSError, match=r"No space left|File too large"):
        SubmittedWrites(file.fileno(), 1 << 60, 1)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert os.fstat(file.fileno()).st_size == 0

"""Files written through the cache: whole, whether their memory is given back meanwhile or not."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import pytest

from lineal.storage.blobs import settling
from lineal.storage.blobs.settling import Settling

UNIT_BYTES = 1 << 16
DATA = random.Random(5).randbytes(9 * UNIT_BYTES + 123)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take few bytes for many, and any memory for slow."""
    monkeypatch.setattr(settling, "_UNIT_BYTES", UNIT_BYTES)
    monkeypatch.setattr(settling, "_TRIED_BYTES", UNIT_BYTES)
    monkeypatch.setattr(settling, "_SLOW_S_PER_BYTE", -1.0)


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The parts of the file that the disk was waited for."""
    found, plain = list[tuple[int, int]](), settling.wait_for_range

    def noting(descriptor: int, start: int, size_bytes: int) -> None:
        plain(descriptor, start, size_bytes)
        found.append((start, size_bytes))

    monkeypatch.setattr(settling, "wait_for_range", noting)
    return found


def write(path: Path, *, pieces: int = 20_000, is_joined: bool = False) -> None:
    """Write all of the data in order; wait at the end for whoever waits for the disk, if asked."""
    with path.open("w+b", buffering=0) as file, Settling(file.fileno()) as made:
        for start in range(0, len(DATA), UNIT_BYTES):
            for at in range(start, min(start + UNIT_BYTES, len(DATA)), pieces):
                end = min(at + pieces, start + UNIT_BYTES, len(DATA))
                made.write(memoryview(DATA)[at:end], at)
        if is_joined and made._thread:
            made._thread.join()


@pytest.mark.parametrize("pieces", [1 << 14, 20_000, 1 << 16])
def test_the_file_is_whole_though_its_memory_was_given_back(
    pieces: int, waited: list[tuple[int, int]], tmp_path: Path
) -> None:
    write(tmp_path / "file", pieces=pieces)
    assert (tmp_path / "file").read_bytes() == DATA
    assert waited == [(number * UNIT_BYTES, UNIT_BYTES) for number in range(len(waited))]


def test_where_memory_is_at_hand_the_disk_is_not_waited_for(
    waited: list[tuple[int, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_SLOW_S_PER_BYTE", 1.0)
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert waited == []


def test_where_a_part_cannot_be_waited_for_the_cache_keeps_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "can_wait_for_ranges", lambda: False)
    monkeypatch.setattr(settling, "wait_for_range", None)
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA


def test_what_the_disk_did_not_take_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(settling, "wait_for_range", failing)
    with pytest.raises(OSError, match="Input/output error"):
        write(tmp_path / "file", is_joined=True)


def test_a_part_of_what_is_no_file_of_a_disk_cannot_be_waited_for() -> None:
    reading, writing = os.pipe()
    with pytest.raises(OSError, match=os.strerror(errno.ESPIPE)):
        settling.wait_for_range(writing, 0, UNIT_BYTES)
    os.close(reading)
    os.close(writing)

"""Parts are hashed while others come: the digest is that of the file, whatever came when, and memory has a limit."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.objects.digest import digest_of
from lineal.storage.blobs import ahead as module
from lineal.storage.blobs.ahead import Ahead, Part, hash_up_to
from lineal.storage.blobs.placing import Whole

SIZE = 100_000
COUNT = 12
DATA = os.urandom(SIZE * (COUNT - 1) + 17)


@pytest.fixture
def whole(tmp_path: Path) -> Whole:
    """The file, with every part in its place."""
    (tmp_path / "whole").write_bytes(DATA)
    return Whole("0" * 16, tmp_path / "whole", SIZE)


def tag(number: int) -> str:
    return f"tag of {number}"


TAGS = [tag(number) for number in range(1, COUNT + 1)]


def arrive(ahead: Ahead, whole: Whole, number: int) -> Part:
    part = begin(ahead, whole, number)
    ahead.end(part, tag(number))
    return part


def begin(ahead: Ahead, whole: Whole, number: int) -> Part:
    part = ahead.begin(whole, number)
    data = DATA[whole.start(number) : whole.start(number + 1)]
    for at in range(0, len(data), 30_000):
        ahead.add(part, data[at : at + 30_000])
    return part


def until(is_true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < limit
        time.sleep(0.001)


@pytest.mark.parametrize("room_bytes", [0, 2 * SIZE, module.ROOM_BYTES])
def test_all_of_it_is_hashed_in_whatever_order_it_came(room_bytes: int, whole: Whole):
    ahead = Ahead(room_bytes)
    for number in random.Random(room_bytes).sample(range(1, COUNT + 1), COUNT):
        arrive(ahead, whole, number)
    hasher = ahead.take(whole, TAGS)

    assert (len(DATA), digest_of(DATA)) == (hasher.size_bytes, hasher.digest)
    assert room_bytes == ahead.room_bytes
    assert 0 == ahead.take(whole, TAGS).size_bytes


def test_what_comes_in_order_is_hashed_at_once_and_leaves_memory(whole: Whole):
    ahead = Ahead()
    for number in range(1, 6):
        arrive(ahead, whole, number)
    arrive(ahead, whole, 8)
    until(lambda: ahead.room_bytes == module.ROOM_BYTES - SIZE)

    hasher = ahead.take(whole, TAGS)
    assert 5 * SIZE == hasher.size_bytes
    assert hash_up_to(hasher, whole.path, len(DATA))
    assert digest_of(DATA) == hasher.digest
    assert module.ROOM_BYTES == ahead.room_bytes


def test_what_was_hashed_of_other_parts_is_not_taken(whole: Whole):
    ahead = Ahead()
    for number in (1, 2, 3):
        arrive(ahead, whole, number)

    assert 0 == ahead.take(whole, [tag(1), "another", *TAGS[2:]]).size_bytes


def test_a_part_that_failed_is_not_hashed_and_leaves_memory(whole: Whole):
    ahead = Ahead()
    ahead.end(begin(ahead, whole, 1), "")
    assert module.ROOM_BYTES == ahead.room_bytes
    arrive(ahead, whole, 2)
    arrive(ahead, whole, 1)

    assert 2 * SIZE == ahead.take(whole, TAGS).size_bytes


def test_parts_that_are_far_from_their_turn_wait_on_the_disk(whole: Whole):
    ahead = Ahead()
    arrive(ahead, whole, 40)

    assert module.ROOM_BYTES == ahead.room_bytes


def test_an_upload_that_went_quiet_gives_its_memory_to_another(whole: Whole, monkeypatch: pytest.MonkeyPatch):
    ahead = Ahead(2 * SIZE)
    other = whole._replace(name="1" * 16)
    arrive(ahead, other, 2)
    under_way = begin(ahead, other, 3)
    assert 0 == ahead.room_bytes
    assert arrive(ahead, whole, 3).pieces is None

    monkeypatch.setattr(module, "_QUIET_SECONDS", -1)
    assert arrive(ahead, whole, 2).pieces is not None
    assert under_way.pieces is None
    ahead.end(under_way, tag(3))
    arrive(ahead, other, 1)
    assert 3 * SIZE == ahead.take(other, TAGS).size_bytes


def test_nothing_is_left_of_uploads_that_were_given_up_or_are_too_many(whole: Whole):
    ahead = Ahead()
    kept = begin(ahead, whole, 2)
    ahead.forget(whole)
    assert module.ROOM_BYTES == ahead.room_bytes
    ahead.end(kept, tag(2))

    for number in range(200):
        arrive(ahead, whole._replace(name=f"{number:016}"), 2)
    assert module.ROOM_BYTES - 64 * SIZE == ahead.room_bytes


def test_a_file_that_is_cut_short_while_it_is_hashed_is_left_to_the_end(whole: Whole):
    ahead = Ahead(0)
    os.truncate(whole.path, SIZE + 5)
    for number in (1, 2, 3):
        arrive(ahead, whole, number)
    hasher = ahead.take(whole, TAGS)

    assert 0 == hasher.size_bytes
    assert not hash_up_to(hasher, whole.path, len(DATA))
    whole.path.unlink()
    arrive(ahead, whole, 1)
    assert 0 == ahead.take(whole, TAGS).size_bytes

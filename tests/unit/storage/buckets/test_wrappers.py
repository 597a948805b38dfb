"""Wrappers change one thing each."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.objects.errors import Denied, NotFound, Unavailable
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.buckets.memory import MemoryBucket
from lineal.storage.buckets.wrappers import Measured, ReadOnly, Retrying
from lineal.testing.bucket_faults import READS, WRITES, CuttingBucket, FailingBucket, SlowBucket
from lineal.testing.faults import Crash


def test_a_read_only_bucket_gives_everything_and_takes_nothing(tmp_path: Path) -> None:
    inner = MemoryBucket("here")
    inner.put("key", b"kept")
    bucket = ReadOnly(inner)
    for write in (lambda: bucket.put("key", b""), lambda: bucket.put_file("key", tmp_path), lambda: bucket.delete([])):
        with pytest.raises(Denied, match="memory://here can only be read"):
            write()

    assert b"kept" == bucket.get("key")
    assert inner.head("key") == bucket.head("key") == next(bucket.list())


CALLS: dict[str, Callable[[Bucket, Path], object]] = {
    "put": lambda bucket, _: bucket.put("key", b"content"),
    "put_file": lambda bucket, here: bucket.put_file("key", here / "file"),
    "get": lambda bucket, _: bucket.get("key"),
    "fetch": lambda bucket, here: bucket.fetch("key", here / "got"),
    "head": lambda bucket, _: bucket.head("key"),
    "list": lambda bucket, _: list(bucket.list()),
    "delete": lambda bucket, _: bucket.delete(iter(["key"])),
}


@pytest.mark.parametrize("method", CALLS)
def test_what_fails_for_now_is_done_in_the_end_and_waited_for_longer_and_longer(method: str, tmp_path: Path) -> None:
    waits = list[float]()
    (tmp_path / "file").write_bytes(b"content")
    inner = MemoryBucket()
    inner.put("key", b"content")
    CALLS[method](Retrying(FailingBucket(inner, after=0, times=3, methods={method}), sleep=waits.append), tmp_path)
    first, second, third = waits

    assert CALLS.keys() == READS | WRITES
    assert 0.25 <= first <= 0.75
    assert 0.5 <= second <= 1.5
    assert 1.0 <= third <= 3.0


def test_what_stays_away_is_told_after_the_last_attempt() -> None:
    waits = list[float]()
    with pytest.raises(Unavailable, match="broke off"):
        Retrying(FailingBucket(MemoryBucket(), after=0), attempts=3, sleep=waits.append).put("key", b"")

    assert 2 == len(waits)


def test_nothing_else_than_what_is_away_is_tried_again(tmp_path: Path) -> None:
    waits = list[float]()
    bucket = Retrying(MemoryBucket(), sleep=waits.append)
    bucket.put("key", b"")
    with pytest.raises(NotFound):
        bucket.get("nothing")
    with pytest.raises(Unavailable, match="nowhere"):
        bucket.fetch("key", tmp_path / "nowhere" / "file")
    with pytest.raises(Crash):
        Retrying(FailingBucket(bucket, after=0, fault=Crash), sleep=waits.append).get("key")

    assert [] == waits


def test_a_lost_answer_does_no_harm(tmp_path: Path) -> None:
    inner = MemoryBucket()
    (tmp_path / "file").write_bytes(b"2")
    bucket = Retrying(FailingBucket(inner, after=0, times=3, moment="after"), sleep=lambda _: None)
    bucket.put("1", b"1")
    bucket = Retrying(FailingBucket(inner, after=0, times=3, moment="after"), sleep=lambda _: None)
    bucket.put_file("2", tmp_path / "file")
    bucket = Retrying(FailingBucket(inner, after=0, times=3, moment="after"), sleep=lambda _: None)
    bucket.delete(["1"])

    assert {"2": b"2"} == {each.key: inner.get(each.key) for each in inner.list()}


def test_a_list_that_breaks_off_goes_on_where_it_was() -> None:
    class Breaking(MemoryBucket):
        breaks = 3

        def list(self, prefix=""):
            for number, each in enumerate(super().list(prefix)):
                if number % 7 == 6 and self.breaks:
                    self.breaks -= 1
                    raise Unavailable("the connection broke off")
                yield each

    inner = Breaking()
    for number in range(20):
        inner.put(f"{number:02}", b"")

    assert [f"{number:02}" for number in range(20)] == [
        each.key for each in Retrying(inner, sleep=lambda _: None).list()
    ]


def test_bytes_that_are_sent_again_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    (tmp_path / "file").write_bytes(os.urandom(5_000))
    told = list[int]()
    cutting: Bucket = CuttingBucket(DirectoryBucket(tmp_path / "bucket"), after_bytes=1, times=2)
    Retrying(cutting, sleep=lambda _: None).put_file("key", tmp_path / "file", progress=told.append)

    assert 5_000 == sum(told)
    assert all(each > 0 for each in told)


def test_a_measured_bucket_counts_calls_and_bytes(tmp_path: Path) -> None:
    bucket = Measured(MemoryBucket())
    (tmp_path / "in").write_bytes(b"six...")
    bucket.put("a", b"four")
    bucket.put_file("b", tmp_path / "in")
    bucket.get("a", start=1)
    bucket.fetch("b", tmp_path / "out")
    bucket.head("a")
    list(bucket.list())
    bucket.delete(["a"])

    assert (4 + 6, 3 + 6) == (bucket.written_bytes, bucket.read_bytes)
    assert {name: 1 for name in vars(Measured) if not name.startswith("_")} == dict(bucket.calls)


def test_a_slow_bucket_is_slow_and_right() -> None:
    bucket = SlowBucket(MemoryBucket(), delay_ms=1)
    bucket.put("key", b"content")

    assert b"content" == bucket.get("key")

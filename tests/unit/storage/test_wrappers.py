"""Wrappers change one thing each."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lineal.objects.digest import digest_of
from lineal.objects.errors import Unavailable
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.blobs.wrappers import Measured, ReadOnly
from lineal.testing.faults import Crash, Failing, Slow


def test_a_read_only_store_gives_everything_and_takes_nothing(tmp_path: Path) -> None:
    inner = MemoryBlobs()
    digest = inner.put(b"kept")
    blobs = ReadOnly(inner)
    blobs.fetch_to(digest, tmp_path / "file")
    for write in (
        blobs.put,
        lambda data: blobs.put_stream([data]),
        blobs.put_file,
        blobs.delete,
        lambda _: blobs.bundle(),
    ):
        with pytest.raises(Unavailable):
            write(b"more")  # type: ignore[operator]

    assert [(digest, b"kept")] == list(blobs.get_many([digest]))
    assert (b"kept", {digest}, 4) == (blobs.get(digest), blobs.has([digest]), blobs.size(digest))
    assert [digest] == list(inner.list())


def test_a_measured_store_counts_calls_and_bytes(tmp_path: Path) -> None:
    blobs = Measured(MemoryBlobs())
    digest = blobs.put(b"four")
    blobs.put_stream([b"four", b"five!"])
    (tmp_path / "in").write_bytes(b"six...")
    blobs.put_file(tmp_path / "in")
    with blobs.bundle() as bundle:
        bundle.put(digest_of(b"seven.."), b"seven..")
    written = blobs.written_bytes
    blobs.get(digest)
    list(blobs.get_many([digest, digest_of(b"seven..")]))
    list(blobs.places([digest]))
    b"".join(blobs.open(digest, start=1))
    blobs.fetch_to(digest, tmp_path / "out")
    blobs.has([digest])
    blobs.size(digest)
    list(blobs.list())
    blobs.delete(digest)

    assert (4 + 9 + 6 + 7, 4 + (4 + 7) + 3 + 4) == (written, blobs.read_bytes)
    assert {name: 1 for name in vars(BlobStore) if not name.startswith("_")} == dict(blobs.calls)


def test_calls_that_fail_are_not_counted_as_bytes() -> None:
    blobs = Measured(Failing(MemoryBlobs(), after=1))
    blobs.put(b"one")
    with pytest.raises(Unavailable):
        blobs.put(b"two")

    assert 3 == blobs.written_bytes


def test_a_failing_store_fails_at_every_write_after_so_many(tmp_path: Path) -> None:
    blobs = Failing(MemoryBlobs(), after=2, fault=Crash)
    digest = blobs.put(b"one")
    blobs.put_stream([b"two"])
    writes = (
        blobs.put,
        lambda data: blobs.put_stream([data]),
        lambda _: blobs.put_file(tmp_path),
        lambda _: blobs.bundle(),
    )
    for write in writes:
        with pytest.raises(Crash):
            write(b"three")

    assert b"one" == blobs.get(digest)


def test_a_slow_store_is_slow() -> None:
    blobs = Slow(MemoryBlobs(), delay_ms=20)
    began = time.perf_counter()
    digest, _ = blobs.put_stream([b"1", b"2"])
    blobs.get(digest)

    assert time.perf_counter() - began >= 0.06

"""What an object store may give by itself: nothing but S3 can tell, and the ETag is the one that it makes of our bytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from lineal.objects.digest import digest_of
from lineal.objects.errors import Denied, Invalid
from lineal.storage.blobs.blobs import SMALL_BYTES
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.buckets.objectstore import PART_BYTES
from lineal.storage.buckets.opening import open_bucket
from lineal.storage.remotes import addresses as module
from lineal.storage.remotes.addresses import Addresses, etag_of
from tests.parts.s3 import S3

DATA = os.urandom(2 * PART_BYTES + 5)


@pytest.mark.parametrize("size", [1, PART_BYTES - 1, PART_BYTES])
def test_the_etag_of_what_is_sent_in_one_request_is_its_md5(size: int) -> None:
    assert hashlib.md5(DATA[:size]).hexdigest() == etag_of([DATA[:1], DATA[1:size]], size)


@pytest.mark.parametrize("piece", [1_000_003, PART_BYTES, PART_BYTES - 1, len(DATA)])
@pytest.mark.parametrize("size", [PART_BYTES + 1, 2 * PART_BYTES, len(DATA)])
def test_the_etag_of_what_is_sent_in_parts_is_that_of_their_md5s_however_it_is_read(size: int, piece: int) -> None:
    data = DATA[:size]
    parts = [hashlib.md5(data[at : at + PART_BYTES]).digest() for at in range(0, size, PART_BYTES)]
    pieces = [data[at : at + piece] for at in range(0, size, piece)]

    assert f"{hashlib.md5(b''.join(parts)).hexdigest()}-{len(parts)}" == etag_of(pieces, size)


def test_places_that_sign_no_addresses_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (str(tmp_path), "memory://x", "https://example.org/x"):
        with pytest.raises(Invalid, match="gives no addresses to others"):
            Addresses(open_bucket(url), MemoryBlobs())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Denied):
        Addresses(open_bucket("s3://x/p", {"endpoint": "http://127.0.0.1:1", "anonymous": "true"}), MemoryBlobs())


def sent(moto: S3, blobs: MemoryBlobs, data: bytes, tmp_path: Path) -> Addresses:
    """Return what gives addresses of a remote that holds ``data``."""
    bucket = open_bucket(f"s3://{moto.make()}/p", moto.options)
    (tmp_path / "file").write_bytes(data)
    digits = digest_of(data).removeprefix("sha256:")
    bucket.put_file(f"blobs/{digits[:2]}/{digits[2:]}", tmp_path / "file")
    blobs.put(data)
    return Addresses(bucket, blobs)


def test_bytes_are_read_once_however_often_an_address_is_asked_for(moto: S3, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    addresses = sent(moto, blobs, DATA, tmp_path)
    with patch.object(blobs, "open", wraps=blobs.open) as reading:
        found = [addresses.of(digest_of(DATA), len(DATA)) for _ in range(3)]

    assert [f'"{etag_of([DATA], len(DATA))}"'] * 3 == [each.headers["If-Match"] for each in found if each]
    assert reading.call_count == 1


def test_what_takes_long_to_read_has_an_address_the_next_time(
    moto: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = sent(moto, MemoryBlobs(), DATA, tmp_path)
    monkeypatch.setattr(module, "_WAIT_S", 0.0)
    with addresses._reading, addresses._reading:  # others are read
        assert addresses.of(digest_of(DATA), len(DATA)) is None
    monkeypatch.setattr(module, "_WAIT_S", 10.0)

    assert addresses.of(digest_of(DATA), len(DATA))


def test_what_is_not_here_cannot_be_compared_and_has_no_address(moto: S3, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    addresses = sent(moto, blobs, DATA, tmp_path)
    blobs.delete(digest_of(DATA))
    assert addresses.of(digest_of(DATA), len(DATA)) is None

    blobs.put(DATA)
    assert addresses.of(digest_of(DATA), len(DATA))


def test_another_size_and_small_files_have_no_address(moto: S3, tmp_path: Path) -> None:
    small = DATA[: SMALL_BYTES - 1]
    addresses = sent(moto, MemoryBlobs(), small, tmp_path)
    assert addresses.of(digest_of(small), len(small)) is None

    addresses = sent(moto, MemoryBlobs(), DATA, tmp_path)
    assert addresses.of(digest_of(DATA), len(DATA) - 1) is None

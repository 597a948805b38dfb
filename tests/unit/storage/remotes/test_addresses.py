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
from lineal.storage.remotes.addresses import Addresses, etags_of, joined_etag, part_sizes
from tests.parts.s3 import S3

DATA = os.urandom(2 * PART_BYTES + 5)


def test_the_etag_of_what_is_sent_in_one_request_is_its_md5() -> None:
    assert etags_of([DATA[:1], DATA[1:]], 0, part_sizes(len(DATA), 0)) == {hashlib.md5(DATA).hexdigest()}


def in_parts(data: bytes, part_bytes: int) -> str:
    """Return the ETag of what was sent in parts of a size."""
    return joined_etag([hashlib.md5(data[at : at + part_bytes]).digest() for at in range(0, len(data), part_bytes)])


@pytest.mark.parametrize("piece", [1_000_003, PART_BYTES, PART_BYTES - 1, len(DATA)])
@pytest.mark.parametrize("size", [PART_BYTES + 1, 2 * PART_BYTES, len(DATA)])
def test_the_etag_of_what_is_sent_in_parts_is_that_of_their_md5s_however_it_is_read(size: int, piece: int) -> None:
    data = DATA[:size]
    pieces = [data[at : at + piece] for at in range(0, size, piece)]
    count = -(-size // PART_BYTES)

    assert in_parts(data, PART_BYTES) in etags_of(pieces, count, part_sizes(size, count))
    assert etags_of(pieces, count, {PART_BYTES}) == {in_parts(data, PART_BYTES)}


MIB = 1 << 20


@pytest.mark.parametrize(
    ("size", "count", "part_bytes"),
    [
        (8 * MIB + 1, 2, PART_BYTES),
        (1 << 30, 128, PART_BYTES),
        (21 * MIB, 3, PART_BYTES),
        (21 * MIB, 3, 10 * MIB),
        (500 * MIB + 1, 51, 10 * MIB),
        (1 << 30, 205, 5 * MIB),
        (10 << 30, 103, 100 * MIB),
        (3, 1, 3),
    ],
)
def test_the_size_of_parts_is_known_by_how_many_there_are(size: int, count: int, part_bytes: int) -> None:
    assert part_bytes in part_sizes(size, count)


@pytest.mark.parametrize(("size", "count"), [(5 * MIB, 6), (1 << 30, 999), (0, 3)])
def test_what_no_whole_mibs_explain_is_told_by_nobody(size: int, count: int) -> None:
    assert part_sizes(size, count) == set()


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

    assert [f'"{in_parts(DATA, PART_BYTES)}"'] * 3 == [each.headers["If-Match"] for each in found if each]
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


def test_what_somebody_just_read_is_not_read_again(moto: S3, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    addresses = sent(moto, blobs, DATA, tmp_path)
    addresses.know(digest_of(DATA), in_parts(DATA, PART_BYTES))
    with patch.object(blobs, "open", side_effect=AssertionError):
        assert addresses.of(digest_of(DATA), len(DATA))


def test_what_others_sent_in_parts_of_their_own_has_an_address(moto: S3) -> None:
    data, blobs, name = os.urandom(20 * MIB + 1), MemoryBlobs(), moto.make()
    blobs.put(data)
    digits = digest_of(data).removeprefix("sha256:")
    place = {"Bucket": name, "Key": f"p/blobs/{digits[:2]}/{digits[2:]}"}
    upload = moto.client.create_multipart_upload(**place)["UploadId"]
    parts = []
    for number in (1, 2, 3):
        piece = data[(number - 1) * 10 * MIB : number * 10 * MIB]
        said = moto.client.upload_part(**place, UploadId=upload, PartNumber=number, Body=piece)
        parts.append({"PartNumber": number, "ETag": said["ETag"]})
    moto.client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
    addresses = Addresses(open_bucket(f"s3://{name}/p", moto.options), blobs)

    assert addresses.of(digest_of(data), len(data))
    assert addresses.of(digest_of(data), len(data) - 1) is None

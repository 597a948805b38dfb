"""Objects and prefixes: versions, markers, servers, and keys that are no paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.formats import listing
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Corrupt, Denied, Invalid, NotFound, Unavailable
from lineal.objects.sources import ListedObject
from lineal.storage.sources.object_store import ObjectStores
from lineal.storage.sources.source import Asked, hash_only
from lineal.testing.contracts.source import fetched
from tests.sources.places import Lists, around
from tests.sources.s3 import S3
from tests.sources.web import serving


@pytest.fixture
def lists() -> Lists:
    return Lists()


@pytest.fixture
def stores(s3: S3, lists: Lists, tmp_path: Path) -> ObjectStores:
    return ObjectStores(around(tmp_path, lists, variables=s3.variables))


@pytest.fixture
def bucket(s3: S3) -> str:
    return s3.bucket(keeps=True)


def put(s3: S3, bucket: str, key: str, data: bytes) -> str:
    return str(s3.client.put_object(Bucket=bucket, Key=key, Body=data).get("VersionId", ""))


def test_an_older_version_can_be_named(s3: S3, stores: ObjectStores, bucket: str) -> None:
    first = put(s3, bucket, "k.csv", b"first")
    put(s3, bucket, "k.csv", b"second")
    source = stores.pin(Asked(f"s3://{bucket}/k.csv", at=first)).source

    assert (first, 5) == (source.version, source.size_bytes)
    assert {"k.csv": b"first"} == fetched(stores, source)
    assert "superseded" == stores.check(source).state
    with pytest.raises(NotFound, match="has no version"):
        stores.pin(Asked(f"s3://{bucket}/k.csv", at="0" * 36))


def test_a_deleted_object_whose_version_is_kept_can_still_be_had(s3: S3, stores: ObjectStores, bucket: str) -> None:
    put(s3, bucket, "k.csv", b"first")
    source = stores.pin(Asked(f"s3://{bucket}/k.csv")).source
    s3.client.delete_object(Bucket=bucket, Key="k.csv")

    assert "superseded" == stores.check(source).state
    assert {"k.csv": b"first"} == fetched(stores, source)


def test_a_version_that_was_removed_under_a_newer_one_is_a_change(s3: S3, stores: ObjectStores, bucket: str) -> None:
    version = put(s3, bucket, "k.csv", b"first")
    source = stores.pin(Asked(f"s3://{bucket}/k.csv")).source
    put(s3, bucket, "k.csv", b"other")
    s3.client.delete_object(Bucket=bucket, Key="k.csv", VersionId=version)

    assert "changed" == stores.check(source).state
    with pytest.raises(Conflict, match=version):
        fetched(stores, source)


def test_the_same_bytes_written_again_are_no_change(s3: S3, stores: ObjectStores) -> None:
    bucket = s3.bucket(keeps=False)
    put(s3, bucket, "k.csv", b"same")
    source = stores.pin(Asked(f"s3://{bucket}/k.csv")).source
    put(s3, bucket, "k.csv", b"same")

    assert "unchanged" == stores.check(source).state
    assert source == stores.pin(Asked(f"s3://{bucket}/k.csv")).source


def test_a_version_that_has_no_name_is_none(s3: S3, stores: ObjectStores, bucket: str) -> None:
    s3.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    put(s3, bucket, "k.csv", b"first")

    assert "" == stores.pin(Asked(f"s3://{bucket}/k.csv")).source.version


def test_a_digest_finds_what_an_etag_does_not_tell(stores: ObjectStores, s3: S3, bucket: str) -> None:
    put(s3, bucket, "k.csv", b"first")
    source = stores.pin(Asked(f"s3://{bucket}/k.csv"), hash_only).source

    assert digest_of(b"first") == source.digest
    lied = type(source)(uri=source.uri, size_bytes=5, version=source.version, digest=digest_of(b"f"), etag=source.etag, endpoint=source.endpoint)  # fmt: skip
    with pytest.raises(Corrupt, match="other bytes"):
        fetched(stores, lied)


def test_folders_that_consoles_make_are_no_objects(s3: S3, stores: ObjectStores, lists: Lists, bucket: str) -> None:
    for key, data in (("d/", b""), ("d/empty/", b""), ("d/sub/", b""), ("d/sub/x", b"x"), ("d/none", b"")):
        put(s3, bucket, key, data)
    pinned = stores.pin(Asked(f"s3://{bucket}/d/"))
    lists.blob(pinned)

    assert ["none", "sub/x"] == [each.key for each in listing.decode_lines([pinned.listing])]
    assert {"none": b"", "sub/x": b"x"} == fetched(stores, pinned.source)


def test_a_whole_bucket_is_a_prefix_too(s3: S3, stores: ObjectStores, lists: Lists, bucket: str) -> None:
    put(s3, bucket, "a", b"1")
    put(s3, bucket, "b/c", b"2")
    pinned = stores.pin(Asked(f"s3://{bucket}"))
    lists.blob(pinned)

    assert bucket == pinned.name
    assert {"a": b"1", "b/c": b"2"} == fetched(stores, pinned.source)


def test_a_prefix_tells_what_differs(s3: S3, stores: ObjectStores, lists: Lists) -> None:
    bucket = s3.bucket(keeps=False)
    for key in "abc":
        put(s3, bucket, f"d/{key}", key.encode())
    pinned = stores.pin(Asked(f"s3://{bucket}/d/"))
    lists.blob(pinned)
    put(s3, bucket, "d/a", b"A")
    put(s3, bucket, "d/new", b"n")
    s3.client.delete_object(Bucket=bucket, Key="d/b")

    found = stores.check(pinned.source)

    assert ("changed", "of 3 objects: 1 changed, 1 removed, 1 added; 2 cannot be had as they were") == found


def test_a_key_beside_others_below_it_is_explained(s3: S3, stores: ObjectStores, bucket: str) -> None:
    put(s3, bucket, "d/x", b"x")
    with pytest.raises(NotFound) as caught:
        stores.pin(Asked(f"s3://{bucket}/d"))

    assert f"s3://{bucket}/d/ " in caught.value.hint


def test_a_prefix_has_no_version(s3: S3, stores: ObjectStores, bucket: str) -> None:
    with pytest.raises(Invalid, match="no common version"):
        stores.pin(Asked(f"s3://{bucket}/d/", at="1"))


def test_keys_never_go_where_only_a_source_sends_them(s3: S3, stores: ObjectStores, lists: Lists, bucket: str, tmp_path: Path) -> None:  # fmt: skip
    put(s3, bucket, "k", b"x")
    source = stores.pin(Asked(f"s3://{bucket}/k")).source
    elsewhere = ObjectStores(around(tmp_path, lists, variables={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}))

    assert s3.endpoint == source.endpoint
    for ask in (elsewhere.check, lambda each: fetched(elsewhere, each)):
        with pytest.raises(Invalid, match="was pinned at") as caught:
            ask(source)
        assert "AWS_ENDPOINT_URL" in caught.value.hint


def test_a_store_that_is_away_is_told_as_away(s3: S3, lists: Lists, tmp_path: Path) -> None:
    away = ObjectStores(around(tmp_path, lists, variables={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}))
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        away.pin(Asked("s3://bucket/k"))

    assert "http://127.0.0.1:9" in caught.value.message


def test_a_list_comes_back_from_its_lines() -> None:
    objects = [ListedObject(key=key, size_bytes=1, etag='"x"') for key in ("ü", "a\nb", "b", "a")]
    data = listing.encode(objects)

    assert sorted(each.key.encode() for each in objects) == [each.key.encode() for each in listing.decode_lines([data])]
    assert list(listing.decode_lines([data])) == list(listing.decode_lines(bytes((each,)) for each in data))
    with pytest.raises(Corrupt):
        list(listing.decode_lines([data[:-1]]))
    with pytest.raises(Corrupt):
        list(listing.decode_lines([b"{}\n"]))


def test_who_may_not_read_is_told_which_keys_are_missing(s3: S3, lists: Lists, tmp_path: Path) -> None:
    with serving() as forbidding:
        forbidding.signature = "one that nobody gives"
        stores = ObjectStores(around(tmp_path, lists, variables={"AWS_ENDPOINT_URL": forbidding.url}))
        with pytest.raises(Denied, match="s3://bucket does not let us in") as caught:
            stores.pin(Asked("s3://bucket/k"))

    assert "AWS_ACCESS_KEY_ID" in caught.value.hint


def test_a_key_that_cannot_be_one_is_told(stores: ObjectStores, bucket: str) -> None:
    with pytest.raises(Invalid, match="no key"):
        stores.pin(Asked(f"s3://{bucket}/a//b"))


def test_a_bucket_that_is_not_there_holds_nothing(stores: ObjectStores) -> None:
    for uri in ("s3://no-such-bucket/k", "s3://no-such-bucket/d/"):
        with pytest.raises(NotFound) as caught:
            stores.pin(Asked(uri))

        assert caught.value.hint

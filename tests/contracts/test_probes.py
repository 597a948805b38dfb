"""What real stores do is found out as it is: the table below is what each of them was measured to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lineal.storage.buckets import enforcing, probing
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.buckets.memory import MemoryBucket
from lineal.storage.buckets.opening import is_encrypted, open_bucket
from lineal.testing.bucket_faults import FailingBucket

FOLDER = "doctor/0123456789abcdef/"

MEASURED = """
                                        | ceph | ceph* | moto | moto* | azurite | gcs | directory | memory
older versions are kept                 | no   | yes   | no   | yes   | no      | no  |           |
objects are locked                      | no   | yes   | no   | no    |         |     |           |
a wrong secret is refused               | yes  | yes   | no   | no    | yes     |     |           |
strangers are refused                   | yes  | yes   | yes  | yes   | yes     |     |           |
an object is created once only          | yes  | no    | yes  | yes   | yes     | yes |           |
of many creators one wins               | yes  | no    | yes  | yes   | yes     | yes |           |
an upload in parts creates once only    | no   | no    | yes  | yes   |         |     |           |
an object is updated on condition       | no   | no    | yes  | yes   | yes     | yes |           |
the store keeps a SHA-256               | no   | no    | yes  | yes   |         |     |           |
a wrong SHA-256 is refused              | no   | no    | no   | no    |         |     |           |
objects can be copied there             | yes  | yes   | yes  | yes   | yes     | no  |           |
links can be signed                     | yes  | yes   | yes  | yes   | yes     |     |           |
objects can be tagged                   | yes  | yes   | yes  | yes   |         |     |           |
unfinished uploads end by themselves    | no   | no    | no   | no    |         |     |           |
no upload is unfinished                 | yes  | yes   | yes  | yes   |         |     |           |
"""
"""An asterisk marks a bucket that keeps versions; Ceph's has locks too. Nothing stands where a store cannot be asked."""


def column(name: str) -> dict[str, str]:
    """Return what was measured of one store, by probe."""
    header, *rows = ([cell.strip() for cell in line.split("|")] for line in MEASURED.strip("\n").splitlines())
    return {row[0]: row[header.index(name)] or "unknown" for row in rows}


@pytest.fixture
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, Callable[[], Bucket]]:
    """Return what opens each store."""

    def opened(part: str, scheme: str, **settings: bool) -> Callable[[], Bucket]:
        def opening() -> Bucket:
            server = request.getfixturevalue(part)
            return open_bucket(f"{scheme}://{server.make(**settings)}/prefix", server.options)

        return opening

    return {
        "ceph": opened("ceph", "s3"),
        "ceph*": opened("ceph", "s3", versions=True, locks=True),
        "moto": opened("moto", "s3"),
        "moto*": opened("moto", "s3", versions=True),
        "azurite": opened("azurite", "az"),
        "gcs": opened("gcs", "gs"),
        "directory": lambda: DirectoryBucket(tmp_path),
        "memory": MemoryBucket,
    }


@pytest.mark.parametrize("name", ["ceph", "ceph*", "moto", "moto*", "azurite", "gcs", "directory", "memory"])
def test_what_a_store_does_is_found_out(name: str, stores: Mapping[str, Callable[[], Bucket]]) -> None:
    bucket = stores[name]()
    needed = {each.name: each.answer for each in probing.carry_out(probing.NEEDED, bucket, FOLDER)}
    enforced = {each.name: each.answer for each in probing.carry_out(enforcing.ENFORCED, bucket, FOLDER)}
    probing.clean(bucket, "doctor/")

    assert {"yes"} == set(needed.values())
    assert column(name) == enforced
    assert [] == list(bucket.list())


def test_a_store_that_damages_bytes_is_found_out() -> None:
    class Damaging(MemoryBucket):
        def get(self, key, *, start=0, size=None):
            return super().get(key, start=start, size=size)[::-1]

    found = {each.name: each for each in probing.carry_out(probing.NEEDED, Damaging(), FOLDER)}

    assert "no" == found["bytes come back as they were"].answer
    assert "damages" in found["bytes come back as they were"].meaning


def test_a_store_that_fails_is_found_out_with_what_it_says() -> None:
    found = list(probing.carry_out(probing.NEEDED, FailingBucket(MemoryBucket(), after=0), FOLDER))

    assert {"no"} == {each.answer for each in found}
    assert {"the connection broke off"} == {each.detail for each in found}


def test_speed_is_told_in_figures() -> None:
    small, large = probing.carry_out(probing.SPEED, MemoryBucket(), FOLDER)

    assert "small objects a second" in small.detail
    assert "MB/s up" in large.detail


def test_what_goes_over_a_network_without_encryption_is_known(tmp_path: Path) -> None:
    options = {"access_key_id": "A", "secret_access_key": "b"}

    assert is_encrypted(open_bucket("s3://bucket", options)) is True
    assert is_encrypted(open_bucket("s3://bucket", {**options, "endpoint": "http://127.0.0.1:1"})) is False
    assert is_encrypted(DirectoryBucket(tmp_path)) is None

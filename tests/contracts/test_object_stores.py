"""What only real servers show: who is let in, what is told when they are away, and what is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lineal.objects.errors import Denied, LinealError, NotFound, Unavailable
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.joining import PART_MIN_BYTES, Joining
from lineal.storage.buckets.objectstore import PART_BYTES, RANGE_BYTES, ObjectStoreBucket
from lineal.storage.buckets.opening import open_bucket
from lineal.storage.buckets.wrappers import Retrying
from tests.parts.azurite import Azure
from tests.parts.part import TOP, free_port
from tests.parts.s3 import S3
from tests.parts.ssh import Ssh

WRONG = "d3JvbmcgYnV0IG5vdCBzaG93bg=="


def at_once(url: str, options: Mapping[str, str]) -> ObjectStoreBucket:
    """Return a bucket that is asked once."""
    outer = open_bucket(url, options)

    assert isinstance(outer, Retrying)
    assert isinstance(outer.inner, ObjectStoreBucket)
    return outer.inner


def asked(bucket: Bucket) -> list[LinealError]:
    """Return what a bucket raises, whatever it is asked."""
    errors = list[LinealError]()
    for ask in (lambda: bucket.put("key", b""), lambda: bucket.get("key"), lambda: list(bucket.list())):
        with pytest.raises(LinealError) as caught:
            ask()
        errors.append(caught.value)
    return errors


@pytest.mark.parametrize("wrong", [{"secret_access_key": WRONG}, {"access_key_id": "AKIANOBODY"}])
def test_a_wrong_key_is_denied_and_not_shown(ceph: S3, wrong: dict[str, str]) -> None:
    errors = asked(at_once(f"s3://{ceph.make()}", {**ceph.options, **wrong}))

    assert {Denied} == set(map(type, errors))
    assert all("does not let us in: " in each.message and "AWS_ACCESS_KEY_ID" in each.hint for each in errors)
    assert not any(WRONG in each.message for each in errors)


def test_a_wrong_key_of_azure_is_denied_and_not_shown(azurite: Azure) -> None:
    errors = asked(at_once(f"az://{azurite.make()}", {**azurite.options, "account_key": WRONG}))

    assert {Denied} == set(map(type, errors))
    assert all("AZURE_STORAGE_" in each.hint and WRONG not in each.message for each in errors)


def test_nobody_is_denied(ceph: S3) -> None:
    nobody = {"endpoint": ceph.endpoint, "anonymous": "true"}

    assert {Denied} == set(map(type, asked(at_once(f"s3://{ceph.make()}", nobody))))


def test_a_bucket_that_is_not_there_is_told(ceph: S3, azurite: Azure) -> None:
    for url, options in (("s3://not-there", ceph.options), ("az://not-there", azurite.options)):
        errors = asked(at_once(url, options))

        assert {NotFound} == set(map(type, errors))
        assert {f"there is no bucket {url}"} == {each.message for each in errors}


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_a_server_that_is_away_is_told_with_its_address(scheme: str) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    options = {
        "s3": {"access_key_id": "A", "secret_access_key": "b"},
        "gs": {"anonymous": "true"},
        "az": {"account": "a", "anonymous": "true"},
    }
    with pytest.raises(Unavailable, match=f"{scheme}://bucket cannot be reached: .*{address}") as caught:
        at_once(f"{scheme}://bucket", {"endpoint": address, **options[scheme]}).get("key")

    assert "check the address" in caught.value.hint


def test_a_machine_that_is_not_known_is_not_spoken_to(ssh: Ssh, tmp_path: Path) -> None:
    options = {**ssh.options, "known_hosts": str(ssh.place / "unknown")}
    with pytest.raises(Denied, match="is not known") as caught:
        open_bucket(f"ssh://{ssh.address}{tmp_path}", options).get("key")

    assert "look at its key" in caught.value.hint


def test_a_key_that_opens_nothing_is_denied(ssh: Ssh, tmp_path: Path) -> None:
    options = {**ssh.options, "identity": str(ssh.place / "other")}
    with pytest.raises(Denied, match="does not let us"):
        open_bucket(f"ssh://{ssh.address}{tmp_path}", options).get("key")


def test_a_directory_that_is_not_there_on_another_machine_is_told_and_not_made(ssh: Ssh, tmp_path: Path) -> None:
    bucket = open_bucket(f"ssh://{ssh.address}{tmp_path}/nowhere", ssh.options)
    for ask in (lambda: bucket.put("key", b""), lambda: list(bucket.list())):
        with pytest.raises(NotFound, match="there is no directory ssh://"):
            ask()

    assert [] == list(tmp_path.iterdir())


def test_a_machine_that_is_away_is_told_and_found_again(ssh: Ssh, tmp_path: Path) -> None:
    away = open_bucket(f"ssh://somebody@127.0.0.1:{free_port()}{tmp_path}", ssh.options)
    with pytest.raises(Unavailable, match="cannot be reached"):
        away.inner.put("key", b"")  # type: ignore[attr-defined]  # once
    bucket = open_bucket(f"ssh://{ssh.address}{tmp_path}", ssh.options)
    bucket.put("key", b"content")
    connection = bucket.inner._sftp._handler._writer  # type: ignore[attr-defined]  # asyncssh has no public way to it
    bucket.inner._loop.call_soon_threadsafe(connection.channel.get_connection().abort)  # type: ignore[attr-defined]

    assert b"content" == bucket.get("key")


def unfinished(server: S3, bucket: str) -> list[Any]:
    """Return the uploads in parts that were begun and never ended."""
    return list(server.client.list_multipart_uploads(Bucket=bucket).get("Uploads", []))


@pytest.mark.parametrize("part", ["ceph", "moto"])
def test_an_upload_that_breaks_off_leaves_no_parts_that_cost_money(
    part: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: S3 = request.getfixturevalue(part)
    name = server.make()
    (tmp_path / "large").write_bytes(os.urandom(2 * PART_BYTES + 1))
    seen = list[int]()

    def interrupt(more: int) -> None:
        seen.append(more)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_bucket(f"s3://{name}", server.options).put_file("key", tmp_path / "large", progress=interrupt)

    assert [] == unfinished(server, name)


@pytest.mark.parametrize("part", ["ceph", "moto"])
def test_a_bucket_that_keeps_versions_tells_them_and_keeps_what_is_deleted(
    part: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: S3 = request.getfixturevalue(part)
    name = server.make(versions=True)
    bucket = open_bucket(f"s3://{name}", server.options)
    (tmp_path / "large").write_bytes(os.urandom(PART_BYTES + 1))
    older, newer = bucket.put("key", b"older"), bucket.put("key", b"newer")
    large = bucket.put_file("large", tmp_path / "large")
    headed = bucket.head("key")
    bucket.delete(["key"])

    assert len({older.version, newer.version, large.version, ""}) == 4
    assert headed
    assert newer.version == headed.version
    assert ["large"] == [each.key for each in bucket.list()]
    assert b"older" == server.client.get_object(Bucket=name, Key="key", VersionId=older.version)["Body"].read()


@pytest.mark.parametrize("part", ["ceph", "moto"])
@pytest.mark.parametrize("size_bytes", [0, 5, RANGE_BYTES + PART_BYTES])
def test_a_version_is_fetched_by_its_id_whatever_became_of_its_key(
    part: str, size_bytes: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: S3 = request.getfixturevalue(part)
    bucket = open_bucket(f"s3://{server.make(versions=True)}", server.options)
    data, got = os.urandom(size_bytes), tmp_path / "got"
    (tmp_path / "sent").write_bytes(data)
    held = bucket.put_file("key", tmp_path / "sent")
    bucket.put("key", b"other bytes")
    bucket.fetch("key", got, version=held.version)
    assert data == got.read_bytes()

    bucket.delete(["key"])
    with pytest.raises(NotFound):
        bucket.fetch("key", got)
    bucket.fetch("key", got, version=held.version)
    assert data == got.read_bytes()
    with pytest.raises((NotFound, Unavailable)):
        bucket.fetch("key", got, version="none-of-ours")


def test_a_locked_bucket_takes_what_is_new(ceph: S3) -> None:
    name = ceph.make(locks=True)
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    ceph.client.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=rule)
    bucket = open_bucket(f"s3://{name}", ceph.options)
    held = bucket.put("key", b"content")
    bucket.put("key", b"content")
    bucket.delete(["key"])
    with pytest.raises(ceph.client.exceptions.ClientError, match="AccessDenied"):
        ceph.client.delete_object(Bucket=name, Key="key", VersionId=held.version)

    assert bucket.head("key") is None


MEMORY = """
import resource, sys
from pathlib import Path
from lineal.storage.buckets.opening import open_bucket
url, options, here = sys.argv[1], dict(each.partition("=")[::2] for each in sys.argv[3:]), Path(sys.argv[2])
bucket = open_bucket(url, options)
bucket.put("warm", b"up")
bucket.get("warm")
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
bucket.put_file("large", here / "large")
sent = peak()
bucket.fetch("large", here / "got")
print(sent - before, peak() - before)
"""


def test_what_is_larger_than_memory_passes_through_little_of_it(ceph: S3, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        for _ in range(256):
            file.write(os.urandom(1 << 20))
    options = [f"{name}={value}" for name, value in ceph.options.items()]
    done = subprocess.run(
        (sys.executable, "-c", MEMORY, f"s3://{ceph.make()}", tmp_path, *options),
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(TOP / "src")},
        check=True,
    )
    sent_mib, got_mib = map(int, done.stdout.split())

    assert (tmp_path / "large").read_bytes() == (tmp_path / "got").read_bytes()
    assert sent_mib <= 110
    assert got_mib <= 110


@pytest.mark.parametrize("part", ["ceph", "moto"])
def test_objects_are_joined_by_the_store_as_they_are_or_not_at_all(part: str, request: pytest.FixtureRequest) -> None:
    server: S3 = request.getfixturevalue(part)
    name = server.make()
    bucket = at_once(f"s3://{name}/p", server.options)
    pieces = [os.urandom(PART_MIN_BYTES), os.urandom(PART_MIN_BYTES + 1), b"the last may be small"]
    parts = [bucket.put(f"uploads/{number}", piece) for number, piece in enumerate(pieces)]
    joining = Joining(bucket)

    assert joining.can(parts)
    assert not joining.can(list(reversed(parts)))
    joining.join("whole", parts)
    assert bucket.get("whole") == b"".join(pieces)
    bucket.put(parts[1].key, bytes(PART_MIN_BYTES + 1))
    with pytest.raises(Unavailable, match="was replaced while it was copied"):
        joining.join("other", parts)
    bucket.delete([parts[1].key])
    with pytest.raises(Unavailable, match="does not join objects"):
        joining.join("other", parts)
    assert bucket.head("other") is None
    assert unfinished(server, name) == []

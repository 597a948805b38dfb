"""What must be kept is locked where the store does that: against who has our own credentials too. In Ceph and in moto."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.operations.data.contents import find_contents
from lineal.operations.data.stores import remote_of
from lineal.operations.data.transfers import line_of
from lineal.storage.clock import FixedClock
from tests.parts.s3 import KEY_ID, S3, SECRET
from tests.unit.operations.making import run


@pytest.fixture(params=["moto", "ceph"])
def s3(request: pytest.FixtureRequest) -> S3:
    """Two stores that lock objects."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRepository]:
    """A repository with two versions that share a file."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with init(tmp_path) as found:
        for data in (b"1" * 200_000, b"2" * 200_000):
            files = {"model/m.bin": data, "model/config.json": b"{}" * 100_000}
            found.model.register(run(found, writes=files).reference, name="churn", file="model/m.bin")
        yield found


def add(repository: LocalRepository, s3: S3, *, locks: bool = True) -> str:
    bucket = s3.make(locks=locks)
    options = (f"endpoint={s3.endpoint}", "region=us-east-1")
    repository.remote.add("vault", f"s3://{bucket}/p", option=options, default=True)
    return bucket


def push(repository: LocalRepository, version: str) -> str:
    (done,) = repository.data.push((version,), to="vault")
    return str(done.locked)


def state(s3: S3, bucket: str) -> dict[str, tuple[str, str]]:
    """Return the legal hold and the retention of each version of an object that holds bytes or says where they are."""
    found = dict[str, tuple[str, str]]()
    for each in s3.client.list_object_versions(Bucket=bucket).get("Versions", []):
        if any(f"/{place}/" in f"/{each['Key']}" for place in ("blobs", "packs", "holdings")):
            where: dict[str, Any] = {"Bucket": bucket, "Key": each["Key"], "VersionId": each["VersionId"]}
            found[each["Key"]] = (
                asked(lambda w=where: s3.client.get_object_legal_hold(**w)["LegalHold"]["Status"]),
                asked(lambda w=where: s3.client.head_object(**w)["ObjectLockMode"]),
            )
    return found


def asked(question: Any) -> str:
    try:
        return str(question())
    except (ClientError, KeyError):
        return ""


def holds(s3: S3, bucket: str) -> set[str]:
    return {key for key, (hold, _) in state(s3, bucket).items() if hold == "ON"}


def test_a_version_that_is_held_is_locked_until_nothing_holds_what_it_needs(
    repository: LocalRepository, s3: S3
) -> None:
    bucket = add(repository, s3)
    assert ("", set()) == (push(repository, "churn:1.0.0"), holds(s3, bucket))
    for version in ("churn:1.0.0", repository.model.show("churn").versions[0].reference):
        repository.hold.place(version, reason="case 17")
        assert push(repository, version).startswith("legal hold on ")
    everything = holds(s3, bucket)
    assert everything == state(s3, bucket).keys()

    where = {"Bucket": bucket, "Key": min(everything)}
    (version_id,) = {
        each["VersionId"]
        for each in s3.client.list_object_versions(Bucket=bucket)["Versions"]
        if each["Key"] == where["Key"]
    }
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.client.delete_object(**where, VersionId=version_id)
    remote = remote_of(repository.store, "vault")
    (key,) = [
        each
        for each in remote.holdings(line_of("churn:1.0.0"))
        if each.tree == find_contents(repository.store, "churn:1.0.0").tree
    ]
    assert remote.holding(key).versions, "the ids of what is locked are recorded"

    repository.hold.release("churn:1.0.0", reason="closed")
    assert push(repository, "churn:1.0.0").startswith("legal hold lifted from ")
    left = holds(s3, bucket)
    assert left < everything
    assert any("blobs" in key or "packs" in key for key in left), "what the other version needs stays locked"
    repository.hold.release(repository.model.show("churn").versions[0].reference, reason="closed")
    push(repository, repository.model.show("churn").versions[0].reference)
    assert set() == holds(s3, bucket)


def test_what_the_policy_keeps_is_retained_as_long(repository: LocalRepository, s3: S3, tmp_path: Path) -> None:
    bucket = add(repository, s3)
    (tmp_path / "lineal.toml").write_text(
        '[retention]\nversion_days = 30\nobject_lock = "governance"\n', encoding="utf-8"
    )
    said = push(repository, "churn:1.0.0")
    first = state(s3, bucket)

    assert said.startswith("kept until ")
    assert said.endswith("(governance)")
    assert {"GOVERNANCE"} == {mode for _, mode in first.values()}
    repository.store = msgspec.structs.replace(
        repository.store, clock=FixedClock(repository.store.clock.now() + 40 * 86_400_000)
    )
    assert "" == push(repository, "churn:1.0.0"), "its time is over, and nothing is retained anew"


def test_a_remote_that_locks_nothing_is_told(repository: LocalRepository, moto: S3, tmp_path: Path) -> None:
    add(repository, moto, locks=False)
    repository.hold.place("churn:1.0.0", reason="case 17")
    assert "not locked there: the bucket locks no objects" == push(repository, "churn:1.0.0")
    (tmp_path / "copy").mkdir()
    (done,) = repository.data.push(("churn:1.0.0",), to=str(tmp_path / "copy"))
    assert "not locked there: this kind of remote locks no objects" == done.locked

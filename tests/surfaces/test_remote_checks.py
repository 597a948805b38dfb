"""What a remote holds is read where it is, and what is damaged there is mended from what is whole here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.errors import Corrupt, NotFound
from tests.parts.s3 import S3
from tests.surfaces.commands import lineal
from tests.surfaces.filled import fill
from tests.unit.storage.spoiling import spoil


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """An empty directory to send to."""
    (tmp_path / "remote").mkdir()
    return tmp_path / "remote"


@pytest.fixture
def here(tmp_path: Path, remote: Path) -> Iterator[LocalRepository]:
    """A repository with a dataset, small files and a large one, that was sent to a remote."""
    (tmp_path / "here").mkdir()
    with init(tmp_path / "here") as repository:
        repository.remote.add("backup", str(remote), default=True)
        folder = fill(tmp_path / "here" / "images")
        (folder / "large").write_bytes(os.urandom(3 << 20))
        repository.data.add(folder)
        repository.data.push(("data:images",))
        yield repository


def files_of(remote: Path, kind: str) -> list[Path]:
    return [each for each in (remote / kind).rglob("*") if each.is_file()]


def test_a_remote_that_is_sound_is_said_to_be_so(here: LocalRepository, remote: Path) -> None:
    found = here.verify(remote="backup")

    assert (0, f"file://{remote}", ()) == (found.exit_status, found.remote, found.problems)
    assert len(files_of(remote, "packs")) + len(files_of(remote, "blobs")) == found.blobs
    assert found.size_bytes > 3 << 20
    assert [] == list(here.store.root.joinpath("tmp").iterdir())  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["packs", "blobs"])
@pytest.mark.parametrize("harm", [spoil, Path.unlink, lambda path: os.truncate(path, 5)])
def test_what_a_remote_lost_or_damaged_is_told_with_its_datasets_and_mended_from_here(
    kind: str, harm: object, here: LocalRepository, remote: Path, tmp_path: Path
) -> None:
    broken = files_of(remote, kind)[0]
    broken.chmod(0o600)
    harm(broken)  # type: ignore[operator]
    found = here.verify(remote="backup")

    assert 7 == found.exit_status
    assert [("data:images@1",)] == [each.used_by for each in found.problems]
    assert str(broken.relative_to(remote)) in found.problems[0].what
    (tmp_path / "there").mkdir()
    with init(tmp_path / "there") as there:
        there.remote.add("backup", str(remote))
        with pytest.raises((Corrupt, NotFound)):
            there.data.pull(("data:images",))
        assert 7 == there.repair(remote="backup").exit_status  # it has nothing to mend with
        mended = here.repair(remote="backup")
        assert ((), 0) == (mended.problems, mended.exit_status)
        assert 1 == len(mended.mended)
        there.data.pull(("data:images",))
        assert 0 == there.verify().exit_status


def test_a_share_of_a_remote_is_read_and_all_of_it_must_be_there(here: LocalRepository, remote: Path) -> None:
    spoil(files_of(remote, "blobs")[0])

    assert 0 == here.verify(remote="backup", sample=0.0).exit_status
    files_of(remote, "packs")[0].unlink()
    assert ["is missing"] == [each.what[-10:] for each in here.verify(remote="backup", sample=0.0).problems]


def test_a_holding_that_cannot_be_read_is_told(here: LocalRepository, remote: Path) -> None:
    holding = files_of(remote, "holdings")[0]
    holding.chmod(0o600)
    holding.write_bytes(b"{")

    assert "holdings/data/images/" in here.verify(remote="backup").problems[0].what


def test_the_commands_say_it(here: LocalRepository, remote: Path, tmp_path: Path) -> None:
    spoil(files_of(remote, "blobs")[0])
    said, _ = lineal(tmp_path / "here", "verify", "--remote", "backup", status=7)

    assert "1 problem in" in said
    assert "needed by data:images@1" in said
    assert "mended" in lineal(tmp_path / "here", "repair", "--remote", "backup")[0]
    assert "sound" in lineal(tmp_path / "here", "verify", "--remote", "backup", "--sample", "1")[0]


def use(ceph: S3, bucket: str, monkeypatch: pytest.MonkeyPatch, *repositories: LocalRepository) -> None:
    """Let repositories know a bucket of Ceph, and who they are to it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ceph.options["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ceph.options["secret_access_key"])
    for each in repositories:
        each.remote.add("store", f"s3://{bucket}/models", option=(f"endpoint={ceph.endpoint}", "region=us-east-1"))


def test_where_versions_are_kept_the_one_that_was_pushed_is_read_and_stored_anew(
    here: LocalRepository, ceph: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = ceph.make(versions=True)
    (tmp_path / "there").mkdir()
    with init(tmp_path / "there") as there:
        use(ceph, bucket, monkeypatch, here, there)
        here.data.push(("data:images",), to="store")
        listed = ceph.client.list_objects_v2(Bucket=bucket, Prefix="models/")["Contents"]
        pack, blob = (next(each["Key"] for each in listed if f"/{kind}/" in each["Key"]) for kind in ("packs", "blobs"))
        ceph.client.put_object(Bucket=bucket, Key=pack, Body=b"ransom")
        ceph.client.delete_object(Bucket=bucket, Key=blob)
        found = there.verify(remote="store")

        assert 7 == found.exit_status
        assert {"holds other bytes", "is missing"} == {
            said for each in found.problems for said in ("holds other bytes", "is missing") if said in each.what
        }
        assert all("which was pushed, is whole, and pulls take that" in each.what for each in found.problems)
        # What is mended from needs no copy here.
        assert 2 == len(there.repair(remote="store").mended)
        assert 0 == there.verify(remote="store").exit_status
    newest = ceph.client.list_object_versions(Bucket=bucket, Prefix=pack)["Versions"]
    assert [True, False, False] == [each["IsLatest"] for each in newest]
    assert newest[0]["Size"] == newest[2]["Size"] > newest[1]["Size"]


def test_a_version_that_is_gone_too_is_damage_like_any_other(
    here: LocalRepository, ceph: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = ceph.make(versions=True)
    use(ceph, bucket, monkeypatch, here)
    here.data.push(("data:images",), to="store")
    blob, *_ = ceph.client.list_object_versions(Bucket=bucket, Prefix="models/blobs/")["Versions"]
    ceph.client.delete_object(Bucket=bucket, Key=blob["Key"], VersionId=blob["VersionId"])

    assert [f"{blob['Key'].removeprefix('models/')} is missing"] == [
        each.what for each in here.verify(remote="store").problems
    ]
    assert 1 == len(here.repair(remote="store").mended)


def test_an_object_store_is_checked_and_mended_too(
    here: LocalRepository, ceph: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = ceph.make()
    use(ceph, bucket, monkeypatch, here)
    here.data.push(("data:images",), to="store")
    key = ceph.client.list_objects_v2(Bucket=bucket, Prefix="models/blobs/")["Contents"][0]["Key"]
    ceph.client.put_object(Bucket=bucket, Key=key, Body=os.urandom(3 << 20))

    assert 7 == here.verify(remote="store").exit_status
    assert 1 == len(here.repair(remote="store").mended)
    assert 0 == here.verify(remote="store").exit_status

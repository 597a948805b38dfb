"""A remote of DVC in Ceph's S3 gateway, written and read by both."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.parts.dvc import Dvc
from tests.parts.s3 import KEY_ID, S3, SECRET
from tests.surfaces.commands import answer, lineal
from tests.surfaces.dvc_repositories import (  # noqa: F401 - fixtures are used by their names
    FILES,
    content,
    dvc,
    empty,
    repo,
    taken,
    write,
)

PIPELINE = b"""
stages:
  copy:
    cmd: mkdir -p made && cp in.txt made/copy && cp in.txt one.txt
    deps: [in.txt]
    outs: [made, one.txt]
"""


@pytest.fixture
def bucket(ceph: S3, dvc: Dvc, repo: Path) -> str:  # noqa: F811
    """The bucket that is the default remote of ``repo``."""
    name = ceph.make()
    dvc(repo, "remote", "add", "--quiet", "--default", "s3", f"s3://{name}/dvc/store")
    for option, value in {"endpointurl": ceph.endpoint, "access_key_id": KEY_ID, "secret_access_key": SECRET}.items():
        dvc(repo, "remote", "modify", "--quiet", *(["--local"] if "key" in option else []), "s3", option, value)
    dvc.commit(repo, "a remote")
    return name


def test_dvc_pulls_what_lineal_put_there(dvc: Dvc, repo: Path, bucket: str) -> None:  # noqa: F811
    large = bytes(range(256)) * (20 << 12)
    write(repo / "d", {**FILES, "large": large})
    _, err = lineal(repo, "data", "add", "--dvc", "d")
    assert f"sent to s3://{bucket}/dvc/store: 5 objects" in err
    assert SECRET not in err
    assert "in sync" in dvc(repo, "status", "-c")
    shutil.rmtree(repo / ".dvc/cache")
    shutil.rmtree(repo / "d")

    dvc(repo, "pull", "--quiet")

    assert {**FILES, "large": large} == content(repo / "d")
    assert f"sent to s3://{bucket}/dvc/store: nothing, all is there" in lineal(repo, "data", "add", "--dvc", "d")[1]


def test_lineal_takes_what_dvc_pushed(dvc: Dvc, repo: Path, bucket: str, ceph: S3) -> None:  # noqa: F811
    large = bytes(range(256)) * (20 << 12)
    write(repo / "d", {**FILES, "large": large})
    dvc(repo, "add", "--quiet", "d")
    dvc(repo, "push", "--quiet")
    shutil.rmtree(repo / ".dvc/cache")
    shutil.rmtree(repo / "d")

    lineal(repo, "data", "add", "d.dvc")
    assert {**FILES, "large": large} == taken(repo, "d", repo.parent / "out")

    ceph.client.delete_object(Bucket=bucket, Key="dvc/store/files/md5/9d/d4e461268c8034f5c8564e155c67a6")
    shutil.copytree(repo.parent / "out", repo / "d")
    assert f"sent to s3://{bucket}/dvc/store: 1 object, 1 B" in lineal(repo, "data", "add", "--dvc", "d")[1]


def test_a_remote_that_is_down_is_told(dvc: Dvc, repo: Path, bucket: str) -> None:  # noqa: F811
    write(repo / "d", FILES)
    dvc(repo, "add", "--quiet", "d")
    dvc(repo, "remote", "modify", "--quiet", "s3", "endpointurl", "http://127.0.0.1:9")
    shutil.rmtree(repo / ".dvc/cache")
    shutil.rmtree(repo / "d")

    assert "hint: " in lineal(repo, "data", "add", "d.dvc", status=8)[1]


@pytest.fixture
def named(ceph: S3, dvc: Dvc, repo: Path) -> str:  # noqa: F811
    """The bucket that is the default remote of ``repo``, where DVC keeps files under their own names, in versions."""
    name = ceph.make(versions=True)
    dvc(repo, "remote", "add", "--quiet", "--default", "named", f"s3://{name}/data")
    options = {"endpointurl": ceph.endpoint, "access_key_id": KEY_ID, "secret_access_key": SECRET}
    for option, value in {**options, "version_aware": "true"}.items():
        dvc(repo, "remote", "modify", "--quiet", "named", option, value)
    return name


def test_a_remote_that_keeps_names_and_versions_is_read(dvc: Dvc, repo: Path, named: str) -> None:  # noqa: F811
    write(repo / "d", FILES)
    write(repo, {"m.bin": b"model"})
    dvc(repo, "add", "--quiet", "d", "m.bin")
    dvc(repo, "push", "--quiet")
    pointers = {each: (repo / each).read_bytes() for each in ("d.dvc", "m.bin.dvc")}
    assert all(b"version_id" in each for each in pointers.values())
    shutil.rmtree(repo / ".dvc/cache")

    _, err = lineal(repo, "data", "add", "--dvc", "d", status=2)
    assert "only dvc push can write" in err
    shutil.rmtree(repo / "d")
    (repo / "m.bin").unlink()
    lineal(repo, "data", "add", "d.dvc")
    lineal(repo, "data", "add", "m.bin.dvc")

    assert FILES == taken(repo, "d", repo.parent / "out")
    assert {"m.bin": b"model"} == taken(repo, "m", repo.parent / "m")
    assert pointers == {each: (repo / each).read_bytes() for each in pointers}


def test_each_version_that_a_history_names_is_read_also_when_others_came_later(
    dvc: Dvc,  # noqa: F811
    repo: Path,  # noqa: F811
    named: str,
    ceph: S3,
) -> None:
    large = bytes(range(256)) * (9 << 12)
    write(repo, {"dvc.yaml": PIPELINE})
    versions = ({**FILES, "large": large}, {**FILES, "sub/x": b"another", "large": large[::-1]})
    for number, files in enumerate(versions):
        write(repo / "d", files)
        write(repo, {"m.bin": b"model %d" % number, "in.txt": b"%d" % number})
        dvc(repo, "add", "--quiet", "d", "m.bin")
        dvc(repo, "repro", "--quiet")
        dvc(repo, "push", "--quiet")
        dvc.commit(repo, f"version {number}")
    ceph.client.delete_object(Bucket=named, Key="data/m.bin")  # a marker: the versions are there
    dvc(repo, "remote", "add", "--quiet", "--default", "other", "../remote")
    shutil.rmtree(repo / ".dvc/cache")
    shutil.rmtree(repo / "d")

    _, err = lineal(repo, "import", "dvc")

    assert "left out" not in err
    for number, files in enumerate(versions):
        assert files == taken(repo, f"data:d@{number + 1}", repo.parent / f"d{number}")
        assert {"m.bin": b"model %d" % number} == taken(repo, f"data:m@{number + 1}", repo.parent / f"m{number}")
    runs = [each["reference"] for each in answer(repo, "runs")]
    assert sorted(taken(repo, each, repo.parent / each)["made/copy"] for each in runs) == [b"0", b"1"]


def test_a_version_that_is_gone_is_named(dvc: Dvc, repo: Path, named: str, ceph: S3) -> None:  # noqa: F811
    write(repo, {"m.bin": b"model"})
    dvc(repo, "add", "--quiet", "m.bin")
    dvc(repo, "push", "--quiet")
    shutil.rmtree(repo / ".dvc/cache")
    (repo / "m.bin").unlink()
    (version,) = ceph.client.list_object_versions(Bucket=named)["Versions"]
    ceph.client.put_object(Bucket=named, Key=version["Key"], Body=b"other")
    ceph.client.delete_object(Bucket=named, Key=version["Key"], VersionId=version["VersionId"])

    _, err = lineal(repo, "data", "add", "m.bin.dvc", status=3)

    assert "m.bin" in err
    assert "is not in" in err

"""Addresses and options of DVC in our words."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.objects.errors import Unsupported
from lineal.storage.dvc.buckets import open_bucket
from lineal.storage.dvc.project import Project
from tests.unit.storage.dvc.test_project import MD5, write

S3 = {
    "url": "s3://bucket/store",
    "endpointurl": "http://127.0.0.1:9",
    "access_key_id": "A",
    "secret_access_key": "S",
    "region": "eu",
    "jobs": "4",
    "version_aware": "true",
}


def test_options_that_only_tell_dvc_how_to_work_are_passed_over(tmp_path: Path) -> None:
    assert "s3://bucket/store" == open_bucket("s3://bucket/store", S3).url
    assert f"file://{tmp_path}" == open_bucket(str(tmp_path), {"url": "x", "shared": "group"}).url


def test_azure_is_called_otherwise() -> None:
    options = {"account_name": "a", "account_key": "a2V5", "connection_string": "x"}

    assert "az://container/store" == open_bucket("azure://container/store", options).url


def test_the_user_and_port_of_a_machine_may_stand_beside_its_address() -> None:
    beside = {"user": "ada", "port": "2222", "keyfile": "key", "ask_password": "true"}

    assert "ssh://ada@host:2222/place" == open_bucket("ssh://host/place", beside).url
    assert "ssh://eve@host:22/place" == open_bucket("ssh://eve@host:22/place", beside).url


@pytest.mark.parametrize("url", ["oss://bucket/place", "gdrive://id", "webdavs://host/place", "hdfs://host/place"])
def test_a_place_that_only_dvc_speaks_to_is_told(url: str) -> None:
    with pytest.raises(Unsupported, match="Lineal does not speak to") as caught:
        open_bucket(url, {})

    assert "dvc fetch" in caught.value.hint


def test_a_remote_that_only_dvc_speaks_to_leaves_the_cache(tmp_path: Path) -> None:
    write(tmp_path / ".dvc/config", "[core]\n    remote = r\n['remote \"r\"']\n    url = hdfs://host/place\n")
    write(tmp_path / "m.dvc", f"outs:\n- md5: {MD5}\n  hash: md5\n  path: m\n")
    project = Project(tmp_path, open_bucket)
    (tracked,) = project.outs_of(tmp_path / "m.dvc")

    assert [project.cache.where] == [each.objects.where for each in project.sources(tracked.out)]
    with pytest.raises(Unsupported, match="hdfs"):
        project.sources(tracked.out, remote="r")

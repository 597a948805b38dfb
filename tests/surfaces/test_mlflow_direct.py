"""Large files that MLflow's clients get from the object store itself: only what is whole there, and who may have it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from lineal.client.local import LocalRepository
from lineal.formats.holding import bytes_key
from lineal.objects.digest import digest_of
from lineal.operations.data.stores import addresses_of
from lineal.server.guard import Guard
from lineal.storage.buckets.objectstore import PART_BYTES
from lineal.storage.store import Actor
from tests.parts.mlflow import Mlflow
from tests.parts.s3 import KEY_ID, S3, SECRET
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import HTTP, Client
from tests.surfaces.passing import Passing, passing
from tests.surfaces.serving import Served

PIECE = 3_000_000
LARGE, WHOLE, SMALL = os.urandom(2 * PART_BYTES + 17), os.urandom(2 << 20), os.urandom(1_000)
WHO = {
    digest_of(b"ada"): Actor("ada", "writer"),
    digest_of(b"eve"): Actor("eve", "reader", {"experiment:#0": "none"}),
}


class Direct:
    """A server whose files are in an object store too.

    Args:
        local: its repository.
        s3: where the store is.
        store: what passes there.
    """

    def __init__(self, local: LocalRepository, s3: S3, store: Passing) -> None:
        self.s3, self.bucket, self.store = s3, s3.make(), store
        options = (f"endpoint={store.url}", "region=us-east-1")
        local.remote.add("vault", f"s3://{self.bucket}/p", option=options, default=True)
        self.local = local
        local.store = msgspec.structs.replace(local.store, addresses=addresses_of(local.store, "vault"))

    def begin(self, url: str) -> None:
        """Have a run with files, and a version of it, whose files are in the store."""
        self.url = url
        self.client = Client(url, Authorization="Bearer ada")
        run = self.client.run("0")
        self.root = f"0/{run}/artifacts"
        for name, data in (("large", LARGE), ("whole", WHOLE), ("small", SMALL)):
            assert self.client.put(f"{self.root}/model/{name}.bin", data) == 200
        self.client.said("POST", "mlflow/registered-models/create", name="churn")
        source = f"mlflow-artifacts:/{self.root}/model"
        self.client.said("POST", "mlflow/model-versions/create", name="churn", source=source, run_id=run)
        self.local.data.push(("churn:#1",), to="vault")
        self.store.passed.clear()

    def address(self, name: str) -> Any:
        """Return what the server says of where a file is had."""
        return self.client.said("GET", f"mlflow-artifacts/presigned/{self.root}/model/{name}")

    def key(self, data: bytes) -> str:
        """Return where the store has some bytes."""
        return f"p/{bytes_key('blob', digest_of(data))}"

    def overwrite(self, data: bytes, other: bytes) -> None:
        """Put others in their place in the store."""
        self.s3.client.put_object(Bucket=self.bucket, Key=self.key(data), Body=other)

    def remove(self, data: bytes) -> None:
        """Remove them there."""
        self.s3.client.delete_object(Bucket=self.bucket, Key=self.key(data))

    def is_ours(self, said: Any) -> bool:
        """Tell whether an address is of the server, and gives the bytes."""
        return str(said["url"]).startswith(f"{self.url}/") and not said["headers"]


@pytest.fixture
def s3(request: pytest.FixtureRequest) -> S3:
    """One that checks who asks."""
    return request.getfixturevalue(getattr(request, "param", "ceph"))  # type: ignore[no-any-return]


@pytest.fixture
def direct(s3: S3, local: LocalRepository, monkeypatch: pytest.MonkeyPatch) -> Iterator[Direct]:
    """A server that lets clients get files from there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with passing(s3.endpoint) as store:
        found = Direct(local, s3, store)
        with served(local, Guard(Actor("owner", "admin"), WHO)) as url:
            found.begin(url)
            yield found


def gotten(said: Any, size_bytes: int) -> bytes:
    """Get a file in ranges, as MLflow's client does, which says nothing of itself."""

    def part(start: int) -> bytes:
        headers = {**said["headers"], "Range": f"bytes={start}-{min(start + PIECE, size_bytes) - 1}"}
        answer = HTTP.request("GET", said["url"], headers=headers)
        assert answer.status == 206, answer.data
        return bytes(answer.data)

    with ThreadPoolExecutor(4) as pool:
        return b"".join(pool.map(part, range(0, size_bytes, PIECE)))


@pytest.mark.parametrize("s3", ["moto", "ceph"], indirect=True)
@pytest.mark.parametrize(("name", "data"), [("large.bin", LARGE), ("whole.bin", WHOLE)])
def test_what_is_whole_in_the_store_is_had_there_in_ranges(direct: Direct, name: str, data: bytes) -> None:
    said = direct.address(name)

    assert said["url"].startswith(f"{direct.store.url}/{direct.bucket}/{direct.key(data)}?")
    assert said["file_size"] == len(data)
    assert data == gotten(said, len(data))
    assert len(data) == direct.store.gave(direct.key(data)), direct.store.passed


def test_what_is_not_in_the_store_as_an_object_of_its_own_comes_through_us(direct: Direct) -> None:
    late = os.urandom(2 << 20)
    direct.client.put(f"{direct.root}/late.bin", late)
    said = direct.client.said("GET", f"mlflow-artifacts/presigned/{direct.root}/late.bin")

    assert direct.is_ours(said)
    assert late == gotten(said, len(late))
    small = direct.address("small.bin")
    assert direct.is_ours(small)
    assert SMALL == gotten(small, len(SMALL))


@pytest.mark.parametrize("s3", ["moto", "ceph"], indirect=True)
def test_what_was_damaged_in_the_store_is_had_there_by_nobody(direct: Direct) -> None:
    said = direct.address("large.bin")
    direct.overwrite(LARGE, bytes(len(LARGE)))
    direct.overwrite(WHOLE, WHOLE[:-1])
    # Whoever has an address of before gets nothing by it, asks again, and is told of ours.
    headers = {**said["headers"], "Range": "bytes=0-9"}
    assert HTTP.request("GET", said["url"], headers=headers).status == 412

    for name, data in (("large.bin", LARGE), ("whole.bin", WHOLE)):
        again = direct.address(name)
        assert direct.is_ours(again)
        assert data == gotten(again, len(data))


@pytest.mark.parametrize("s3", ["moto", "ceph"], indirect=True)
def test_what_was_removed_there_comes_through_us(direct: Direct) -> None:
    said = direct.address("large.bin")
    direct.remove(LARGE)

    assert HTTP.request("GET", said["url"], headers=said["headers"]).status == 404
    assert direct.is_ours(direct.address("large.bin"))


def test_an_address_is_good_for_one_object_and_for_a_while(direct: Direct) -> None:
    url = direct.address("large.bin")["url"]

    assert "X-Amz-Expires=900" in url
    for wrong in (
        url.replace(direct.key(LARGE), direct.key(WHOLE)),
        url.partition("?")[0],
        url.replace("=900", "=9000"),
    ):
        assert HTTP.request("GET", wrong).status == 403
    assert HTTP.request("PUT", url, body=b"x").status == 403


def test_who_may_not_read_gets_no_address_and_the_store_is_not_asked(direct: Direct) -> None:
    for who, status in ((Client(direct.url, Authorization="Bearer eve"), 403), (Client(direct.url), 401)):
        path = f"mlflow-artifacts/presigned/{direct.root}/model/large.bin"
        answer = who.ask("GET", path)
        assert status == answer.status, answer.data
        assert b"X-Amz" not in answer.data
    assert [] == direct.store.passed


def test_a_store_that_is_away_is_not_waited_for_by_everybody(direct: Direct) -> None:
    with patch.object(direct.store, "answer", lambda handler: handler.send_error(403)):
        assert direct.is_ours(direct.address("large.bin"))
    assert direct.is_ours(direct.address("large.bin"))
    assert [] == direct.store.passed


def test_only_a_server_that_was_told_to_gives_addresses_of_the_store(direct: Direct) -> None:
    assert direct.local.store.root
    place, options = direct.local.store.root.parent, ("--artifacts-from", "vault")
    variables = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    for told, expected in (((), "/signed/"), (options, f"{direct.store.url}/{direct.bucket}/p/blobs/")):
        with Served(place, *told, variables=variables) as server:
            said = server.ask("GET", f"/api/2.0/mlflow-artifacts/presigned/{direct.root}/model/large.bin")
        assert said.status == 200, said.text
        assert expected in json.loads(said.text)["url"]


PROGRAM = """
import hashlib, json, pathlib, sys
import mlflow
found = pathlib.Path(mlflow.artifacts.download_artifacts(sys.argv[1], dst_path=sys.argv[2]))
print(json.dumps({each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in found.iterdir()}))
"""


def test_the_real_client_gets_large_files_from_the_store_and_all_others_from_us(direct: Direct, tmp_path: Path) -> None:
    with passing(direct.url) as ours:
        variables = {
            "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "true",
            "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": str(PIECE),
            "MLFLOW_TRACKING_TOKEN": "ada",
        }
        mlflow = Mlflow(tmp_path / "home", ours.url, variables=variables)

        def had(where: str) -> dict[str, str]:
            ours.passed.clear()
            direct.store.passed.clear()
            said = mlflow.script(PROGRAM, "models:/churn/1", str(tmp_path / where))
            return {name: f"sha256:{digits}" for name, digits in json.loads(said.splitlines()[-1]).items()}

        expected = {"large.bin": digest_of(LARGE), "whole.bin": digest_of(WHOLE), "small.bin": digest_of(SMALL)}
        assert expected.items() <= had("first").items()
        assert (len(LARGE), len(WHOLE)) == (direct.store.gave(direct.key(LARGE)), direct.store.gave(direct.key(WHOLE)))
        assert (0, 0) == (ours.gave("/signed/") - ours.gave("small.bin?"), ours.gave("artifacts/artifacts/"))

        direct.overwrite(LARGE, bytes(len(LARGE)))
        direct.remove(WHOLE)
        assert expected.items() <= had("second").items()
        assert 0 == direct.store.gave("/blobs/")
        assert len(LARGE) + len(WHOLE) + len(SMALL) <= ours.gave("/signed/")

"""How much a request may bring, over each of the server's ways in, told at once or only as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.server.settings import Settings
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client

HTTP = urllib3.PoolManager(retries=False)
MOST = 10_000


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server that takes little."""
    with init(tmp_path) as local:
        assert isinstance(local, LocalRepository)
        with served(local, settings=Settings(body_bytes_max=MOST, blob_bytes_max=MOST)) as url:
            yield url


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("way", ["blob", "operation", "mlflow", "artifact", "upload", "part"])
def test_what_is_too_large_is_refused_and_nothing_of_it_is_kept(way: str, chunked: bool, address: str) -> None:
    run = Client(address).run("0")
    method, path, code = {
        "blob": ("PUT", f"/api/v1/blobs/{digest_of(b'x' * MOST)}", "Invalid"),
        "operation": ("POST", "/api/v1/data/add", "Invalid"),
        "mlflow": ("POST", "/api/2.0/mlflow/runs/log-batch", "INVALID_PARAMETER_VALUE"),
        "artifact": ("PUT", f"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/a", "INVALID_PARAMETER_VALUE"),
        "upload": ("POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=a", "INVALID_PARAMETER_VALUE"),
        "part": ("PUT", "/api/2.0/mlflow-artifacts/mpu/part/x/1", "INVALID_PARAMETER_VALUE"),
    }[way]

    for size, is_refused in ((MOST + 1, True), (MOST, False)):
        data = b"x" * size
        body = iter([data[:100], data[100:]]) if chunked else data
        answer = HTTP.request(method, address + path, body=body, headers={"Content-Type": "application/octet-stream"})
        if way == "part" and not is_refused:
            continue  # there is no such upload
        said = json.loads(answer.data or b"{}")
        assert is_refused == (answer.status == 413), answer.data
        if is_refused:
            assert (code, True) == (said.get("type") or said["error_code"], f"{MOST:,} bytes" in answer.data.decode())
            listed = Client(address).said("GET", f"mlflow/artifacts/list?run_id={run}")
            assert [] == listed.get("files", [])


def test_a_server_that_refused_goes_on(address: str) -> None:
    client = Client(address)
    for _ in range(40):
        HTTP.request("PUT", f"{address}/api/2.0/mlflow-artifacts/artifacts/a", body=b"x" * (MOST + 1))

    assert 200 == client.put("a", b"x" * 10)

"""What the server tells Prometheus of itself, read by Prometheus' own parser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from lineal import __version__
from lineal.client.connect import init
from lineal.client.local import LocalRepository
from tests.parts.s3 import KEY_ID, S3, SECRET
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client
from tests.surfaces.uploads import DATA, uploading

HTTP = urllib3.PoolManager(retries=False)

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server of an empty repository."""
    with init(tmp_path) as local, served(local) as url:
        assert isinstance(local, LocalRepository)
        yield url


def samples(address: str) -> Samples:
    """Return every sample by its name and labels."""
    answer = HTTP.request("GET", f"{address}/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(answer.data.decode()))
    assert all(each.documentation and each.type != "unknown" for each in families)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def directly(address: str) -> dict[str, float]:
    """Return what is counted of transfers that do not pass by the server."""
    return {
        name.removeprefix("lineal_direct_"): value
        for (name, _), value in samples(address).items()
        if "_direct_" in name
    }


def of(found: Samples, name: str, **labels: str) -> float:
    """Return the sum of the samples of a name that have these labels."""
    return sum(value for (said, known), value in found.items() if said == name and labels.items() <= set(known))


def test_what_is_answered_before_any_route_is_counted_and_guarded_as_the_rest(address: str) -> None:
    answers = [HTTP.request(method, f"{address}/health") for method in ("GET", "HEAD", "POST")]
    foreign = HTTP.request("GET", f"{address}/health", headers={"Host": "evil.example"})
    experiment = HTTP.request("GET", f"{address}/ajax-api/2.0/mlflow/experiments/get?experiment_id=0")
    found = samples(address)

    assert [(200, b"OK"), (200, b""), (405, b"")] == [
        (each.status, b"" if each.status == 405 else each.data) for each in answers
    ]
    assert [403, 200] == [foreign.status, experiment.status]
    assert 1 == of(found, "lineal_requests_total", route="/health", method="GET", status="200")
    assert 1 == of(found, "lineal_requests_total", route="/health", method="HEAD", status="200")
    assert 1 == of(found, "lineal_requests_total", route="/api/2.0/mlflow/experiments/get", status="200")


def test_requests_are_counted_by_what_they_asked_and_how_it_ended(address: str) -> None:
    client = Client(address)
    run = client.run("0")
    client.put(f"0/{run}/artifacts/a.txt", b"x" * 1_000)
    client.get(f"0/{run}/artifacts/a.txt")
    HTTP.request("GET", f"{address}/models/nobody")
    HTTP.request("GET", f"{address}/api/v1/show?reference=nobody")
    HTTP.request("PROPFIND", f"{address}/nothing/{run}")
    point = {"run_id": run, "key": "loss", "value": 1, "timestamp": 1}
    client.said("POST", "mlflow/runs/log-metric", point)
    found = samples(address)

    for route, method, status in (
        ("/api/2.0/mlflow/runs/create", "POST", "200"),
        ("/api/2.0/mlflow-artifacts", "PUT", "200"),
        ("/models/{name:path}", "GET", "404"),
        ("/api/v1/show", "GET", "404"),
        ("unknown", "other", "404"),
    ):
        assert 1 == of(found, "lineal_requests_total", route=route, method=method, status=status), route
    assert 1 == of(found, "lineal_request_seconds_count", route="/api/2.0/mlflow/runs/create")
    assert 1 == of(found, "lineal_request_seconds_bucket", route="/api/2.0/mlflow/runs/create", le="+Inf")
    assert of(found, "lineal_received_bytes_total") >= 1_000
    assert of(found, "lineal_sent_bytes_total") >= 1_000
    assert of(found, "lineal_database_statements_total") > of(found, "lineal_database_seconds_total") > 0
    assert 1 == of(found, "lineal_requests_under_way")  # this one
    assert 1 == of(found, "lineal_points_waiting")
    assert 0 == of(found, "lineal_webhook_messages_waiting")
    assert 1 == of(found, "lineal_build_info", version=__version__)
    assert 1 == of(found, "lineal_operations_total", operation="runs create", ended="done")


def test_what_is_asked_makes_no_new_series(address: str) -> None:
    client = Client(address)
    run = client.run("0")
    client.ask("GET", f"mlflow/runs/get?run_id={run}")
    HTTP.request("GET", f"{address}/models/m")
    HTTP.request("GET", f"{address}/nothing")
    samples(address)
    before = set(samples(address))
    for number in range(20):
        client.ask("GET", f"mlflow/runs/get?run_id={run}&x={number}")
        HTTP.request("GET", f"{address}/models/{number}")
        HTTP.request("GET", f"{address}/nothing/{number}")

    assert before == set(samples(address))


def test_transfers_that_do_not_pass_by_are_counted(
    ceph: S3, local: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with uploading(local, ceph, gives=True) as uploads:
        assert directly(uploads.url) == {}
        uploads.create("given up.bin")
        upload = uploads.create()
        assert directly(uploads.url) == {"upload_parts_total": 6}

        uploads.complete(upload, uploads.sent(upload))
        uploads.complete(upload, uploads.sent(upload))  # a client that did not hear the answer asks again
        assert directly(uploads.url) == {"upload_parts_total": 6, "upload_bytes_total": len(DATA)}

        for _ in range(2):
            uploads.client.said("GET", f"mlflow-artifacts/presigned/{uploads.root}/big.bin")
        found = directly(uploads.url)
        assert (2, 2 * len(DATA)) == (found["downloads_total"], found["download_bytes_total"])

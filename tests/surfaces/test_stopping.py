"""A server that is told to stop answers what is under way, and loses nothing that it acknowledged."""

from __future__ import annotations

import http.client
import signal
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.surfaces.logging_clients import Logging
from tests.surfaces.mlflow import Client
from tests.surfaces.serving import Served


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_what_was_acknowledged_is_there_however_the_server_ended(how: signal.Signals, tmp_path: Path) -> None:
    served = Served(tmp_path)
    client = Client(served.url)
    run = client.run("0")
    writers = [Logging([served], run, f"m{number}") for number in range(4)]
    while min(len(each.acknowledged) for each in writers) < 20:
        time.sleep(0.01)
    served.process.send_signal(how)
    began = time.monotonic()
    status = served.process.wait(timeout=30)
    took_s = time.monotonic() - began
    for each in writers:
        each.stop()

    assert (status, took_s < 5) == (-how if how == signal.SIGKILL else 0, True)
    assert [[]] * 4 == [each.problems for each in writers]
    with Served(tmp_path) as again:
        for number, each in enumerate(writers):
            points = Client(again.url).said("GET", f"mlflow/metrics/get-history?run_id={run}&metric_key=m{number}")
            assert set(each.acknowledged) <= {point["step"] for point in points["metrics"]}


def test_an_upload_under_way_is_taken_to_its_end(tmp_path: Path) -> None:
    served = Served(tmp_path)
    run = Client(served.url).run("0")
    data = b"weights" * 1_000_000
    path = f"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model.bin"
    connection = http.client.HTTPConnection(served.host, served.port, timeout=30)
    connection.putrequest("PUT", path)
    connection.putheader("Content-Length", str(len(data)))
    connection.endheaders(data[: len(data) // 2])
    time.sleep(0.3)
    served.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    with pytest.raises(ConnectionRefusedError):  # nobody new is let in
        http.client.HTTPConnection(served.host, served.port, timeout=5).connect()
    connection.send(data[len(data) // 2 :])
    answer = connection.getresponse()

    assert (200, 0) == (answer.status, served.process.wait(timeout=30))
    with Served(tmp_path) as again:
        assert sha256(data).digest() == sha256(Client(again.url).get(f"0/{run}/artifacts/model.bin")).digest()


def test_a_client_that_never_ends_does_not_keep_the_server(tmp_path: Path) -> None:
    served = Served(tmp_path, variables={"LINEAL_SERVER_SHUTDOWN_S": "1"})
    run = Client(served.url).run("0")
    connection = http.client.HTTPConnection(served.host, served.port, timeout=30)
    connection.putrequest("PUT", f"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model.bin")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"some")
    time.sleep(0.3)
    served.process.send_signal(signal.SIGTERM)

    assert 0 == served.process.wait(timeout=10)


def test_a_query_ends_when_its_client_hangs_up(database: str, tmp_path: Path) -> None:
    with Served(tmp_path, database=database) as served:
        connections = [ask_endlessly(served) for _ in range(6)]
        wait_until(lambda: under_way(served) == 7)  # and the one that asks how many there are
        for each in connections:
            each.close()

        wait_until(lambda: under_way(served) == 1)
        run = Client(served.url).run("0")
        assert run in served.ask("GET", f"/api/2.0/mlflow/runs/get?run_id={run}").text


def test_queries_that_go_on_keep_nobody_from_writing(database: str, tmp_path: Path) -> None:
    with Served(tmp_path, database=database) as served:
        connections = [ask_endlessly(served) for _ in range(50)]  # more than there are threads, or connections
        wait_until(lambda: under_way(served) == 51)
        client = Client(served.url)
        run = client.run(client.experiment("meanwhile"))
        for step in range(20):
            point = {"run_id": run, "key": "loss", "value": 1, "step": step, "timestamp": step}
            client.said("POST", "mlflow/runs/log-metric", point)
        client.put(f"1/{run}/artifacts/a.txt", b"written")

        assert 51 == under_way(served)
        assert b"written" == client.get(f"1/{run}/artifacts/a.txt")
        for each in connections:
            each.close()


def test_a_server_that_is_told_to_stop_ends_though_a_query_does_not(database: str, tmp_path: Path) -> None:
    served = Served(tmp_path, database=database, variables={"LINEAL_SERVER_SHUTDOWN_S": "1"})
    connection = ask_endlessly(served)
    wait_until(lambda: under_way(served) == 2)
    served.process.send_signal(signal.SIGTERM)

    assert 0 == served.process.wait(timeout=60)  # the query may take five times as long
    connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


def ask_endlessly(served: Served) -> http.client.HTTPConnection:
    """Ask what has no end, and wait for nothing."""
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS most FROM n"
    connection = http.client.HTTPConnection(served.host, served.port, timeout=60)
    connection.request("GET", f"/api/v1/sql?{urlencode({'query': endless, 'timeout_s': 300})}")
    return connection


def under_way(served: Served) -> int:
    """Return how many requests a server works on, this one too."""
    said = served.ask("GET", "/metrics").text
    return int(next(line.split()[1] for line in said.splitlines() if line.startswith("lineal_requests_under_way ")))


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)

"""Two servers over one PostgreSQL database and one place for files: clients cannot tell that there are two."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lineal.client.connect import connect, init
from lineal.client.local import LocalRepository
from tests.surfaces.logging_clients import Logging
from tests.surfaces.mlflow import Client
from tests.surfaces.receiver import Receiver, receiving
from tests.surfaces.serving import Served

JSON = {"Content-Type": "application/json"}
_WEBHOOKS = {"LINEAL_SERVER_WEBHOOK_HTTP": "1", "LINEAL_SERVER_WEBHOOK_PRIVATE": "1"}


class Pair:
    """Two servers, a client of each, and the repository behind them."""

    def __init__(self, place: Path, database: str) -> None:
        with init(place, database=database) as repository:
            repository.user.create("grace", role="admin")
            self.token = repository.token.create("grace").token
        self.headers = {"Authorization": f"Bearer {self.token}"}
        self.servers = [Served(place, "--accounts", variables=_WEBHOOKS) for _ in range(2)]
        self.clients = [Client(each.url, **self.headers) for each in self.servers]
        repository_ = connect(place)
        assert isinstance(repository_, LocalRepository)
        self.repository = repository_

    def stop(self) -> None:
        """Stop both."""
        self.repository.close()
        for each in self.servers:
            if each.process.poll() is None:
                each.process.terminate()
            each.process.wait(timeout=30)


@pytest.fixture
def pair(postgres_url: str, tmp_path: Path) -> Iterator[Pair]:
    """Two servers of an empty repository."""
    found = Pair(tmp_path, postgres_url)
    yield found
    found.stop()


def status(pair: Pair, server: int, token: str) -> int:
    """Return the status of an answer of one of them to a token."""
    return pair.servers[server].ask("GET", "/api/v1/runs", headers={"Authorization": f"Bearer {token}"}).status


def test_what_one_does_the_other_knows(pair: Pair) -> None:
    a, b = pair.clients
    experiment = a.experiment("shared")
    run = b.run(experiment)
    for step in range(30):
        client = (a, b)[step % 2]
        point = {"run_id": run, "key": "loss", "value": 1 / (step + 1), "step": step, "timestamp": step}
        client.said("POST", "mlflow/runs/log-metric", point)
        found = (b, a)[step % 2].said("GET", f"mlflow/runs/get?run_id={run}")
        assert step == found["run"]["data"]["metrics"][0]["step"]
    place = f"{experiment}/{run}/artifacts/model/weights.bin"
    assert 200 == a.put(place, b"weights")
    assert b"weights" == b.get(place)
    # An address that one signed is good at the other, and an upload that one began is completed there.
    signed = a.said("GET", f"mlflow-artifacts/presigned/{place}")["url"].replace(
        pair.servers[0].url, pair.servers[1].url
    )
    assert b"weights" == b.ask("GET", signed).data


def test_a_token_is_good_at_both_and_its_end_is_known_within_a_second(pair: Pair) -> None:
    a, b = pair.clients
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(lambda n: pair.repository.token.create("grace", note=str(n)), range(2)))
    assert [200, 200] == [status(pair, server, made[0].token) for server in (0, 1)]
    revoked = pair.servers[0].ask(
        "POST", "/api/v1/token/revoke", f'{{"token": "{made[0].id}"}}', headers={**pair.headers}
    )
    assert (200, 401) == (revoked.status, status(pair, 0, made[0].token))
    time.sleep(1.1)
    assert 401 == status(pair, 1, made[0].token)

    # Roles as well: what was given at one holds at the other.
    a.said("POST", "mlflow/users/create", {"username": "eve", "password": "eve's password"})
    a.experiment("secret")
    eve = Client(pair.servers[1].url, Authorization="Basic ZXZlOmV2ZSdzIHBhc3N3b3Jk")
    assert "secret" in str(eve.said("GET", "mlflow/experiments/search?max_results=9"))
    grant = {"username": "eve", "experiment_id": "1", "permission": "NO_PERMISSIONS"}
    a.said("POST", "mlflow/experiments/permissions/create", grant)
    time.sleep(1.1)
    assert "secret" not in str(eve.said("GET", "mlflow/experiments/search?max_results=9"))
    assert "1" == b.said("GET", "mlflow/users/get?username=eve")["user"]["experiment_permissions"][0]["experiment_id"]


def test_many_at_once_register_at_both_and_no_number_is_lost_or_given_twice(pair: Pair) -> None:
    a, b = pair.clients
    a.said("POST", "mlflow/registered-models/create", {"name": "m"})
    run = a.run("0")
    a.put(f"0/{run}/artifacts/model/weights.bin", b"weights")
    asked = {"name": "m", "source": f"mlflow-artifacts:/0/{run}/artifacts/model", "run_id": run}
    receiver = Receiver()
    with receiving(receiver) as url:
        hook = {
            "name": "h",
            "url": url,
            "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}],
            "secret": "s",
        }
        b.said("POST", "mlflow/webhooks", hook)

        def register(number: int) -> str:
            made: Any = (a, b)[number % 2].said("POST", "mlflow/model-versions/create", asked)
            version = str(made["model_version"]["version"])
            alias = {"name": "m", "alias": "newest", "version": version}
            (a, b)[(number + 1) % 2].said("POST", "mlflow/registered-models/alias", alias)
            return version

        with ThreadPoolExecutor(8) as pool:
            numbers = list(pool.map(register, range(24)))
        told = [each.said["data"]["version"] for each in receiver.wait(24)]
        time.sleep(1)

    assert sorted(map(str, range(1, 25)), key=int) == sorted(numbers, key=int) == sorted(told, key=int)
    assert 24 == len(receiver.messages)
    newest = [each.said("GET", "mlflow/registered-models/alias?name=m&alias=newest") for each in (a, b)]
    assert newest[0] == newest[1]
    assert () == pair.repository.verify().problems


def test_one_that_is_killed_takes_nothing_with_it_that_it_acknowledged(pair: Pair) -> None:
    a, b = pair.clients
    run = a.run("0")
    writers = [Logging(pair.servers, run, f"m{number}", headers=pair.headers) for number in range(4)]
    while min(len(each.acknowledged) for each in writers) < 30:
        time.sleep(0.01)
    pair.servers[0].process.send_signal(signal.SIGKILL)
    pair.servers[0].process.wait(timeout=30)
    killed = [len(each.acknowledged) for each in writers]
    while any(len(each.acknowledged) < count + 20 for each, count in zip(writers, killed, strict=True)):
        time.sleep(0.01)  # the other one goes on
    for each in writers:
        each.stop()

    for number, each in enumerate(writers):
        points = b.said("GET", f"mlflow/metrics/get-history?run_id={run}&metric_key=m{number}")["metrics"]
        assert set(each.acknowledged) <= {point["step"] for point in points}
    done = subprocess.run(
        (sys.executable, "-m", "lineal", "--repository", str(pair.repository.store.root.parent), "verify"),  # type: ignore[union-attr]
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def test_batches_of_one_run_that_come_to_both_at_once_are_all_there(pair: Pair) -> None:
    run = pair.clients[0].run("0")

    def log(number: int) -> int:
        points = [{"key": "loss", "value": number, "step": number * 50 + each, "timestamp": 1} for each in range(50)]
        noted = {"params": [{"key": f"p{number}", "value": "1"}], "tags": [{"key": f"t{number}", "value": "1"}]}
        return int(
            pair.clients[number % 2]
            .ask("POST", "mlflow/runs/log-batch", {"run_id": run, "metrics": points, **noted}, **JSON)
            .status
        )

    with ThreadPoolExecutor(8) as pool:
        assert [200] * 64 == list(pool.map(log, range(64)))

    for each in pair.clients:
        data = each.said("GET", f"mlflow/runs/get?run_id={run}")["run"]["data"]
        assert {f"p{number}" for number in range(64)} == {param["key"] for param in data["params"]}
        assert {f"t{number}" for number in range(64)} <= {tag["key"] for tag in data["tags"]}
        assert 64 * 50 - 1 == data["metrics"][0]["step"]
        points = each.said("GET", f"mlflow/metrics/get-history?run_id={run}&metric_key=loss")["metrics"]
        assert list(range(64 * 50)) == sorted(point["step"] for point in points)


def test_of_one_parameter_that_both_are_told_of_one_value_stays(pair: Pair) -> None:
    run = pair.clients[0].run("0")

    def log(number: int) -> int:
        asked = {"run_id": run, "key": "depth", "value": str(number)}
        return int(pair.clients[number % 2].ask("POST", "mlflow/runs/log-parameter", asked, **JSON).status)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(log, range(16)))

    assert [200, *[400] * 15] == sorted(told)
    shown = [each.said("GET", f"mlflow/runs/get?run_id={run}")["run"]["data"]["params"] for each in pair.clients]
    assert [{"key": "depth", "value": str(told.index(200))}] == shown[0] == shown[1]


def test_moves_that_race_at_both_leave_one_version_in_production(pair: Pair) -> None:
    a = pair.clients[0]
    a.said("POST", "mlflow/registered-models/create", {"name": "m"})
    run = a.run("0")
    for number in range(6):
        a.put(f"0/{run}/artifacts/{number}/weights.bin", b"weights %d" % number)
        source = f"mlflow-artifacts:/0/{run}/artifacts/{number}"
        a.said("POST", "mlflow/model-versions/create", {"name": "m", "source": source, "run_id": run})

    def move(number: int) -> int:
        asked = {"name": "m", "version": str(number % 6 + 1), "stage": "Production", "archive_existing_versions": True}
        return int(pair.clients[number % 2].ask("POST", "mlflow/model-versions/transition-stage", asked, **JSON).status)

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(move, range(18)))

    # A client tries again what somebody else was faster with; nothing else may come of a race.
    assert {200} <= set(told) <= {200, 409}
    for each in pair.clients:
        found = each.said("GET", "mlflow/model-versions/search?filter=name%3D%27m%27")["model_versions"]
        assert 1 == [version["current_stage"] for version in found].count("Production")
    periods = pair.repository.store.database.run(
        "SELECT since, until FROM stage_period WHERE model = 'm' AND stage = 'production' ORDER BY since, until"
    )
    assert all(before["until"] is not None and before["until"] <= after["since"] for before, after in pairwise(periods))
    assert () == pair.repository.verify().problems

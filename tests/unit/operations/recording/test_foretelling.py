"""Runs whose programs tell of them at once: what their requests begin with is known before, and waited for once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.ulid import hexadecimal
from lineal.operations.recording import tracking
from lineal.protocols.mlflow import ENDPOINTS
from lineal.storage.database import grouping
from lineal.storage.database.postgres import Postgres
from lineal.storage.store import Actor
from tests.unit.operations.recording.test_tracking import in_database
from tests.unit.protocols.mlflow.asking import Client

POINT = {"key": "loss", "value": 0.5, "timestamp": 7, "step": 1}
WORD = {"key": "team", "value": "a"}

TOLD: dict[str, dict[str, Any]] = {
    "runs/create": {"run_name": "one"},
    "runs/update": {"status": "FINISHED", "end_time": 9},
    "runs/log-metric": POINT,
    "runs/log-parameter": WORD,
    "runs/set-tag": WORD,
    "runs/log-batch": {"metrics": [POINT], "params": [WORD], "tags": [WORD]},
}
"""What is foretold, with the body of a request but for the run's id."""


@pytest.fixture
def repository(postgres_url: str) -> Iterator[LocalRepository]:
    """An empty repository on a server."""
    with in_database(Postgres(postgres_url)) as found:
        yield found


@pytest.fixture
def runs(repository: LocalRepository) -> list[str]:
    """Three runs."""
    client = Client(repository)
    return [client.post("/runs/create").said["run"]["info"]["run_id"] for _ in range(3)]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many changes were carried out once more, each alone."""
    found, plain = list[int](), grouping._carry_out_each

    def noting(database: Any, tasks: Any) -> None:
        found.append(len(tasks))
        plain(database, tasks)

    monkeypatch.setattr(grouping, "_carry_out_each", noting)
    return found


def test_all_that_is_foretold_is_tried_here() -> None:
    assert {f"/2.0/mlflow/{path}" for path in TOLD} == {each.path for each in ENDPOINTS if each.foretell}


@pytest.mark.parametrize("path", TOLD)
def test_requests_of_several_runs_wait_as_often_as_that_of_one(
    path: str,
    repository: LocalRepository,
    runs: list[str],
    waits: list[int],
    alone: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracking, "_LOOKED_AT_EVERY", 1 << 62)
    client = Client(repository)

    def asked(run: str) -> tuple[str, dict[str, Any]]:
        return f"/{path}", TOLD[path] | ({} if path == "runs/create" else {"run_id": run})

    waits.clear()
    assert 200 == client.post_together(asked(runs[0]))[0].status
    of_one = len(waits)
    waits.clear()
    assert [200, 200] == [each.status for each in client.post_together(asked(runs[1]), asked(runs[2]))]

    assert (of_one, []) == (len(waits), alone)


def test_what_fails_after_it_was_foretold_leaves_nothing_and_the_others_are_kept(
    repository: LocalRepository, runs: list[str], alone: list[int]
) -> None:
    client = Client(repository)
    client.post("/runs/log-parameter", run_id=runs[1], key="team", value="b")
    before = told(repository, runs)
    one, other = client.post_together(*(("/runs/log-parameter", {**WORD, "run_id": run}) for run in runs[:2]))

    assert (200, 400) == (one.status, other.status)
    assert "Changing param values is not allowed" in other.said["message"]
    assert [2] == alone
    assert [1, 0, 0] == [now - was for now, was in zip(told(repository, runs), before, strict=True)]


def test_what_a_deleted_run_is_told_changes_nothing_of_it(repository: LocalRepository, runs: list[str]) -> None:
    client = Client(repository)
    client.post("/runs/delete", run_id=runs[1])
    before = told(repository, runs)
    one, other = client.post_together(*(("/runs/log-metric", {**POINT, "run_id": run}) for run in runs[:2]))

    assert (200, 400) == (one.status, other.status)
    assert [1, 0, 0] == [now - was for now, was in zip(told(repository, runs), before, strict=True)]


def test_what_is_wrong_with_a_request_is_known_before_anything_is_foretold(
    repository: LocalRepository, runs: list[str], alone: list[int]
) -> None:
    wrong = ("/runs/log-batch", {"run_id": runs[1], "metrics": [{**POINT, "key": "/"}]})
    one, other = Client(repository).post_together(("/runs/log-metric", {**POINT, "run_id": runs[0]}), wrong)

    assert (200, 400, []) == (one.status, other.status, alone)
    assert [2, 1, 1] == told(repository, runs)


def test_nothing_is_foretold_of_whoever_may_not_do_it(repository: LocalRepository, runs: list[str]) -> None:
    reader = Client(repository.acting(Actor("eve", "reader")))
    asked = [("/runs/set-tag", {**WORD, "run_id": run}) for run in runs]

    assert [403] * 3 == [each.status for each in reader.post_together(*asked)]
    assert [1, 1, 1] == told(repository, runs)


def told(repository: LocalRepository, runs: list[str]) -> list[int]:
    """Return how often each of ``runs`` was told of."""
    known = repository.store.database.run("SELECT id, revision FROM run")
    revisions = {hexadecimal(row["id"]): row["revision"] for row in known}
    return [revisions[each] for each in runs]

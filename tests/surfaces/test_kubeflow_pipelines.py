"""Kubeflow Pipelines' MLflow plugin: what it sends for a pipeline of two tasks, in its order, with its headers.

The plugin makes a run for the pipeline and one below it for each task, and the tasks go on with theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.server.tokens import Guard, read_tokens
from lineal.storage.store import Actor
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client

PARENT = "mlflow.parentRunId"
PIPELINE = "kfp.pipeline_run_id"


@pytest.fixture
def client(local: LocalRepository, tmp_path: Path) -> Iterator[Client]:
    """The plugin: it has a token, and names the workspace that it was told of."""
    (tmp_path / "tokens.toml").write_text(f'[kfp]\ntoken = "{digest_of(b"kfp")}"\nrole = "writer"\n', "utf-8")
    with served(local, Guard(Actor("owner", "admin"), read_tokens(tmp_path / "tokens.toml"))) as url:
        yield Client(url, Authorization="Bearer kfp", **{"X-MLflow-Workspace": "default"})


def begin(client: Client, experiment: str, name: str, **tags: str) -> str:
    asked = {"experiment_id": experiment, "run_name": name, "start_time": 1_790_000_000_000}
    told = [{"key": key, "value": value} for key, value in tags.items()]
    return str(client.said("POST", "mlflow/runs/create", **asked, tags=told)["run"]["info"]["run_id"])


def find(client: Client, experiment: str, text: str, count: int = 1000) -> list[str]:
    """Search as the plugin does, page by page."""
    found, token = list[str](), ""
    while True:
        asked = {"experiment_ids": [experiment], "filter": text, "max_results": count}
        page = client.said("POST", "mlflow/runs/search", {**asked, **({"page_token": token} if token else {})})
        found += [each["info"]["run_id"] for each in page.get("runs", [])]
        token = page.get("next_page_token", "")
        if not token:
            return found


def told(client: Client, run: str) -> dict[str, Any]:
    found: dict[str, Any] = client.said("GET", "mlflow/runs/get", run_id=run)["run"]
    return found


def test_a_pipeline_and_its_tasks_are_runs(client: Client, local: LocalRepository) -> None:
    made = client.said("POST", "mlflow/experiments/create", name="KFP", description="made by Kubeflow Pipelines")
    experiment = made["experiment_id"]
    # The next pipeline finds that it is there.
    assert client.refused("POST", "mlflow/experiments/create", name="KFP")[:2] == (400, "RESOURCE_ALREADY_EXISTS")
    named = client.said("GET", "mlflow/experiments/get-by-name", experiment_name="KFP")["experiment"]
    assert named == client.said("GET", "mlflow/experiments/get", experiment_id=experiment)["experiment"]

    run = begin(client, experiment, "it's mine", **{PIPELINE: "o'clock"})
    tasks = [begin(client, experiment, name, **{PARENT: run, PIPELINE: "other"}) for name in ("prepare", "train")]
    batch = {
        "params": [{"key": "depth", "value": "6"}],
        "metrics": [{"key": "auc", "value": 0.91, "timestamp": 1_790_000_000_500, "step": 0}],
        "tags": [{"key": "kfp.task", "value": "train"}],
    }
    for _ in range(2):  # it is not sent again after an error, and would be the same if it were
        assert client.said("POST", "mlflow/runs/log-batch", run_id=tasks[1], **batch) == {}
    assert client.said("POST", "mlflow/runs/set-tag", run_id=run, key="kfp.url", value="https://kfp/runs/1") == {}
    for each, status in ((tasks[0], "FINISHED"), (tasks[1], "FAILED"), (run, "KILLED")):
        ended = client.said("POST", "mlflow/runs/update", run_id=each, status=status, end_time=1_790_000_001_000)
        assert (ended["run_info"]["status"], ended["run_info"]["end_time"]) == (status, 1_790_000_001_000)

    # Keys stand in backticks, and a quote in a value is written twice.
    assert find(client, experiment, f"tags.`{PIPELINE}` = 'o''clock'") == [run]
    assert set(find(client, experiment, f"tags.`{PARENT}` = '{run}'", 1)) == set(tasks)
    data = told(client, tasks[1])["data"]
    assert [(each["key"], each["value"]) for each in data["params"]] == [("depth", "6")]
    assert [(each["key"], each["value"]) for each in data["metrics"]] == [("auc", 0.91)]
    assert {"kfp.task": "train", PARENT: run}.items() <= {each["key"]: each["value"] for each in data["tags"]}.items()
    assert {each.by for each in local.log()} >= {"kfp"}

"""What runs used and made, as MLflow's client tells it: the shapes and texts are those of a recorded server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineal.client.connect import init
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client


@pytest.fixture(params=["sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """A client of a server over each database in turn."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with init(tmp_path, database=database) as local, served(local) as url:
        yield Client(url)


def pairs(**known: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in known.items()]


TRAIN = {
    "tags": pairs(**{"mlflow.data.context": "training"}),
    "dataset": {
        "name": "train",
        "digest": "5992bf3f",
        "source_type": "s3",
        "source": '{"uri": "s3://bucket/train.csv"}',
        "schema": '{"mlflow_colspec": []}',
        "profile": '{"num_rows": 20}',
    },
}
PLAIN = {"dataset": {"name": "dataset", "digest": "5992bf3f", "source_type": "code", "source": "{}"}}


def test_what_a_run_used_and_made_is_shown_with_it_wherever_it_is(client: Client):
    experiment = client.experiment()
    run, model = client.run(experiment), client.model(experiment)
    created = client.said("GET", f"mlflow/runs/get?run_id={run}")["run"]
    assert ({}, {}) == (created["inputs"], created["outputs"])
    assert {} == client.said("POST", "mlflow/runs/log-inputs", {"run_id": run, "datasets": [TRAIN]})
    assert {} == client.said(
        "POST", "mlflow/runs/log-inputs", {"run_uuid": run, "datasets": [PLAIN, TRAIN], "models": [{"model_id": model}]}
    )
    for step in (0, 2, 0):
        outputs = {"run_id": run, "models": [{"model_id": model, "step": step}]}
        assert {} == client.said("POST", "mlflow/runs/outputs", outputs)
    found = [
        client.said("GET", f"mlflow/runs/get?run_id={run}")["run"],
        *client.said("POST", "mlflow/runs/search", {"experiment_ids": [experiment]})["runs"],
    ]

    for each in found:
        assert {"dataset_inputs": [TRAIN, PLAIN], "model_inputs": [{"model_id": model}]} == each["inputs"]
        assert {"model_outputs": [{"model_id": model, "step": 0}, {"model_id": model, "step": 2}]} == each["outputs"]
        assert ["info", "data", "inputs", "outputs"] == list(each)


def test_runs_are_found_by_the_datasets_that_they_used(client: Client):
    experiment = client.experiment()
    runs = [client.run(experiment) for _ in range(2)]
    client.said("POST", "mlflow/runs/log-inputs", {"run_id": runs[0], "datasets": [TRAIN]})
    client.said("POST", "mlflow/runs/log-inputs", {"run_id": runs[1], "datasets": [PLAIN]})

    def found(text: str) -> list[str]:
        page = client.said("POST", "mlflow/runs/search", {"experiment_ids": [experiment], "filter": text})
        return [each["info"]["run_id"] for each in page.get("runs", ())]

    assert [runs[0]] == found("dataset.name = 'train'")
    assert [runs[0]] == found("dataset.context = 'training'")
    assert sorted(runs) == sorted(found("dataset.digest = '5992bf3f'"))


def test_inputs_too_long_for_a_list_are_shown_all_the_same(client: Client):
    run = client.run(client.experiment())
    long = [
        {**TRAIN, "dataset": {**TRAIN["dataset"], "name": str(number), "profile": "x" * 30_000}} for number in range(4)
    ]
    for each in long:
        client.said("POST", "mlflow/runs/log-inputs", {"run_id": run, "datasets": [each]})

    assert long == client.said("GET", f"mlflow/runs/get?run_id={run}")["run"]["inputs"]["dataset_inputs"]


def test_a_dataset_says_at_most_so_much_of_itself(client: Client):
    run = client.run(client.experiment())
    for name, most in (("name", 500), ("digest", 36), ("source", 65_535), ("schema", 1_048_575)):
        for length, status in ((most, 200), (most + 1, 400)):
            used = {**TRAIN, "dataset": {**TRAIN["dataset"], name: "x" * length}}
            answer = client.ask("POST", "mlflow/runs/log-inputs", {"run_id": run, "datasets": [used]})
            assert (name, length, status) == (name, length, answer.status)
    assert f"'{name}' exceeds the maximum length of {most} characters" == json.loads(answer.data)["message"]
    status, _, message = client.refused("POST", "mlflow/runs/log-inputs", {"datasets": [TRAIN]})
    assert (400, True) == (status, message.startswith("Missing value for required parameter 'run_id'"))


def test_the_datasets_of_experiments_are_listed_once_for_each_use(client: Client):
    experiment = client.experiment()
    for used in (TRAIN, TRAIN, PLAIN):
        client.said("POST", "mlflow/runs/log-inputs", {"run_id": client.run(experiment), "datasets": [used]})
    url = f"{client.url}/ajax-api/2.0/mlflow/experiments/search-datasets"
    known = {"experiment_id": experiment, "digest": "5992bf3f"}

    assert {
        "dataset_summaries": [{**known, "name": "dataset"}, {**known, "name": "train", "context": "training"}]
    } == client.said("POST", url, {"experiment_ids": [experiment, "0"]})
    for asked, said in (
        ({}, "must specify at least one"),
        ({"experiment_ids": ["x"] * 21}, "cannot specify more than 20"),
    ):
        status, code, message = client.refused("POST", url, asked)
        assert (400, "INVALID_PARAMETER_VALUE", True) == (status, code, said in message)


def test_what_old_clients_say_of_their_models_is_gathered_in_a_tag(client: Client):
    run = client.run(client.experiment())
    models = [
        {"artifact_path": f"model/{number}", "flavors": {}, "utc_time_created": "now", "run_id": run}
        for number in range(6)
    ]

    def tell(model: dict[str, Any]) -> None:
        client.said("POST", "mlflow/runs/log-model", {"run_id": run, "model_json": json.dumps(model)})

    threads = [threading.Thread(target=tell, args=(each,)) for each in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tags = client.said("GET", f"mlflow/runs/get?run_id={run}")["run"]["data"]["tags"]
    (history,) = (json.loads(each["value"]) for each in tags if each["key"] == "mlflow.log-model.history")

    assert models == sorted(history, key=lambda each: each["artifact_path"])
    for text, said in (("[", "Malformed model info."), ('{"run_id": "x"}', "missing mandatory fields")):
        asked = {"run_id": run, "model_json": text}
        status, code, message = client.refused("POST", "mlflow/runs/log-model", asked)
        assert (400, "INVALID_PARAMETER_VALUE", True) == (status, code, said in message)

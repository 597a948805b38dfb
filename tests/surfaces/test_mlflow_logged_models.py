"""Logged models as MLflow's client asks for them: the shapes and texts are those of a recorded server."""

from __future__ import annotations

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


def shown(client: Client, model: str) -> Any:
    return client.said("GET", f"mlflow/logged-models/{model}")["model"]


def log(client: Client, run: str, model: str, *metrics: dict[str, Any]) -> None:
    client.said(
        "POST",
        "mlflow/runs/log-batch",
        {"run_id": run, "metrics": [{"timestamp": 1, "step": 0, "model_id": model, **each} for each in metrics]},
    )


def test_a_logged_model_begins_as_mlflow_writes_it(client: Client):
    experiment = client.experiment()
    run = client.run(experiment)
    found = client.said(
        "POST",
        "mlflow/logged-models",
        {
            "experiment_id": experiment,
            "name": "model",
            "source_run_id": run,
            "params": pairs(lr="0.1", a="1"),
            "tags": pairs(**{"mlflow.user": "ana", "mlflow.source.type": "LOCAL"}),
        },
    )["model"]
    info, model = found["info"], found["info"]["model_id"]
    created = info["creation_timestamp_ms"]

    assert {
        "model_id": model,
        "experiment_id": experiment,
        "name": "model",
        "creation_timestamp_ms": created,
        "last_updated_timestamp_ms": created,
        "artifact_uri": f"mlflow-artifacts:/{experiment}/models/{model}/artifacts",
        "status": "LOGGED_MODEL_PENDING",
        "model_type": "",
        "source_run_id": run,
        "tags": pairs(**{"mlflow.source.type": "LOCAL", "mlflow.user": "ana"}),
    } == info
    assert {"params": pairs(a="1", lr="0.1")} == found["data"]
    assert (model[:2], 34, created) == ("m-", len(model), int(created))
    assert found == shown(client, model)


def test_a_logged_model_without_a_name_gets_one(client: Client):
    experiment = client.experiment()
    names = [shown(client, client.model(experiment))["info"]["name"] for _ in range(2)]

    assert all(names)
    assert names[0] != names[1]


def test_metrics_with_a_model_are_of_the_run_and_of_the_model(client: Client):
    experiment = client.experiment()
    run, model = client.run(experiment), client.model(experiment)
    log(
        client,
        run,
        model,
        {"key": "nanm", "value": "NaN", "timestamp": 5},
        {"key": "infm", "value": 1.7976931348623157e308, "timestamp": 6},
        {"key": "big", "value": "-Infinity", "timestamp": 7},
        {"key": "auc", "value": 0.5, "timestamp": 8, "dataset_name": "adult", "dataset_digest": "d1"},
        {"key": "auc", "value": 0.25, "timestamp": 9, "step": 3, "dataset_name": "adult", "dataset_digest": "d1"},
    )
    client.said(
        "POST",
        "mlflow/runs/log-metric",
        {"run_id": run, "key": "auc", "value": 0.75, "timestamp": 10, "step": 1, "model_id": model},
    )
    known = {"model_id": model, "run_id": run}

    assert [
        {"key": "nanm", "value": "NaN", "timestamp": 5, "step": 0, **known},
        {"key": "infm", "value": 1.7976931348623157e308, "timestamp": 6, "step": 0, **known},
        {"key": "big", "value": -1.7976931348623157e308, "timestamp": 7, "step": 0, **known},
        {
            "key": "auc",
            "value": 0.25,
            "timestamp": 9,
            "step": 3,
            "dataset_name": "adult",
            "dataset_digest": "d1",
            **known,
        },
        {"key": "auc", "value": 0.75, "timestamp": 10, "step": 1, **known},
    ] == shown(client, model)["data"]["metrics"]
    found = client.said("GET", f"mlflow/runs/get?run_id={run}")["run"]["data"]["metrics"]
    assert {"auc": 0.25, "nanm": "NaN"}.items() <= {each["key"]: each["value"] for each in found}.items()


def test_metrics_of_a_model_that_is_not_here_are_refused_whole(client: Client):
    run = client.run(client.experiment())
    asked = {
        "run_id": run,
        "params": pairs(a="1"),
        "metrics": [{"key": "a", "value": 1, "timestamp": 1, "model_id": "m-x"}],
    }

    assert (404, "RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-x' not found.") == client.refused(
        "POST", "mlflow/runs/log-batch", asked
    )
    assert {"tags"} == client.said("GET", f"mlflow/runs/get?run_id={run}")["run"]["data"].keys()


def test_a_model_is_finished_tagged_told_more_of_and_deleted(client: Client):
    experiment = client.experiment()
    model = client.model(experiment, name="model")
    path = f"mlflow/logged-models/{model}"
    for status in ("LOGGED_MODEL_UPLOAD_FAILED", "LOGGED_MODEL_READY"):
        found = client.said("PATCH", path, {"model_id": model, "status": status})["model"]
        assert status == found["info"]["status"]
    assert {} == client.said("PATCH", f"{path}/tags", {"tags": pairs(b="1", a="2")})
    assert {} == client.said("PATCH", f"{path}/tags", {"tags": pairs(b="3")})
    assert {} == client.said("POST", f"{path}/params", {"model_id": model, "params": pairs(lr="0.1")})
    assert pairs(a="2", b="3") == shown(client, model)["info"]["tags"]
    assert {} == client.said("DELETE", f"{path}/tags/a")
    assert (
        404,
        "RESOURCE_DOES_NOT_EXIST",
        f"No tag with key 'a' found for model with ID '{model}'.",
    ) == client.refused("DELETE", f"{path}/tags/a")
    assert (pairs(b="3"), pairs(lr="0.1")) == (
        shown(client, model)["info"]["tags"],
        shown(client, model)["data"]["params"],
    )
    assert {} == client.said("DELETE", path)
    for method, body in (("GET", None), ("PATCH", {"status": "LOGGED_MODEL_READY"}), ("DELETE", None)):
        assert (404, "RESOURCE_DOES_NOT_EXIST", f"Logged model with ID '{model}' not found.") == client.refused(
            method, path, body
        )
    assert {} == client.said("POST", "mlflow/logged-models/search", {"experiment_ids": [experiment]})


WRONG = {
    "a name that is no part of an address": ({"name": "a/b"}, "Invalid model name ('a/b') provided."),
    "a name of nothing": ({"name": ""}, "Invalid model name ('') provided."),
    "a param with a bad name": ({"params": pairs(**{"a//b": "1"})}, "Invalid parameter name: 'a//b'."),
    "an experiment that is no number": ({"experiment_id": "x"}, "Invalid experiment ID 'x'."),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_model_that_cannot_be_is_refused(name: str, client: Client):
    asked, said = WRONG[name]
    status, code, message = client.refused("POST", "mlflow/logged-models", {"experiment_id": "0", **asked})

    assert (400, "INVALID_PARAMETER_VALUE") == (status, code)
    assert said in message


def search(client: Client, experiment: str, **asked: Any) -> list[str]:
    found = client.said("POST", "mlflow/logged-models/search", {"experiment_ids": [experiment], **asked})
    return [each["info"]["name"] for each in found.get("models", ())]


@pytest.fixture
def models(client: Client) -> tuple[str, dict[str, str]]:
    """Three models of one experiment by name, and one of another."""
    experiment, other = client.experiment(), client.experiment("other")
    run = client.run(experiment)
    found = {name: client.model(experiment, name=name, params=pairs(kind=name)) for name in ("one", "two", "three")}
    client.model(other, name="one")
    adult, iris = {"dataset_name": "adult", "dataset_digest": "d1"}, {"dataset_name": "iris", "dataset_digest": "d1"}
    log(
        client,
        run,
        found["one"],
        {"key": "auc", "value": 0.9, **adult},
        {"key": "auc", "value": 0.1, "step": 1, **iris},
    )
    log(client, run, found["two"], {"key": "auc", "value": 0.5, **adult, "dataset_digest": "d2"})
    log(client, run, found["three"], {"key": "auc", "value": "NaN"}, {"key": "loss", "value": 3, **iris})
    client.said("PATCH", f"mlflow/logged-models/{found['two']}", {"status": "LOGGED_MODEL_READY"})
    return experiment, found


def test_models_are_found_by_what_is_known_of_them(client: Client, models: tuple[str, dict[str, str]]):
    experiment, found = models
    answers = {
        "": ["three", "two", "one"],
        "name = 'two'": ["two"],
        f"model_id = '{found['one']}'": ["one"],
        "status = 'READY'": ["two"],
        "params.kind LIKE 't%' AND metrics.auc > 0": ["two"],
        "params.kind = 'one' OR metrics.loss >= 3": ["three", "one"],
        "metrics.auc < 0.2": ["one"],
        "metrics.auc != 7": ["three", "two", "one"],
        "creation_timestamp > 0 AND NOT name = 'one'": ["three", "two"],
    }
    for text, names in answers.items():
        assert (text, names) == (text, search(client, experiment, filter=text))
    assert [] == search(client, "99")
    assert {} == client.said("POST", "mlflow/logged-models/search", {"experiment_ids": []})


def test_metrics_are_those_on_the_datasets_that_are_named(client: Client, models: tuple[str, dict[str, str]]):
    experiment, _ = models
    adult, old, iris = (
        {"dataset_name": "adult"},
        {"dataset_name": "adult", "dataset_digest": "d1"},
        {"dataset_name": "iris"},
    )

    assert ["two", "one"] == search(client, experiment, datasets=[adult])
    assert ["one"] == search(client, experiment, datasets=[old])
    assert ["three", "one"] == search(client, experiment, datasets=[iris])
    assert ["three", "two", "one"] == search(client, experiment, datasets=[adult, iris])
    assert ["one"] == search(client, experiment, datasets=[adult], filter="metrics.auc > 0.8")
    assert [] == search(client, experiment, datasets=[iris], filter="metrics.auc > 0.8")
    assert ["one"] == search(client, experiment, datasets=[iris, old], filter="metrics.auc > 0.8 AND name = 'one'")
    assert [] == search(client, experiment, datasets=[{"dataset_name": "nowhere"}])
    status, code, message = client.refused(
        "POST", "mlflow/logged-models/search", {"experiment_ids": [experiment], "datasets": [{"dataset_digest": "d"}]}
    )
    assert (400, "INVALID_PARAMETER_VALUE", "`dataset_name` in the `datasets` clause must be specified.") == (
        status,
        code,
        message,
    )


def test_models_come_in_the_order_that_is_asked_for(client: Client, models: tuple[str, dict[str, str]]):
    experiment, _ = models

    def order(field: str, **known: Any) -> list[str]:
        return search(client, experiment, order_by=[{"field_name": field, **known}])

    assert ["one", "two", "three"] == order("creation_timestamp", ascending=True)
    assert ["three", "two", "one"] == order("creation_time", ascending=False)
    assert ["one", "three", "two"] == order("name")
    assert ["one", "two", "three"] == order("metrics.auc")
    assert ["two", "one", "three"] == order("metrics.auc", ascending=False)
    assert ["two", "one", "three"] == order("metrics.auc", dataset_name="adult")
    assert ["one", "three", "two"] == order("metrics.auc", dataset_name="adult", dataset_digest="d1")
    status, code, message = client.refused(
        "POST", "mlflow/logged-models/search", {"experiment_ids": [experiment], "order_by": [{"field_name": "colour"}]}
    )
    assert (400, "INVALID_PARAMETER_VALUE") == (status, code)
    assert message.startswith("Invalid order by field name: colour")


@pytest.mark.parametrize("asked", [{}, {"order_by": [{"field_name": "metrics.auc"}]}, {"filter": "metrics.auc != 7"}])
def test_pages_go_on_behind_the_one_before(asked: dict[str, Any], client: Client, models: tuple[str, dict[str, str]]):
    experiment, _ = models
    whole = search(client, experiment, **asked)
    found, token = list[str](), ""
    while True:
        body = {"experiment_ids": [experiment], "max_results": 1, "page_token": token, **asked}
        page = client.said("POST", "mlflow/logged-models/search", body)
        found += [each["info"]["name"] for each in page["models"]]
        if not (token := page.get("next_page_token", "")):
            break

    assert whole == found
    for wrong in ("?", "eyJvZmZzZXQiOiAxfQ=="):
        refused = {"experiment_ids": [experiment], "page_token": wrong}
        status, code, message = client.refused("POST", "mlflow/logged-models/search", refused)
        assert (400, "INVALID_PARAMETER_VALUE", True) == (status, code, message.startswith("Invalid page token"))


def test_runs_of_an_experiment_with_a_place_of_its_own_keep_their_files_there(client: Client):
    experiment = client.experiment(artifact_location="mlflow-artifacts:/team/place")
    run, model = client.run(experiment), client.model(experiment)
    uri = client.said("GET", f"mlflow/runs/get?run_id={run}")["run"]["info"]["artifact_uri"]
    client.put(f"team/place/{run}/artifacts/a", b"x")

    assert f"mlflow-artifacts:/team/place/{run}/artifacts" == uri
    assert f"mlflow-artifacts:/team/place/models/{model}/artifacts" == shown(client, model)["info"]["artifact_uri"]
    assert {"root_uri": uri, "files": [{"path": "a", "is_dir": False, "file_size": 1}]} == client.said(
        "GET", f"mlflow/artifacts/list?run_id={run}"
    )

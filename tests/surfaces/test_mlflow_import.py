"""What the real MLflow kept, behind its server, in its database and in a folder, comes over, and it reads what goes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.ulid import ulid_of
from lineal.operations.recording import tracking
from lineal.operations.versioning import registry
from tests.parts.mlflow import Mlflow, serving
from tests.surfaces.commands import answer, lineal

_LOG = """
import json, os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # MLflow 3 reads folders only when it is told to
import mlflow
from mlflow.entities import LoggedModelOutput, Metric
from mlflow.tracking import MlflowClient

def history(uri, name, places):
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient(uri, uri)
    experiment = client.create_experiment(name)
    run = client.create_run(experiment, run_name="parent")
    child = client.create_run(experiment, tags={"mlflow.parentRunId": run.info.run_id})
    points = [(1.0, 0, 5), (float("nan"), 1, 6), (float("inf"), 2, 7), (0.25, 0, 5), (0.5, -3, 8)]
    client.log_batch(run.info.run_id, [Metric("val/loss", *each[:1], each[2], each[1]) for each in points])
    client.log_metric(child.info.run_id, "n", 1.5, 9, 0)
    client.log_param(run.info.run_id, "lr", "0.1")
    client.set_tag(run.info.run_id, "note", "two\\nlines")
    client.log_text(run.info.run_id, "hello", "notes/a b.txt")
    dataset = mlflow.data.from_numpy(__import__("numpy").array([1.0, 2.0]), name="ones")
    used = mlflow.entities.InputTag("mlflow.data.context", "training")
    client.log_inputs(run.info.run_id, [mlflow.entities.DatasetInput(dataset._to_mlflow_entity(), [used])])
    model = client.create_logged_model(experiment, name="net", source_run_id=run.info.run_id, params={"p": "1"})
    open("weights.pkl", "w").write("weights")
    client.log_model_artifact(model.model_id, "weights.pkl")
    client.log_metric(run.info.run_id, "auc", 0.75, 1, 1, model_id=model.model_id)
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, 2)])
    client.create_registered_model(name, tags={"k": "v"}, description="described")
    client.create_model_version(
        name, f"models:/{model.model_id}", run.info.run_id, tags={"x": "y"}, model_id=model.model_id
    )
    client.create_model_version(name, run.info.artifact_uri + "/notes", run.info.run_id)
    client.transition_model_version_stage(name, "2", "Staging")
    client.set_registered_model_alias(name, "champion", "1")
    client.set_terminated(run.info.run_id)
    client.delete_run(child.info.run_id)
    places[name] = {"run": run.info.run_id, "child": child.info.run_id, "model": model.model_id}

places = {}
history(sys.argv[1], "served", places)
history(sys.argv[2], "filed", places)
print(json.dumps(places))
"""

_READ = """
import json, os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
from mlflow.tracking import MlflowClient
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_registry_uri(sys.argv[1])
client = MlflowClient(sys.argv[1], sys.argv[1])
experiment = client.get_experiment_by_name(sys.argv[2])
(run,) = client.search_runs([experiment.experiment_id])
version = client.get_model_version_by_alias(sys.argv[2], "champion")
(deleted,) = client.search_runs([experiment.experiment_id], run_view_type=2)
(model,) = client.search_logged_models([experiment.experiment_id])
print(json.dumps({
    "name": run.info.run_name,
    "params": run.data.params,
    "note": run.data.tags["note"],
    "history": sorted([repr(each.value), each.step, each.timestamp] for each in client.get_metric_history(run.info.run_id, "val/loss")),
    "text": mlflow.artifacts.load_text(run.info.artifact_uri + "/notes/a b.txt"),
    "weights": mlflow.artifacts.load_text(f"models:/{sys.argv[2]}@champion/weights.pkl"),
    "tags": version.tags.get("x"),
    "stages": sorted(each.current_stage for each in client.search_model_versions(f"name='{sys.argv[2]}'")),
    "dataset": run.inputs.dataset_inputs[0].dataset.name,
    "parent": deleted.data.tags["mlflow.parentRunId"] == run.info.run_id,
    "model": [model.name, model.params, model.metrics[0].value],
    "outputs": [[each.model_id == model.model_id, each.step] for each in run.outputs.model_outputs],
}))
"""


class Histories(NamedTuple):
    """The same history in a server and in a folder, and what MLflow says of the former."""

    mlflow: Mlflow
    url: str
    database: Path
    folder: Path
    ids: dict[str, dict[str, str]]
    said: Any


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Histories]:
    place = tmp_path_factory.mktemp("mlflow")
    with serving(place / "server") as url:
        mlflow = Mlflow(place / "client", url)
        folder = place / "client" / "mlruns"
        ids = json.loads(mlflow.script(_LOG, url, str(folder)).splitlines()[-1])
        said = json.loads(mlflow.script(_READ, url, "served").splitlines()[-1])
        yield Histories(mlflow, url, place / "server" / "mlflow.db", folder, ids, said)


COUNTS = {
    "experiments": 2,
    "runs": 2,
    "params": 1,
    "points of metrics": 7,
    "inputs": 1,
    "logged models": 1,
    "files": 2,
    "registered models": 1,
    "versions": 2,
    "aliases": 1,
}


def brought(place: Path, *source: str) -> dict[str, int]:
    """Import into a new repository, and return what is there and here, which must be the same."""
    place.mkdir()
    lineal(place, "init")
    found = answer(place, "import", "mlflow", *source)
    assert [] == found.get("left_out", [])
    assert [] == [each for each in found["counts"] if each["source"] != each["target"]]
    return {each["kind"]: each["target"] for each in found["counts"]}


def test_a_server_its_database_and_a_folder_tell_the_same(histories: Histories, tmp_path: Path) -> None:
    sources = {"served": (histories.url, str(histories.database)), "filed": (str(histories.folder),)}
    for name, each in ((name, each) for name, found in sources.items() for each in found):
        place = tmp_path / f"{name}{len(each)}"
        counts = brought(place, each)

        assert COUNTS.items() <= counts.items(), each
        with init(place) as repository:
            check(repository, name, histories.ids[name])


def check(repository: LocalRepository, name: str, ids: dict[str, str]) -> None:
    run = tracking.tracked(repository, ulid_of(ids["run"]))
    child = tracking.tracked(repository, ulid_of(ids["child"]))
    history = tracking.history(repository, run.id, key="val/loss")
    first, second = (registry.version(repository, name, number=number) for number in (1, 2))

    assert ("parent", "finished", None) == (run.name, run.state, run.deleted_at)
    assert child.deleted_at is not None
    assert ids["run"].encode() in bytes(child.tags)
    assert [(0, 0.25, 5), (0, 1.0, 5), (1, "NaN", 6), (2, "Infinity", 7), (-3, 0.5, 8)] == list(
        zip(history.steps, history.values, history.times, strict=True)
    )
    assert b'"step":2' in bytes(run.outputs)
    assert ("none", ("champion",), {"x": "y"}, ids["model"]) == (
        first.stage, first.aliases, first.tags, first.logged_model
    )  # fmt: skip
    assert ("staging", f"mlflow-artifacts:/{run.experiment}/{ids['run']}/artifacts/notes") == (
        second.stage, second.location
    )  # fmt: skip
    assert [["weights.pkl"], ["a b.txt"]] == [
        [each.path for each in repository.data.files(f"{name}:#{number}")] for number in (1, 2)
    ]


def test_mlflow_reads_what_goes_back(histories: Histories, tmp_path: Path) -> None:
    place, other = tmp_path / "served", tmp_path / "filed"
    brought(place, histories.url)
    folder = tmp_path / "mlruns"
    lineal(place, "export", "mlflow", str(folder))
    in_folder = json.loads(histories.mlflow.script(_READ, str(folder), "served").splitlines()[-1])
    brought(other, str(histories.folder))
    lineal(other, "export", "mlflow", histories.url)
    at_server = json.loads(histories.mlflow.script(_READ, histories.url, "filed").splitlines()[-1])

    # A folder keeps infinity, of which a server's database makes the largest number that there is.
    infinite = [[each[0].replace("1.7976931348623157e+308", "inf"), *each[1:]] for each in histories.said["history"]]
    assert {**histories.said, "history": sorted(infinite)} == in_folder
    assert histories.said == at_server
    assert "unchanged: everything was there" in lineal(other, "export", "mlflow", histories.url)[1]

"""Programs that import the real MLflow, unchanged but for the address of the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.parts.mlflow import Mlflow
from tests.surfaces.serving import Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of an empty repository."""
    with Served(tmp_path / "repository") as found:
        yield found


@pytest.fixture
def mlflow(served: Served, tmp_path: Path) -> Mlflow:
    """The client of it."""
    return Mlflow(tmp_path / "home", served.url)


def said(output: str) -> object:
    """Return what a program printed last, as JSON; MLflow prints addresses of its own before."""
    return json.loads(output.strip().splitlines()[-1])


TRACKING = """
import json, math, mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
mlflow.set_experiment("churn")
with mlflow.start_run(run_name="first", tags={"team": "risk"}) as run:
    mlflow.log_param("depth", 6)
    mlflow.log_params({"rate": 0.1, "kind": "boosted"})
    for step in range(200):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metrics({"auc": 0.91, "bad": float("nan"), "large": float("inf")}, step=3)
    mlflow.set_tag("note", "as it is")
    with mlflow.start_run(nested=True, run_name="child"):
        mlflow.log_metric("auc", 0.5)
client = MlflowClient()
found = client.get_run(run.info.run_id)
history = client.get_metric_history(run.info.run_id, "loss")
other = client.create_run(run.info.experiment_id)
client.log_batch(
    other.info.run_id,
    metrics=[Metric("auc", 0.7, 5, 1)], params=[Param("depth", "3")], tags=[RunTag("team", "fraud")],
)
client.set_terminated(other.info.run_id, status="FAILED")
best = mlflow.search_runs(
    experiment_names=["churn"], filter_string="metrics.auc > 0.6 and params.depth != '9'",
    order_by=["metrics.auc DESC"], output_format="list",
)
pages, token = [], None
while True:
    page = client.search_runs([run.info.experiment_id], max_results=1, page_token=token)
    pages += [each.info.run_id for each in page]
    token = page.token
    if not token:
        break
client.delete_run(other.info.run_id)
left = [each.info.run_name for each in client.search_runs([run.info.experiment_id])]
gone = client.search_runs([run.info.experiment_id], run_view_type=ViewType.DELETED_ONLY)
client.restore_run(other.info.run_id)
client.update_run(other.info.run_id, name="again")
client.delete_tag(run.info.run_id, "note")
try:
    client.log_param(run.info.run_id, "depth", 7)
except mlflow.exceptions.MlflowException as error:
    refused = [error.error_code, "already logged with value='6'" in str(error)]
client.rename_experiment(run.info.experiment_id, "churned")
client.set_experiment_tag(run.info.experiment_id, "owner", "ada")
experiment = client.get_experiment_by_name("churned")
print(json.dumps({
    "params": found.data.params, "tags": {k: v for k, v in found.data.tags.items() if not k.startswith("mlflow.")},
    "auc": found.data.metrics["auc"], "nan": math.isnan(found.data.metrics["bad"]), "large": found.data.metrics["large"],
    "status": found.info.status, "name": found.info.run_name, "ended": found.info.end_time > found.info.start_time,
    "history": [[p.step, p.value] for p in history] == [[s, 1 / (s + 1)] for s in range(200)],
    "best": [each.data.metrics["auc"] for each in best], "pages": len(set(pages)), "left": sorted(left),
    "gone": [each.info.status for each in gone], "renamed": client.get_run(other.info.run_id).info.run_name,
    "untagged": "note" not in client.get_run(run.info.run_id).data.tags, "refused": refused,
    "experiment": [experiment.name, experiment.tags["owner"], experiment.lifecycle_stage],
    "experiments": sorted(each.name for each in client.search_experiments()),
}))
"""


def test_what_a_program_tracks_is_found_again(mlflow: Mlflow) -> None:
    assert said(mlflow.script(TRACKING)) == {
        "params": {"depth": "6", "rate": "0.1", "kind": "boosted"},
        "tags": {"team": "risk", "note": "as it is"},
        "auc": 0.91,
        "nan": True,
        "large": 1.7976931348623157e308,
        "status": "FINISHED",
        "name": "first",
        "ended": True,
        "history": True,
        "best": [0.91, 0.7],
        "pages": 3,
        "left": ["child", "first"],
        "gone": ["FAILED"],
        "renamed": "again",
        "untagged": True,
        "refused": ["INVALID_PARAMETER_VALUE", True],
        "experiment": ["churned", "ada", "active"],
        "experiments": ["Default", "churned"],
    }


def test_its_command_lists_experiments_and_runs(mlflow: Mlflow) -> None:
    mlflow.run("mlflow", "experiments", "create", "--experiment-name", "from the command")
    listed = mlflow.run("mlflow", "experiments", "search")

    assert "from the command" in listed
    assert "Default" in listed


TOKENS = """
[ada]
token = "sha256:{writer}"
role = "writer"

[eve]
token = "sha256:{reader}"
role = "reader"
"""

WHO = """
import json, os, mlflow
said = []
for name, password in (("ada", "let me write"), ("eve", "let me read"), ("mallory", "guessed")):
    os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = name, password
    for work in (lambda: mlflow.search_experiments()[0].name, lambda: mlflow.create_experiment("by " + name)):
        try:
            said.append(work())
        except mlflow.exceptions.MlflowException as error:
            said.append(error.error_code)
print(json.dumps(said))
"""


def test_names_and_passwords_of_its_clients_are_tokens_with_roles(tmp_path: Path) -> None:
    digests = {
        role: sha256(said.encode()).hexdigest()
        for role, said in (("writer", "let me write"), ("reader", "let me read"))
    }
    tokens = tmp_path / "tokens.toml"
    tokens.write_text(TOKENS.format(**digests), encoding="utf-8")
    with Served(tmp_path / "repository", "--tokens", str(tokens)) as served:
        found = said(Mlflow(tmp_path / "home", served.url).script(WHO))

    assert found == ["Default", "1", "by ada", "PERMISSION_DENIED", "UNAUTHENTICATED", "UNAUTHENTICATED"]


MODELS = """
import json, os, mlflow, numpy
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression
from sklearn.datasets import make_classification
X, y = make_classification(200, 5, random_state=0)
mlflow.set_experiment("models")
mlflow.sklearn.autolog(log_input_examples=False)
with mlflow.start_run(run_name="auto") as auto:
    LogisticRegression(C=0.5).fit(X, y)
mlflow.sklearn.autolog(disable=True)
client = MlflowClient()
found = client.get_run(auto.info.run_id)
with mlflow.start_run(run_name="by hand") as run:
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_dict({"a": 1}, "notes/a.json")
    mlflow.log_metric("auc", 0.9)
    model = LogisticRegression(C=2.0).fit(X, y)
    mlflow.sklearn.log_model(model, name="model", registered_model_name="churn", input_example=X[:2])
    again = mlflow.sklearn.log_model(LogisticRegression(C=3.0).fit(X, y), name="model", registered_model_name="churn")
listed = sorted(each.path for each in client.list_artifacts(run.info.run_id, "notes"))
text = mlflow.artifacts.load_text(run.info.artifact_uri + "/notes/hello.txt")
client.set_registered_model_alias("churn", "champion", 1)
client.set_model_version_tag("churn", "1", "checked", "yes")
client.transition_model_version_stage("churn", "2", "Staging")
same = [
    bool((mlflow.sklearn.load_model(uri).predict(X) == model.predict(X)).all())
    for uri in ("models:/churn/1", "models:/churn@champion")
]
pyfunc = mlflow.pyfunc.load_model("models:/churn/2").predict(X)
versions = sorted(int(each.version) for each in client.search_model_versions("name = 'churn'"))
try:
    with open("other.txt", "w") as file:
        file.write("other")
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
    get_artifact_repository(client.get_model_version_download_uri("churn", "1")).log_artifact("other.txt")
    overwritten = True
except Exception as error:
    overwritten = False
print(json.dumps({
    "autolog": [found.data.params["C"], "training_accuracy_score" in found.data.metrics],
    "listed": listed, "text": text, "same": same, "pyfunc": len(pyfunc), "versions": versions,
    "alias": client.get_model_version_by_alias("churn", "champion").version,
    "stage": client.get_latest_versions("churn", ["Staging"])[0].version,
    "tag": client.get_model_version("churn", "1").tags["checked"],
    "overwritten": overwritten,
}))
"""


def test_models_are_logged_registered_and_loaded_and_stay_as_they_are(mlflow: Mlflow, served: Served) -> None:
    assert said(mlflow.script(MODELS)) == {
        "autolog": ["0.5", True],
        "listed": ["notes/a.json", "notes/hello.txt"],
        "text": "hello",
        "same": [True, True],
        "pyfunc": 200,
        "versions": [1, 2],
        "alias": "1",
        "stage": "2",
        "tag": "yes",
        "overwritten": False,
    }
    ours = json.loads(served.ask("GET", "/api/v1/show?reference=churn").text)
    assert {each["number"] for each in ours["versions"]} == {1, 2}
    assert json.loads(served.ask("GET", "/api/v1/verify").text)["problems"] == []

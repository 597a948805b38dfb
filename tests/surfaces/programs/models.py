"""Artifacts and models: files up and down, models logged, registered, pointed at, moved and loaded by every address."""

from __future__ import annotations

from pathlib import Path

import mlflow
from learning import MAJOR, X, equal, log_model, refused, y
from mlflow import MlflowClient
from mlflow.models import infer_signature
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from sklearn.linear_model import LogisticRegression


def main() -> dict[str, str]:
    """Return the run that the models were logged in, and what an own name was last given."""
    client = MlflowClient()
    mlflow.set_experiment("models")
    first, second = (LogisticRegression(C=each).fit(X, y) for each in (0.01, 3.0))
    with mlflow.start_run(run_name="by hand") as run:
        keep_files(client, run.info.run_id)
        mlflow.log_metric("auc", 0.9)
        known = {"registered_model_name": "churn", "input_example": X[:2], "signature": infer_signature(X, y)}
        logged = log_model(mlflow.sklearn, first, **known)
        place = logged.model_uri
    with mlflow.start_run(run_name="again"):
        log_model(mlflow.sklearn, second, registered_model_name="churn")
    move(client)
    load(client, run.info.run_id, first, second, place)
    seal(client, run.info.run_id)
    last = remove(client)
    return {"run": run.info.run_id, "last": last}


def keep_files(client: MlflowClient, run: str) -> None:
    """Log files in each way, list them and get them back."""
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_dict({"a": 1}, "notes/a.json")
    here = Path("sent")
    (here / "deep" / "er").mkdir(parents=True)
    (here / "deep" / "er" / "ünï code.bin").write_bytes(bytes(range(256)) * 4096)
    (here / "empty").touch()
    mlflow.log_artifacts(str(here), "tree")
    client.log_artifact(run, str(here / "empty"), "notes")
    assert [each.path for each in client.list_artifacts(run)] == ["notes", "tree"]
    listed = client.list_artifacts(run, "notes")
    assert [(each.path, each.is_dir, each.file_size) for each in listed] == [
        ("notes/a.json", False, 12),
        ("notes/empty", False, 0),
        ("notes/hello.txt", False, 5),
    ]
    got = Path(mlflow.artifacts.download_artifacts(run_id=run, artifact_path="tree", dst_path="got"))
    assert (got / "deep" / "er" / "ünï code.bin").read_bytes() == bytes(range(256)) * 4096
    assert (got / "empty").read_bytes() == b""
    assert mlflow.artifacts.load_text(f"runs:/{run}/notes/hello.txt") == "hello"
    assert mlflow.artifacts.load_dict(f"{client.get_run(run).info.artifact_uri}/notes/a.json") == {"a": 1}


def move(client: MlflowClient) -> None:
    """Describe, tag and search versions; point aliases at them and move them between stages."""
    client.update_registered_model("churn", description="who leaves")
    client.set_registered_model_tag("churn", "team", "risk")
    client.update_model_version("churn", "1", description="the first")
    client.set_model_version_tag("churn", "1", "checked", "yes")
    client.set_registered_model_alias("churn", "champion", 1)
    client.set_registered_model_alias("churn", "challenger", 2)
    client.transition_model_version_stage("churn", "1", "Production")
    client.transition_model_version_stage("churn", "2", "Production", archive_existing_versions=True)
    assert [client.get_model_version("churn", each).current_stage for each in ("1", "2")] == ["Archived", "Production"]
    client.transition_model_version_stage("churn", "1", "Production", archive_existing_versions=True)
    (latest,) = client.get_latest_versions("churn", ["Production"])
    assert (latest.version, latest.description, latest.tags) == ("1", "the first", {"checked": "yes"})
    found = client.get_registered_model("churn")
    assert (found.description, found.tags) == ("who leaves", {"team": "risk"})
    assert {each: int(version) for each, version in found.aliases.items()} == {"champion": 1, "challenger": 2}
    assert client.get_model_version_by_alias("churn", "champion").version == "1"
    for text, expected in (("name = 'churn'", {"1", "2"}), ("tag.checked = 'yes'", {"1"}), ("name = 'none'", set())):
        assert {each.version for each in client.search_model_versions(text)} == expected, text
    assert [each.name for each in client.search_registered_models("name LIKE 'ch%'")] == ["churn"]
    client.delete_registered_model_alias("churn", "challenger")
    assert "alias challenger not found" in refused(lambda: client.get_model_version_by_alias("churn", "challenger"))


def load(client: MlflowClient, run: str, first: object, second: object, place: str) -> None:
    """Load the models by every address that a client may have."""
    addresses = ["models:/churn/1", "models:/churn@champion", "models:/churn/Production", f"runs:/{run}/model", place]
    if MAJOR > 2:
        assert place.startswith("models:/m-")
        assert client.get_logged_model(place.removeprefix("models:/")).source_run_id == run
    for address in addresses:
        assert equal(mlflow.sklearn.load_model(address), first), address
    assert equal(mlflow.pyfunc.load_model("models:/churn/latest"), second)
    # What MLServer and others do: get the directory first, and load what lies there.
    here = mlflow.artifacts.download_artifacts("models:/churn@champion", dst_path="churn-1")
    loaded = mlflow.pyfunc.load_model(here)
    assert equal(loaded, first)
    assert loaded.metadata.signature == infer_signature(X, y)
    assert loaded.metadata.run_id == run
    assert mlflow.models.get_model_info("models:/churn/1").signature == infer_signature(X, y)


def seal(client: MlflowClient, run: str) -> None:
    """Try to change what is in production: its bytes, its artifacts, its run."""
    files = get_artifact_repository(client.get_model_version_download_uri("churn", "1"))
    Path("MLmodel").write_text("other", encoding="utf-8")
    attempts = (
        ("cannot be changed", lambda: files.log_artifact("MLmodel")),
        ("cannot be changed", lambda: files.delete_artifacts("MLmodel")),
        ("cannot be changed", files.delete_artifacts),
        ("version 1 of churn, which is in production", lambda: client.delete_run(run)),
    )
    for said, attempt in attempts:
        assert said in (found := refused(attempt)), found
    assert mlflow.pyfunc.load_model("models:/churn/Production").predict(X) is not None


def remove(client: MlflowClient) -> str:
    """Copy, rename and delete models; a name that is used again counts on. Return the last version's number."""
    copied = client.copy_model_version("models:/churn/2", "copied")
    assert copied.version == "1"
    client.rename_registered_model("copied", "renamed")
    client.delete_model_version("renamed", "1")
    client.delete_registered_model("renamed")
    assert "RESOURCE_DOES_NOT_EXIST" in refused(lambda: client.get_registered_model("renamed"))
    return str(client.copy_model_version("models:/churn/2", "renamed").version)

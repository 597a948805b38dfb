"""What our server does and MLflow's does not, seen by MLflow's own client: questions, numbers, refusals, messages."""

from __future__ import annotations

import math
import os
from pathlib import Path

import mlflow
import numpy as np
from learning import MAJOR, X, log_model, refused, y
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

POLICY = Path("../repository/lineal.toml")
"""Whoever looks after the server writes it, and no client knows of it."""

FLOOR = '[[gate.production]]\ncheck = "metric_floor"\nmetric = "auc"\nat_least = {floor}\n'


def main() -> dict[str, str]:
    """Return the run of the model that was promoted."""
    client = MlflowClient()
    mlflow.set_experiment("promises")
    with mlflow.start_run(run_name="good") as run:
        mlflow.log_metric("auc", 0.9)
        model = log_model(mlflow.sklearn, LogisticRegression().fit(X, y), registered_model_name="gated")
        if MAJOR > 2:
            mlflow.log_metric("broken", float("nan"), model_id=model.model_id)
    with mlflow.start_run(run_name="bad"):
        mlflow.log_metric("auc", 0.4)
    with mlflow.start_run(run_name="middling"):
        mlflow.log_metric("auc", 0.6)
    found = mlflow.search_runs(
        experiment_names=["promises"], filter_string="metrics.auc > 0.8 or (metrics.auc < 0.5 and not tags.a = 'b')"
    )
    assert set(found["tags.mlflow.runName"]) == {"good", "bad"}
    if MAJOR > 2:
        (broken,) = [each for each in client.get_logged_model(model.model_id).metrics if each.key == "broken"]
        assert math.isnan(broken.value)
        tell(client)
    promote(client)
    return {"run": run.info.run_id}


def tell(client: MlflowClient) -> None:
    """Make a webhook of MLflow's own events, try it, and remove it."""
    made = client.create_webhook("own", os.environ["RECEIVER"], events=["model_version_alias.created"], secret="s3")
    assert [each.name for each in client.list_webhooks() if each.name == "own"] == ["own"]
    assert client.test_webhook(made.webhook_id).success
    assert client.update_webhook(made.webhook_id, status="DISABLED").status.value == "DISABLED"
    client.delete_webhook(made.webhook_id)


def promote(client: MlflowClient) -> None:
    """Move a version into production: the gate that somebody wrote holds for clients that know nothing of gates."""
    POLICY.write_text(FLOOR.format(floor=0.95), encoding="utf-8")
    for attempt in (
        lambda: client.transition_model_version_stage("gated", "1", "Production"),
        lambda: client.set_registered_model_alias("gated", "production", "1"),
    ):
        said = refused(attempt)
        assert said.startswith("PERMISSION_DENIED"), said
        assert "metric_floor: auc" in said
    assert client.get_model_version("gated", "1").current_stage == "None"
    POLICY.write_text(FLOOR.format(floor=0.8), encoding="utf-8")
    assert client.transition_model_version_stage("gated", "1", "Production").current_stage == "Production"
    client.transition_model_version_stage("gated", "1", "Archived")
    assert np.array_equal(mlflow.pyfunc.load_model("models:/gated/Archived").predict(X).shape, y.shape)

"""A script that tells MLflow and W&B, beside what is seen of it. Prints what must be the same whether it is recorded."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"  # it holds the run's id

import mlflow
import numpy as np
import wandb
import xgboost
from sklearn.datasets import make_classification

X, y = make_classification(60, 3, n_redundant=0, random_state=0)


def told(run_id: str) -> list[Any]:
    """Return what MLflow knows of a run."""
    data = mlflow.MlflowClient().get_run(run_id).data
    return [data.params, data.metrics, {key: value for key, value in data.tags.items() if "mlflow." not in key}]


def fluent() -> str:
    """Tell the current run, and a child of it."""
    with mlflow.start_run(run_name="parent") as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.5, "name": "007", "early": True})
        for step in range(3):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"f1": 0.5, "auc": 0.75}, step=7)
        mlflow.set_tags({"team": "risk"})
        mlflow.log_dict({"a": 1}, "plan.json")
        with mlflow.start_run(run_name="child", nested=True) as child:
            mlflow.log_metric("loss", 9.0)
        client = mlflow.MlflowClient()
        client.log_metric(run.info.run_id, "loss", 0.125, step=3)
        data = mlflow.data.from_numpy(X, source="memory", name="points")
        mlflow.log_input(data)
    print(told(run.info.run_id), told(child.info.run_id))
    return str(run.info.run_id)


def automatic(run_id: str) -> None:
    """Let MLflow's own autologging tell what is seen anyway."""
    # Plots of what is important take seconds.
    mlflow.xgboost.autolog(log_models=False, log_datasets=False, importance_types=[])
    with mlflow.start_run(run_id=run_id):
        train = xgboost.DMatrix(X, label=y)
        xgboost.train({"max_depth": 2, "nthread": 1}, train, 4, evals=[(train, "train")], verbose_eval=False)
        params, metrics, _tags = told(run_id)
    print(params["max_depth"], sorted(metrics))


def weights_and_biases() -> None:
    """Log with and without steps."""
    run = wandb.init(project="p", name="first", config={"width": 8, "nested": {"heads": 2}}, dir=".")
    run.config.update({"dropout": 0.1})
    run.config.layers = 4
    for step in range(3):
        wandb.log({"acc": step / 4, "nested": {"f1": step / 8}})
    run.log({"acc": 0.875, "image": wandb.Histogram(np.arange(3))}, step=5)
    run.summary["best"] = 0.9375
    print(dict(run.config), run.summary["best"], type(wandb.log).__name__)
    run.finish()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    automatic(fluent())
    weights_and_biases()
    sys.stdout.flush()

"""A script that tells MLflow and W&B, beside what is seen of it. Prints what must be the same whether it is recorded."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"  # it holds the run's id

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import mlflow
import mlflow.pyfunc
import numpy as np
import pandas as pd
import wandb
import xgboost
from PIL import Image
from sklearn.datasets import make_classification

X, y = make_classification(60, 3, n_redundant=0, random_state=0)
PICTURE = Image.new("RGB", (4, 3), (255, 0, 0))
TOO_LARGE = (64 << 20) + 1


class Doubling(mlflow.pyfunc.PythonModel):
    """A model without weights."""

    def predict(self, context: object, model_input: pd.DataFrame, params: object = None) -> pd.DataFrame:
        """Return twice what is given."""
        return model_input * 2


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
        with mlflow.start_run(run_name="child", nested=True) as child:
            mlflow.log_metric("loss", 9.0)
            mlflow.log_text("of the child", "child.txt")
        hand_files_to_mlflow(run.info.run_id)
        client = mlflow.MlflowClient()
        client.log_metric(run.info.run_id, "loss", 0.125, step=3)
        data = mlflow.data.from_numpy(X, source="memory", name="points")
        mlflow.log_input(data)
    print(told(run.info.run_id), told(child.info.run_id))
    return str(run.info.run_id)


def hand_files_to_mlflow(run_id: str) -> None:
    """Log files of every kind from directories that are gone at once."""
    mlflow.log_dict({"a": 1}, "plan.json")
    mlflow.log_text("hello", "notes/hello.txt")
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    mlflow.log_figure(figure, "plot.png")
    mlflow.log_image(PICTURE, "picture.png")
    mlflow.log_image(np.zeros((4, 3, 3), dtype=np.uint8), key="sample", step=2)  # by a thread of its own
    mlflow.log_table({"word": ["a", "b"], "count": [1, 2]}, "words.json")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "inner").mkdir()
        (Path(folder) / "inner" / "one.txt").write_text("one")
        (Path(folder) / "two.txt").write_text("two")
        mlflow.log_artifacts(folder, "many")
        mlflow.log_artifact(str(Path(folder) / "two.txt"))
        (Path(folder) / "gone.bin").write_bytes(bytes(TOO_LARGE))
        mlflow.log_artifact(str(Path(folder) / "gone.bin"))
    Path("stays.bin").write_bytes(bytes(TOO_LARGE))
    mlflow.log_artifact("stays.bin")
    mlflow.pyfunc.log_model(name="doubling", python_model=Doubling(), pip_requirements=[])
    mlflow.flush_artifact_async_logging()
    client = mlflow.MlflowClient()
    print(sorted(each.path for each in client.list_artifacts(run_id)), len(client.list_artifacts(run_id, "images")))


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
    hand_files_to_weights_and_biases(run)
    print(dict(run.config), run.summary["best"], type(wandb.log).__name__, type(run.save).__name__)
    run.finish()


def hand_files_to_weights_and_biases(run: Any) -> None:
    """Log artifacts, and values that become files."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "weights.txt"
        file.write_text("1 2 3")
        artifact = wandb.Artifact("weights", type="model")
        artifact.add_file(str(file))
        artifact.add_dir(folder, name="again")
        with artifact.new_file("made.txt") as made:
            made.write("made")
        run.log_artifact(artifact)
        run.log_artifact(str(file), name="lonely", type="dataset")
        run.save(str(file), base_path=folder, policy="now")
    table = wandb.Table(columns=["word", "odd"], data=[["a", 0.5], ["b", float("nan")]])
    run.log({"picture": wandb.Image(PICTURE), "words": table, "nested": {"spread": wandb.Histogram(np.arange(10))}})
    run.log({"pair": [wandb.Image(PICTURE), wandb.Image(PICTURE)], "page": wandb.Html("<b>x</b>")}, step=9)
    print(len(table.data), sorted(artifact.manifest.entries))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    automatic(fluent())
    weights_and_biases()
    sys.stdout.flush()

"""Evaluate models: metrics, artifacts and the dataset go where they belong, and thresholds judge."""

from __future__ import annotations

import logging
import warnings

import mlflow
import pandas as pd
from learning import MAJOR, X, log_model, refused, y
from mlflow import MlflowClient
from sklearn.linear_model import LinearRegression, LogisticRegression

TABLE = pd.DataFrame(X, columns=list("abcde"))


def main() -> dict[str, str]:
    """Return the runs."""
    warnings.simplefilter("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_experiment("evaluation")
    client = MlflowClient()
    return {"classifier": classifier(client), "regressor": regressor(client)}


def classifier(client: MlflowClient) -> str:
    """Evaluate a logged classifier on a dataset with a name."""
    model = LogisticRegression().fit(TABLE, y)
    data = mlflow.data.from_pandas(TABLE.assign(label=y), targets="label", name="held out")
    with mlflow.start_run(run_name="classifier") as run:
        address = log_model(mlflow.sklearn, model, input_example=TABLE[:2]).model_uri
        found = mlflow.models.evaluate(
            address, data, model_type="classifier", evaluators="default", evaluator_config={"log_explainer": False}
        )
    assert found.metrics["accuracy_score"] == model.score(TABLE, y)
    kept = client.get_run(run.info.run_id)
    assert kept.data.metrics["accuracy_score"] == found.metrics["accuracy_score"]
    names = {each.path for each in client.list_artifacts(run.info.run_id)}
    assert {"confusion_matrix.png", "roc_curve_plot.png"} <= names, names
    for artifact in found.artifacts.values():
        assert artifact.content is not None
    assert "held out" in {each.dataset.name for each in kept.inputs.dataset_inputs}
    if MAJOR > 2:
        measured = client.get_logged_model(address.removeprefix("models:/")).metrics
        of_it = [each for each in measured if each.key == "accuracy_score"]
        assert [(each.dataset_name, each.value) for each in of_it] == [("held out", found.metrics["accuracy_score"])]
    return str(run.info.run_id)


def regressor(client: MlflowClient) -> str:
    """Evaluate predictions that are in a table, by the old name of the function, and hold them against thresholds."""
    model = LinearRegression().fit(TABLE, y)
    table = TABLE.assign(label=y, predicted=model.predict(TABLE))
    with mlflow.start_run(run_name="regressor") as run:
        found = mlflow.evaluate(
            data=table, targets="label", predictions="predicted", model_type="regressor", evaluators="default"
        )
    kept = client.get_run(run.info.run_id).data.metrics
    assert kept["r2_score"] == found.metrics["r2_score"] == model.score(TABLE, y)
    threshold = {"r2_score": mlflow.models.MetricThreshold(threshold=0.999, greater_is_better=True)}
    assert "r2_score" in refused(lambda: mlflow.validate_evaluation_results(threshold, found))
    return str(run.info.run_id)

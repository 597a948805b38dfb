"""Libraries that MLflow logs by itself: parameters, a metric for each step, and a model that predicts the same again."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

import mlflow
import numpy as np
from learning import X, y
from mlflow import MlflowClient

ROUNDS = 5


def main() -> dict[str, str]:
    """Return the run of each library."""
    # What a model requires is found out in a process of its own, which takes ten seconds; a list is written without it.
    os.environ["MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT"] = "1"
    warnings.simplefilter("ignore")
    mlflow.set_experiment("autologging")
    return {each.__name__: watched(each) for each in (scikit_learn, xgboost, lightgbm)}


def watched(train: Callable[[], tuple[Any, dict[str, str], str]]) -> str:
    """Train in a run; see what was logged by itself, and that the model that was logged predicts the same."""
    client = MlflowClient()
    with mlflow.start_run(run_name=train.__name__) as run:
        predicted, params, metric = train()
    found = client.get_run(run.info.run_id)
    assert params.items() <= found.data.params.items(), found.data.params
    assert metric in found.data.metrics, found.data.metrics
    if train is not scikit_learn:
        history = client.get_metric_history(run.info.run_id, metric)
        assert [each.step for each in history] == list(range(ROUNDS)), history
        assert len({each.value for each in history}) > 1
    again = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model").predict(X)
    assert np.array_equal(np.asarray(again), predicted), train.__name__
    assert found.inputs.dataset_inputs, train.__name__
    return str(run.info.run_id)


def scikit_learn() -> tuple[Any, dict[str, str], str]:
    """Train a forest."""
    from sklearn.ensemble import RandomForestClassifier

    mlflow.sklearn.autolog()
    model = RandomForestClassifier(n_estimators=3, random_state=0).fit(X, y)
    mlflow.sklearn.autolog(disable=True)
    return model.predict(X), {"n_estimators": "3", "random_state": "0"}, "training_accuracy_score"


def xgboost() -> tuple[Any, dict[str, str], str]:
    """Train boosted trees by XGBoost's own interface."""
    import xgboost as library

    mlflow.xgboost.autolog()
    table = library.DMatrix(X, label=y)
    params = {"objective": "binary:logistic", "max_depth": 3, "eval_metric": "logloss", "nthread": 1}
    model = library.train(params, table, num_boost_round=ROUNDS, evals=[(table, "train")], verbose_eval=False)
    mlflow.xgboost.autolog(disable=True)
    return model.predict(table), {"max_depth": "3", "num_boost_round": "5"}, "train-logloss"


def lightgbm() -> tuple[Any, dict[str, str], str]:
    """Train boosted trees by LightGBM's own interface."""
    import lightgbm as library

    mlflow.lightgbm.autolog()
    table = library.Dataset(X, label=y)
    params = {"objective": "binary", "num_leaves": 7, "metric": "binary_logloss", "num_threads": 1, "verbose": -1}
    model = library.train(params, table, num_boost_round=ROUNDS, valid_sets=[table], valid_names=["train"])
    mlflow.lightgbm.autolog(disable=True)
    return model.predict(X), {"num_leaves": "7", "num_boost_round": "5"}, "train-binary_logloss"

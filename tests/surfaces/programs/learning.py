"""What the programs learn from, and how each version of MLflow is told the name of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlflow
import numpy as np
from sklearn.datasets import make_classification

MAJOR = int(mlflow.__version__.split(".")[0])
X, y = make_classification(200, 5, random_state=0)
X = X.astype(np.float32)


def log_model(flavor: Any, model: Any, **known: Any) -> Any:
    """Log a model as ``model``; what it requires is said, for finding it out takes ten seconds."""
    name = {"name": "model"} if MAJOR > 2 else {"artifact_path": "model"}
    return flavor.log_model(model, **name, pip_requirements=["scikit-learn"], **known)


def refused(attempt: Callable[[], Any]) -> str:
    """Return what is said to an attempt, which must fail."""
    try:
        attempt()
    except Exception as error:  # noqa: BLE001 - a client has several for what a server refuses
        return str(error)
    message = "it was not refused"
    raise AssertionError(message)


def equal(model: Any, other: Any) -> bool:
    """Return whether two models predict the same."""
    return bool((np.asarray(model.predict(X)) == np.asarray(other.predict(X))).all())

"""What the programs learn from, and how each version of MLflow is told the name of a model."""

from __future__ import annotations

from typing import Any

import mlflow
import numpy
from sklearn.datasets import make_classification

MAJOR = int(mlflow.__version__.split(".")[0])
X, y = make_classification(200, 5, random_state=0)
X = X.astype(numpy.float32)


def log_model(flavor: Any, model: Any, **known: Any) -> Any:
    """Log a model as ``model``; what it requires is said, for finding it out takes ten seconds."""
    name = {"name": "model"} if MAJOR > 2 else {"artifact_path": "model"}
    return flavor.log_model(model, **name, pip_requirements=["scikit-learn"], **known)


def equal(model: Any, other: Any) -> bool:
    """Return whether two models predict the same."""
    return bool((numpy.asarray(model.predict(X)) == numpy.asarray(other.predict(X))).all())

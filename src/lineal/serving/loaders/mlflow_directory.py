"""Directories of MLflow's whose model only MLflow can load: a ``python_function`` with code of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lineal.formats.predictions import Prediction
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows
from lineal.serving.loaders.tables import Model, frame, label_of, library, numbers, opened


def load(path: Path, facts: ModelFacts) -> MlflowModel:
    """Return the model of the directory in which ``path``, its ``MLmodel``, stands. Raises Corrupt or Unavailable."""
    pyfunc = library("mlflow.pyfunc", path, "mlflow")
    return MlflowModel(opened(path, lambda: pyfunc.load_model(str(path.parent))), path, facts)


class MlflowModel(Model):
    """A model of MLflow's, which takes a table and gives a column.

    Args:
        model: the loaded model.
        path: where it was.
        facts: what was recorded of it.
    """

    def __init__(self, model: Any, path: Path, facts: ModelFacts) -> None:
        super().__init__(facts.inputs or {"x0": ""})
        self._model, self._path = model, path

    def answers(self, rows: Rows) -> list[Prediction]:
        """Return what the model says of each row."""
        found = self._model.predict(frame(rows, self.inputs, self._path, {}))
        values = found.iloc[:, 0].tolist() if hasattr(found, "iloc") and found.ndim > 1 else list(found)
        if all(isinstance(each, str) for each in values):
            return [Prediction(label_of(each)) for each in values]
        plain = [each.item() if hasattr(each, "item") else each for each in values]
        return [Prediction(each) for each in plain] if all(isinstance(each, int) for each in plain) else numbers(plain)

"""How a model file becomes something that predicts: one file a framework, chosen by what the version says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Unsupported
from lineal.objects.runs import ModelFacts

Rows = list[dict[str, object]]
"""Rows of a request or table: values by column, typed as the model's inputs are."""


class Predictor(Protocol):
    """A loaded model. ``inputs`` maps each column that it takes to its dtype, which is empty where it is not known."""

    inputs: Mapping[str, str]

    def predict(self, rows: Rows) -> list[Prediction]:
        """Return what the model says of each row, in order.

        Raises:
            Invalid: the model cannot take these rows.
            Unavailable: the model failed.
        """


_JOBLIB = "lineal.serving.loaders.joblib_file"
_BY_FRAMEWORK = dict.fromkeys(("scikit-learn", "sklearn"), _JOBLIB)
_BY_SUFFIX = dict.fromkeys((".joblib", ".pkl", ".pickle"), _JOBLIB)


def load(path: Path, facts: ModelFacts) -> Predictor:
    """Return the model in the file at ``path``, whose bytes were verified.

    Raises:
        Unsupported: there is no loader for such a model.
        Corrupt: the file cannot be loaded.
    """
    name = _BY_FRAMEWORK.get(facts.framework) or _BY_SUFFIX.get(path.suffix)
    if name is None:
        raise Unsupported(
            f"no loader is known for {path.name} ({facts.framework or 'framework not recorded'})",
            hint="save the model with joblib, or add a loader in serving/loaders/",
        )
    predictor: Predictor = import_module(name).load(path, facts)
    return predictor

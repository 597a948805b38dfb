"""Models saved with joblib or pickle that predict as scikit-learn's do.

Loading runs code that the file names. That is why only this process, in the model's own environment, ever does it, and
only after the bytes were checked against the version's digest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Corrupt, Invalid
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows


def load(path: Path, facts: ModelFacts) -> JoblibModel:
    """Return the model in the file at ``path``.

    Raises:
        Corrupt: it cannot be loaded here.
    """
    import joblib  # noqa: PLC0415 - the model's own package; Lineal has none

    try:
        return JoblibModel(joblib.load(path), facts)
    except Exception as error:
        raise Corrupt(f"{path.name} cannot be loaded: {error}", hint="check the packages of its environment") from error


class JoblibModel:
    """An estimator with ``predict`` and perhaps ``predict_proba``.

    Args:
        model: the estimator.
        facts: which columns it takes.
    """

    def __init__(self, model: Any, facts: ModelFacts) -> None:
        self._model = model
        self._named = hasattr(model, "feature_names_in_")
        self._columns = list(model.feature_names_in_) if self._named else list(facts.inputs)
        self._classes = [str(each) for each in getattr(model, "classes_", ())]

    def predict(self, rows: Rows) -> list[Prediction]:
        """Return what the model says of each row, in order.

        Raises:
            Invalid: the model cannot take these rows.
        """
        if not rows:
            return []
        table = self._table(rows)
        try:
            answers = self._model.predict(table)
            chances = self._model.predict_proba(table) if hasattr(self._model, "predict_proba") else None
        except Exception as error:
            raise Invalid(f"the model cannot take these rows: {error}", hint="compare them with its inputs") from error
        if chances is None:
            return [Prediction(_plain(each)) for each in answers]
        return [
            Prediction(_plain(each), dict(zip(self._classes, map(float, chance), strict=True)))
            for each, chance in zip(answers, chances, strict=True)
        ]

    def _table(self, rows: Rows) -> Any:
        columns = self._columns or list(rows[0])
        if not self._named:
            return [[row[name] for name in columns] for row in rows]
        import pandas as pd  # noqa: PLC0415 - a model fitted on named columns was fitted with pandas

        return pd.DataFrame({name: [row[name] for row in rows] for name in columns})


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as Python's own."""
    return value.item() if hasattr(value, "item") else value

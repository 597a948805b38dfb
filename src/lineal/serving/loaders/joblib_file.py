"""Models saved with joblib or pickle that predict as scikit-learn's do.

Loading runs code that the file names. That is why only this process, in the model's own environment, ever does it, and
only after the bytes were checked against the version's digest.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Corrupt, Invalid, LinealError, Unavailable, Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows

_NUMBERS = "biuf"
"""NumPy's letters for dtypes of numbers."""


def load(path: Path, facts: ModelFacts) -> JoblibModel:
    """Return the model in the file at ``path``.

    Raises:
        Corrupt: it cannot be loaded here.
        Unsupported: it does not predict.
    """
    try:
        model = _reader()(path)
    except Exception as error:
        raise Corrupt(
            f"{path.name} cannot be loaded: {type(error).__name__}: {error}",
            hint="a class of your own must be in an installed package; check the packages of its environment",
        ) from error
    if not callable(getattr(model, "predict", None)):
        raise Unsupported(
            f"{path.name} holds a {type(model).__name__}, which does not predict",
            hint="save the fitted model itself, or the whole pipeline",
        )
    return JoblibModel(model, facts)


def _reader() -> Callable[[Path], Any]:
    try:
        read: Callable[[Path], Any] = import_module("joblib").load
    except ImportError:
        # Made without joblib, so it is a plain pickle.
        return lambda path: pickle.loads(path.read_bytes())  # noqa: S301 - the head of this file says why
    return read


class JoblibModel:
    """An estimator with ``predict`` and perhaps ``predict_proba``.

    Args:
        model: the estimator.
        facts: which columns it was fitted on, and their dtypes.
    """

    def __init__(self, model: Any, facts: ModelFacts) -> None:
        self._model = model
        names = getattr(model, "feature_names_in_", None)
        self.inputs = _inputs(model, facts) if names is None else {name: facts.inputs.get(name, "") for name in names}
        self._classes = [str(each) for each in getattr(model, "classes_", ())]
        self._table = _tables(self.inputs, names is not None, getattr(model, "n_features_in_", None))

    def predict(self, rows: Rows) -> list[Prediction]:
        """Return what the model says of each row, in order.

        Raises:
            Invalid: the model cannot take these rows.
            Unavailable: the model failed.
        """
        if not rows:
            return []
        try:
            return self._predict(self._table(rows))
        except LinealError:
            raise
        except (ValueError, TypeError, LookupError) as error:
            raise Invalid(f"the model cannot take these rows: {error}", hint="compare them with its inputs") from error
        except Exception as error:
            raise Unavailable(
                f"the model failed: {type(error).__name__}: {error}", hint="try it in the environment it was made in"
            ) from error

    def _predict(self, table: Any) -> list[Prediction]:
        answers = self._model.predict(table)
        if getattr(answers, "ndim", 1) > 1 and answers.shape[1] != 1:
            raise Unsupported("the model gives several answers for a row", hint="serve one model for each answer")
        answers = [_plain(each) for each in answers]
        if not hasattr(self._model, "predict_proba"):
            return [Prediction(each) for each in answers]
        chances = self._model.predict_proba(table)
        return [
            Prediction(each, dict(zip(self._classes, map(float, chance), strict=True)))
            for each, chance in zip(answers, chances, strict=True)
        ]


def _inputs(model: Any, facts: ModelFacts) -> Mapping[str, str]:
    """Return the columns of a model that was fitted on an array: as they were recorded, else by their position."""
    return facts.inputs or {f"x{position}": "" for position in range(getattr(model, "n_features_in_", 1))}


def _tables(inputs: Mapping[str, str], is_named: bool, width: int | None) -> Callable[[Rows], Any]:
    """Return how rows become what the model was fitted on."""
    if not is_named and len(inputs) == 1 and width != 1:
        return _bare
    is_array = all(name == f"x{position}" for position, name in enumerate(inputs))
    return _matrices(inputs) if is_array and not is_named else _frames(inputs)


def _bare(rows: Rows) -> Any:
    """Return the one column as it is: a model of texts, or of rows that were lists, takes that."""
    return [value for row in rows for value in row.values()]


def _matrices(inputs: Mapping[str, str]) -> Callable[[Rows], Any]:
    """Return how rows become an array of the dtype that the model was fitted on."""
    numpy = import_module("numpy")
    names = set(inputs.values())
    try:
        found = numpy.dtype(names.pop()) if len(names) == 1 and "" not in names else None
    except TypeError:
        found = None
    # Of text it is only the length of the longest one, which is no rule for others.
    dtype = found if found is not None and found.kind in _NUMBERS else None

    def matrix(rows: Rows) -> Any:
        return numpy.array([list(row.values()) for row in rows], dtype=dtype)

    return matrix


def _frames(inputs: Mapping[str, str]) -> Callable[[Rows], Any]:
    """Return how rows become a table with the columns and dtypes that the model was fitted on."""
    try:
        pandas = import_module("pandas")
    except ImportError:
        raise Unsupported(
            "the model was fitted on named columns without pandas", hint="add pandas to its environment"
        ) from None

    def series(values: list[object], dtype: str) -> Any:
        try:
            return pandas.Series(values, dtype=dtype or None)
        except (TypeError, ValueError):
            return pandas.Series(values)  # a dtype that only the library that read the table knows

    def frame(rows: Rows) -> Any:
        return pandas.DataFrame({name: series([row[name] for row in rows], dtype) for name, dtype in inputs.items()})

    return frame


def _plain(value: Any) -> Any:
    """Return a NumPy scalar, or an array of one, as Python's own."""
    return value.item() if hasattr(value, "item") else value

"""Boosters of XGBoost, saved as JSON or Universal Binary JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows
from lineal.serving.loaders.tables import (
    Model,
    by_class,
    class_names,
    columns,
    frame,
    label_of,
    library,
    matrix,
    numbers,
    of_two,
    opened,
)

_DTYPES = {"int": "int64", "i": "bool", "c": "category", "float": "float32", "q": "float32"}


def load(path: Path, facts: ModelFacts) -> XgboostModel:
    """Return the booster in the file at ``path``. Raises Corrupt, Unavailable or Unsupported."""
    xgboost = library("xgboost", path)
    booster = opened(path, lambda: xgboost.Booster(model_file=str(path)))
    return XgboostModel(xgboost, booster, path, facts)


class XgboostModel(Model):
    """A booster. What it was trained for decides what its numbers mean.

    Args:
        xgboost: the library.
        booster: the model.
        path: where it was.
        facts: what was recorded of it.
    """

    def __init__(self, xgboost: Any, booster: Any, path: Path, facts: ModelFacts) -> None:
        names, kinds = booster.feature_names, booster.feature_types or []
        super().__init__(columns(names, booster.num_features(), facts))
        for name, kind in zip(names or [], kinds, strict=False):
            if name not in facts.inputs:
                self.inputs = {**self.inputs, name: _DTYPES.get(kind, "float32")}
        config = json.loads(booster.save_config())["learner"]
        self._objective = str(config["objective"]["name"])
        self._class_count = int(config["learner_model_param"].get("num_class", 0))
        if int(config["learner_model_param"].get("num_target", 1)) > 1:
            raise Unsupported("the model gives several answers for a row", hint="serve one model for each answer")
        self._xgboost, self._booster, self._path, self._facts = xgboost, booster, path, facts
        self._categories = _categories(booster) if "c" in kinds else {}
        self._kinds = kinds

    def answers(self, rows: Rows) -> list[Prediction]:
        """Return what the booster says, up to its best round where training stopped early."""
        best = self._booster.attr("best_iteration")
        rounds = (0, int(best) + 1) if best is not None else (0, 0)
        return self._meant(self._booster.predict(self._data(rows), iteration_range=rounds))

    def _data(self, rows: Rows) -> Any:
        names, kinds = self._booster.feature_names, self._booster.feature_types
        if self._categories:
            table = frame(rows, self.inputs, self._path, self._categories)
            return self._xgboost.DMatrix(table, enable_categorical=True)
        values = matrix(rows, self.inputs)
        return self._xgboost.DMatrix(values, feature_names=names, feature_types=kinds)

    def _meant(self, values: Any) -> list[Prediction]:
        if self._objective == "binary:logistic":
            return of_two(values, class_names(self._facts, 2))
        if self._objective in {"binary:hinge", "binary:logitraw"}:
            classes = class_names(self._facts, 2)
            return [Prediction(label_of(classes[int(each > 0)])) for each in values]
        if self._objective in {"multi:softprob", "multi:softmax"}:
            classes = class_names(self._facts, self._class_count)
            if getattr(values, "ndim", 1) > 1:
                return by_class(values, classes)
            return [Prediction(label_of(classes[int(each)])) for each in values]
        return numbers(values)


def _categories(booster: Any) -> dict[str, Sequence[Any]]:
    """Return the categories of each column that has some. Raises Unsupported when the file does not hold them."""
    try:
        known = dict(booster.get_categories(export_to_arrow=True).to_arrow())
    except (AttributeError, ValueError, TypeError, ImportError):
        known = {}
    found = {name: values.to_pylist() for name, values in known.items() if values is not None}
    wanted = [name for name, kind in zip(booster.feature_names, booster.feature_types, strict=True) if kind == "c"]
    if lost := [name for name in wanted if name not in found]:
        raise Unsupported(
            f"the file does not hold the categories of {', '.join(lost)}",
            hint="save the model with XGBoost 3.1 or newer, trained on a table of pandas; pyarrow reads them",
        )
    return found

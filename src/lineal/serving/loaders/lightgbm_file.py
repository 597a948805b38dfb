"""Boosters of LightGBM, saved as text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
    library,
    matrix,
    numbers,
    of_two,
    opened,
)

_HEAD_BYTES = 1 << 24
_NAMELESS = re.compile(r"Column_\d+")


def load(path: Path, facts: ModelFacts) -> LightgbmModel:
    """Return the booster in the file at ``path``. Raises Corrupt, Unavailable or Unsupported."""
    lightgbm = library("lightgbm", path)
    booster = opened(path, lambda: lightgbm.Booster(model_file=str(path)))
    return LightgbmModel(booster, path, facts)


class LightgbmModel(Model):
    """A booster. What it was trained for decides what its numbers mean.

    Args:
        booster: the model.
        path: where it was.
        facts: what was recorded of it.
    """

    def __init__(self, booster: Any, path: Path, facts: ModelFacts) -> None:
        names = booster.feature_name()
        is_named = not all(map(_NAMELESS.fullmatch, names))
        super().__init__(columns(names if is_named else None, len(names), facts))
        said = _header(path)
        self._objective = said.get("objective", "").partition(" ")[0]
        self._booster, self._path, self._facts = booster, path, facts
        self._categories = _categories(booster, said.get("feature_infos", "").split(), self.inputs, facts)
        for name in self._categories:
            self.inputs = {**self.inputs, name: "category"}

    def answers(self, rows: Rows) -> list[Prediction]:
        """Return what the booster says."""
        table = frame(rows, self.inputs, self._path, self._categories) if self._categories else None
        values = self._booster.predict(matrix(rows, self.inputs, "float64") if table is None else table)
        if self._objective == "binary":
            return of_two(values, class_names(self._facts, 2))
        if self._objective in {"multiclass", "multiclassova"}:
            return by_class(values, class_names(self._facts, values.shape[1]))
        if getattr(values, "ndim", 1) > 1:
            raise Unsupported("the model gives several answers for a row", hint="serve one model for each answer")
        return numbers(values)


def _header(path: Path) -> dict[str, str]:
    """Return what stands before the trees."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).partition(b"\nTree=")[0].decode("utf-8", "replace")
    return {name: value for name, mark, value in (line.partition("=") for line in head.splitlines()) if mark}


def _categories(
    booster: Any, infos: Sequence[str], inputs: Mapping[str, str], facts: ModelFacts
) -> dict[str, Sequence[Any]]:
    """Return the categories of the columns that were one in training's table, which the file has in their order.

    Raises:
        Unsupported: nothing tells which columns those are.
    """
    known = booster.pandas_categorical or []
    told = [name for name in inputs if facts.inputs.get(name) == "category"]
    looked = [name for name, info in zip(inputs, infos, strict=False) if info != "none" and not info.startswith("[")]
    names = next((each for each in (told, looked) if len(each) == len(known)), None)
    if names is None:
        raise Unsupported(
            f"the file has the categories of {len(known)} columns, and does not say which",
            hint="train it under lineal run, which records the columns",
        )
    return dict(zip(names, known, strict=True))

"""Models of Keras, saved as ``.keras``; what would carry out code of theirs is refused (``safe_mode``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows
from lineal.serving.loaders.tables import Model, columns, from_array, library, matrix, opened

_FLAT = 2


def load(path: Path, facts: ModelFacts) -> KerasModel:
    """Return the model in the file at ``path``. Raises Corrupt, Unavailable or Unsupported."""
    keras = library("keras", path)
    model = opened(path, lambda: keras.saving.load_model(str(path), compile=False, safe_mode=True))
    return KerasModel(model, facts)


class KerasModel(Model):
    """A model with one input of columns, or an input for each column.

    Args:
        model: the model.
        facts: what was recorded of it.

    Raises:
        Unsupported: it takes something else, or gives several outputs.
    """

    def __init__(self, model: Any, facts: ModelFacts) -> None:
        if len(model.outputs) != 1:
            raise Unsupported(f"the model has {len(model.outputs)} outputs", hint="serve one model for each answer")
        shapes = {each.name: tuple(each.shape) for each in model.inputs}
        if any(len(shape) != _FLAT or shape[1] is None for shape in shapes.values()):
            said = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise Unsupported(f"the model takes {said}, no columns", hint="serve it behind a server of your own")
        self._names = list(shapes)
        self._model, self._facts = model, facts
        super().__init__(_columns(shapes, facts))
        layer = model.layers[-1]
        activation = getattr(getattr(layer, "activation", None), "__name__", "")
        self._is_chance = activation == "sigmoid" and model.outputs[0].shape[-1] == 1

    def answers(self, rows: Rows) -> list[Prediction]:
        """Return what the model says; a sigmoid at its end is the chance of the second of two classes."""
        if len(self._names) == 1:
            given: Any = matrix(rows, self.inputs)
        else:
            given = {name: matrix(rows, {name: self.inputs[name]}) for name in self._names}
        return from_array(self._model.predict(given, verbose=0), self._facts, is_chance=self._is_chance)


def _columns(shapes: Mapping[str, tuple[Any, ...]], facts: ModelFacts) -> dict[str, str]:
    if len(shapes) == 1:
        ((_, (_, width)),) = shapes.items()
        return columns(None, int(width), facts)
    if wide := [name for name, shape in shapes.items() if shape[1] != 1]:
        raise Unsupported(f"the inputs {', '.join(wide)} take several columns each", hint="export it with one input")
    return columns(list(shapes), len(shapes), facts)

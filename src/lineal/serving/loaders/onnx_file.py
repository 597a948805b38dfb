"""Graphs of ONNX, answered by ONNX Runtime on the processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows
from lineal.serving.loaders.tables import Model, columns, from_array, label_of, library, opened

_DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "str",
}
_FLAT = 2
"""An input of more dimensions holds a list for each row."""


def load(path: Path, facts: ModelFacts) -> OnnxModel:
    """Return the graph in the file at ``path``. Raises Corrupt, Unavailable or Unsupported."""
    runtime = library("onnxruntime", path)
    session = opened(path, lambda: runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"]))
    return OnnxModel(session, facts)


class OnnxModel(Model):
    """A graph: one input that takes all columns together, or an input for each column.

    Args:
        session: the loaded graph.
        facts: what was recorded of it.

    Raises:
        Unsupported: an input is of a kind that no row has.
    """

    def __init__(self, session: Any, facts: ModelFacts) -> None:
        self._session, self._facts = session, facts
        self._takes = {each.name: each for each in session.get_inputs()}
        for each in self._takes.values():
            if each.type not in _DTYPES:
                raise Unsupported(
                    f"the input {each.name} is {each.type}, which no row has", hint="export the model with tensors"
                )
        self._together = self._width()
        super().__init__(self._columns())

    def answers(self, rows: Rows) -> list[Prediction]:
        """Return what the graph says: its label with the chances beside it, or its one output."""
        outputs = [each.name for each in self._session.get_outputs()]
        found = dict(zip(outputs, self._session.run(None, self._fed(rows)), strict=True))
        return self._meant(found, len(rows))

    def _width(self) -> int:
        """Return how many columns the only input takes together; 0 where each input is a column."""
        if len(self._takes) != 1:
            return 0
        (only,) = self._takes.values()
        shape = only.shape or []
        if len(shape) != _FLAT:
            return 0
        width = shape[1] if isinstance(shape[1], int) else len(self._facts.inputs)
        if not width:
            raise Unsupported(
                f"the graph does not say how many columns {only.name} has", hint="register a model with its signature"
            )
        return width

    def _columns(self) -> Mapping[str, str]:
        if self._together:
            (only,) = self._takes.values()
            return columns(None, self._together, self._facts, _DTYPES[only.type])
        return {
            name: "list" if len(each.shape or []) > _FLAT else _DTYPES[each.type] for name, each in self._takes.items()
        }

    def _fed(self, rows: Rows) -> dict[str, Any]:
        import numpy as np  # noqa: PLC0415 - ONNX Runtime brings it

        if self._together:
            ((name, each),) = self._takes.items()
            values = [[row[column] for column in self.inputs] for row in rows]
            return {name: np.array(values, dtype=_array_dtype(each.type))}
        fed = {}
        for name, each in self._takes.items():
            column = np.array([row[name] for row in rows], dtype=_array_dtype(each.type))
            fed[name] = column.reshape(-1, 1) if len(each.shape or []) == _FLAT and column.ndim == 1 else column
        return fed

    def _meant(self, found: dict[str, Any], count: int) -> list[Prediction]:
        values = list(found.values())
        if len(values) == _FLAT and _is_label(values[0], count):
            return _labelled(values[0], values[1], self._facts)
        if len(values) > 1:
            raise Unsupported(
                f"the graph has {len(values)} outputs: {', '.join(found)}",
                hint="export it with one, or label and chances",
            )
        if _is_label(values[0], count):
            return [Prediction(label_of(str(each))) for each in values[0].reshape(-1)]
        return from_array(values[0], self._facts)


def _array_dtype(kind: str) -> Any:
    return object if kind == "tensor(string)" else _DTYPES[kind]


def _is_label(value: Any, count: int) -> bool:
    return getattr(value, "dtype", None) is not None and value.dtype.kind in "iOU" and value.size == count


def _labelled(labels: Any, chances: Any, facts: ModelFacts) -> list[Prediction]:
    told = [label_of(str(each)) for each in labels.reshape(-1)]
    if isinstance(chances, list):  # a map for each row
        named: Sequence[Mapping[str, float]] = [
            {str(name): float(value) for name, value in row.items()} for row in chances
        ]
    else:
        classes = facts.classes if len(facts.classes) == chances.shape[-1] else range(chances.shape[-1])
        named = [dict(zip(map(str, classes), map(float, row), strict=True)) for row in chances.reshape(len(told), -1)]
    return [Prediction(label, dict(each)) for label, each in zip(told, named, strict=True)]

"""What ``MetricCollection.compute()`` of torchmetrics gives, saved as JSON, safetensors or by ``torch.save``."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any

from lineal.formats.evaluations.given import Given, unsound
from lineal.formats.evaluations.results import Results, is_number, metric
from lineal.formats.tensors.formats import read_model
from lineal.formats.tensors.tensor import Tensor, item_count
from lineal.objects.errors import Corrupt, Invalid
from lineal.objects.outside_evaluations import OutsideResult

_CLASS = re.compile(r"(?:^|[_/.])(?:Binary|Multiclass|Multilabel)?[A-Z][A-Za-z0-9]+$")
"""How the classes of torchmetrics are called, behind a prefix that a collection may have: val_BinaryAccuracy."""

_VALUES_MAX = 10_000
_CODES = {"float32": "f", "float64": "d", "float16": "e", "int64": "q", "int32": "i", "uint8": "B", "bool": "?"}


def read(given: Given) -> Results | None:
    """Return the metrics in the one file that is given; JSON only where some name is that of a class of torchmetrics."""
    if len(given.paths) != 1:
        return None
    (path,) = given.paths
    if path in given.tensors():
        values, notes = _tensors(given, path)
        return Results("torchmetrics values", "torchmetrics", results_of(path, values), notes=tuple(notes))
    said = given.json.get(path)
    if said is None or not is_plain(said) or not any(_CLASS.search(name) for name in said):
        return None
    return Results("torchmetrics values", "torchmetrics", results_of(path, said))


def is_plain(said: Any) -> bool:
    """Tell whether a JSON value has numbers, or lists of numbers, by name, and nothing else."""
    return isinstance(said, dict) and bool(said) and all(is_number(each) or _is_list(each) for each in said.values())


def results_of(path: str, said: Mapping[str, Any]) -> tuple[OutsideResult, ...]:
    """Return the numbers as metrics of all rows, and each place of the lists as one class."""
    overall = {name: metric(value, f"{path}: {name}") for name, value in said.items() if is_number(value)}
    lists = {name: value for name, value in said.items() if isinstance(value, list)}
    width = max(map(len, lists.values()), default=0)
    classes = (
        OutsideResult(
            feature="class",
            value=str(place),
            metrics={
                name: metric(value[place], f"{path}: {name}: {place}")
                for name, value in lists.items()
                if place < len(value)
            },
        )
        for place in range(width)
    )
    return (*((OutsideResult(metrics=overall),) if overall else ()), *classes)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= _VALUES_MAX and all(map(is_number, value))


def _tensors(given: Given, path: str) -> tuple[dict[str, Any], list[str]]:
    """Return the plain tensors of a file; a pickle in it is followed, never carried out."""
    try:
        found = read_model(given.opened(path))
        if found is None or not found.tensors:
            raise Invalid(f"{path} holds no tensor that can be read", hint="save the values as JSON")
        values, notes = {}, list(found.notes)
        for each in found.tensors:
            if len(each.shape) > 1 or each.dtype not in _CODES or item_count(each.shape) > _VALUES_MAX or each.layout:
                notes.append(f"{each.name} is {each.dtype} of shape {each.shape}, and was not taken over")
            else:
                values[each.name] = _values(each)
    except Corrupt as error:
        raise unsound(path, error) from None
    return values, notes


def _values(tensor: Tensor) -> Any:
    data = b"".join(tensor.read())
    found = [float(value) for (value,) in struct.iter_unpack("<" + _CODES[tensor.dtype], data)]
    return found if tensor.shape else found[0]

"""Values of JSON's kinds, nested, such as XGBoost's models: each list of numbers in them is a tensor."""

from __future__ import annotations

from array import array
from typing import Any

from lineal.formats.tensors.tensor import SIZES, Contents, Tensor, corrupt, held

DEPTH_MAX = 64
FACTS_MAX = 1_000

_CODES = {"int64": "q", "float64": "d"}


def walked(format_name: str, root: Any) -> Contents:
    """Return the lists of numbers in ``root`` as tensors, and its texts and numbers as facts.

    ``root`` may hold tensors already: such as a reader of a typed format made, with an empty name.
    """
    tensors: list[Tensor] = []
    facts: dict[str, str] = {}
    stack: list[tuple[str, int, Any]] = [("", 0, root)]
    while stack:
        name, depth, value = stack.pop()
        if depth > DEPTH_MAX:
            raise corrupt(f"it is nested more than {DEPTH_MAX} deep")
        if isinstance(value, Tensor):
            tensors.append(value._replace(name=name))
        elif isinstance(value, dict):
            parts = ((str(key), each) for key, each in value.items())
            stack += reversed([(_joined(name, key), depth + 1, each) for key, each in parts])
        elif isinstance(value, list) and (tensor := _numbers(name, value)):
            tensors.append(tensor)
        elif isinstance(value, list):
            stack += reversed([(_joined(name, str(place)), depth + 1, each) for place, each in enumerate(value)])
        elif name and len(facts) < FACTS_MAX:
            facts[name] = str(value)[:1_000]
    return Contents(format_name, tuple(tensors), facts)


def numbers(name: str, values: list[int] | list[float] | list[Any]) -> Tensor | None:
    """Return numbers as a tensor: of integers when all are, else of floats; None where one fits neither."""
    dtype = "int64" if all(type(each) is int for each in values) else "float64"
    try:
        data = array(_CODES[dtype], values).tobytes()
    except (OverflowError, TypeError):
        return None
    return Tensor(name, dtype, (len(values),), len(values) * SIZES[dtype], held(data))


def _numbers(name: str, values: list[Any]) -> Tensor | None:
    is_numeric = values and all(type(each) in {int, float} for each in values)
    return numbers(name, values) if is_numeric else None


def _joined(name: str, key: str) -> str:
    return f"{name}.{key}"[:4_000] if name else key[:1_000]

"""Two answers to the same request: whether they are the same, differ in their values, or in their form."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

TOLERANCES: Mapping[str, float] = {"float16": 1e-2, "bfloat16": 1e-2, "float32": 1e-5}
"""The relative difference that floats of a type may have; of all others, and where it is not recorded, `_FINE`."""

_FINE = 1e-6
_NAMES = frozenset({"model_name", "model_version", "id"})
"""What of an answer names the version, or repeats the request."""

_FORM = frozenset({"classes", "datatype", "shape", "columns"})
"""What of an answer says how the rest is to be read."""

Kind = Literal["same", "close", "differing", "reformed"]
_ORDER: tuple[Kind, ...] = ("same", "close", "differing", "reformed")


class Tolerance(NamedTuple):
    """By how much floats may differ and still be the same: relative to the larger, and at all."""

    relative: float = _FINE
    absolute: float = 0.0


def tolerance_for(outputs: Mapping[str, str]) -> float:
    """Return the relative difference that is none, for outputs of those types: that of the finest."""
    floats = {each for each in outputs.values() if "float" in each or "double" in each}
    return min((TOLERANCES.get(each, _FINE) for each in floats), default=_FINE)


class Compared(NamedTuple):
    """Two values: how they differ, and by how much floats do, relative to the larger one."""

    kind: Kind
    difference: float = 0.0


def compare(before: Any, after: Any, tolerance: Tolerance) -> Compared:
    """Return how two answers differ: in values, or in their form, which is what JSON types, names and lengths they have."""
    if isinstance(before, dict) and isinstance(after, dict):
        before, after = ({name: each[name] for name in each.keys() - _NAMES} for each in (before, after))
    return _compare(before, after, tolerance)


def _compare(before: Any, after: Any, tolerance: Tolerance) -> Compared:
    kinds = (type(before), type(after))
    if kinds == (dict, dict):
        if before.keys() != after.keys() or any(before[name] != after[name] for name in _FORM & before.keys()):
            return Compared("reformed")
        return _worst(_compare(before[name], after[name], tolerance) for name in before)
    if kinds == (list, list):
        pairs = zip(before, after, strict=False)
        is_even = len(before) == len(after)
        return _worst(_compare(*each, tolerance) for each in pairs) if is_even else Compared("reformed")
    if kinds == (float, float):
        return floats(before, after, tolerance)
    if before == after and kinds[0] is kinds[1]:
        return Compared("same")
    # What is no number, JSON calls nothing, whether it was infinite or none at all.
    is_alike = kinds[0] is kinds[1] or None in (before, after)
    return Compared("differing", math.inf if None in (before, after) else 0.0) if is_alike else Compared("reformed")


def floats(before: float, after: float, tolerance: Tolerance) -> Compared:
    """Return how two numbers differ."""
    if before == after:
        return Compared("same")
    apart, size = abs(before - after), max(abs(before), abs(after))
    relative = apart / size if math.isfinite(apart) else math.inf
    is_close = relative <= tolerance.relative or apart <= tolerance.absolute
    return Compared("close" if is_close else "differing", relative)


def _worst(found: Iterator[Compared]) -> Compared:
    worst = Compared("same")
    for each in found:
        kind = max(worst.kind, each.kind, key=_ORDER.index)
        worst = Compared(kind, max(worst.difference, each.difference))
    return worst

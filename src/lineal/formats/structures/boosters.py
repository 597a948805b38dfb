"""Boosters within estimators: what XGBoost, LightGBM and CatBoost keep in the pickles of their scikit-learn classes."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from lineal.formats.structures import catboost, lightgbm, xgboost
from lineal.formats.structures.found import Found, text
from lineal.formats.structures.instances import attributes_of, listed
from lineal.formats.structures.readable import as_dict
from lineal.formats.tensors.opcodes import Made, Stretch
from lineal.formats.tensors.tensor import part_of
from lineal.formats.tensors.ubjson import Ubjson


def complete(file: BinaryIO, found: Found, root: Any) -> None:
    """Add what the booster in an estimator says to what the estimator does. Raises Corrupt.

    Args:
        file: where the bytes of the pickle are.
        found: of the estimator.
        root: the estimator.
    """
    attributes = attributes_of(root)
    inner = _booster(file, attributes)
    if inner is None:
        return
    found.framework_version = inner.framework_version or found.framework_version
    found.lines += [f"  booster: {line}" for line in inner.lines]
    found.inputs = found.inputs or inner.inputs
    found.classes = (
        found.classes or tuple(text(each) for each in listed(file, attributes.get("_classes"))) or inner.classes
    )
    found.facts |= inner.facts
    for note in inner.notes:
        found.note(note)


def _booster(file: BinaryIO, attributes: Any) -> Found | None:
    booster = attributes_of(attributes.get("_Booster"))
    if isinstance(said := booster.get("_handle"), str) and said.startswith("tree\n"):
        return lightgbm.read(io.BytesIO(said.encode("utf-8", "replace")))
    if data := _opened(file, booster.get("handle")):
        root = as_dict(Ubjson(data).read())
        return xgboost.read_json(as_dict(root.get("Model")) or root)
    if (data := _opened(file, attributes.get("__model"))) and data.read(4) == catboost.MAGIC:
        return catboost.read(data)
    return None


def _opened(file: BinaryIO, value: Any) -> BinaryIO | None:
    """Return bytes in a pickle as a file."""
    if isinstance(value, Made) and value.what == "builtins.bytearray" and value.arguments:
        value = value.arguments[0]
    if isinstance(value, Stretch):
        return part_of(file, value.start, value.size_bytes)
    return io.BytesIO(value) if isinstance(value, bytes) and value else None

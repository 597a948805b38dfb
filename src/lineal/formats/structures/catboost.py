"""CatBoost: its binary form, a FlatBuffer behind a sign, and its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from lineal.formats.structures.flatbuffers import Buffer
from lineal.formats.structures.found import Found, text
from lineal.formats.structures.readable import as_dict, as_list, as_text, json_of
from lineal.objects.canonical import Scalar
from lineal.objects.errors import Corrupt
from lineal.objects.structures import Field

MAGIC = b"CBM1"
_CORE_START = 8
"""Behind the sign and the size of the core."""

_FIELDS = (("float32", 5, 4), ("category", 4, 2), ("text", 12, 2))
"""Kinds of features: what they are, where the trees list them, and where each has its name."""


def read(file: BinaryIO) -> Found:
    """Return what a model in the binary form is. Raises Corrupt."""
    found = Found("catboost", "catboost", is_learned_shape=True)
    core = Buffer(file, _CORE_START).root()
    said = {each.text(0): each.text(1) for each in core.tables(2)}
    if trees := core.table(1):
        features = [
            (each.number(1, 4, -1), each.text(name) or str(each.number(1, 4, -1)), dtype)
            for dtype, place, name in _FIELDS
            for each in trees.tables(place)
        ]
        found.inputs = {name: Field(dtype=dtype) for _, name, dtype in sorted(features)}
        _describe(found, said, trees.count(2), trees.number(0, 4, 1))
    return found


def read_json(root: Mapping[str, Any]) -> Found:
    """Return what a model in JSON is."""
    found = Found("catboost", "catboost", is_learned_shape=True)
    features = as_dict(root.get("features_info"))
    listed = [
        (as_dict(each).get("flat_feature_index"), as_text(as_dict(each).get("feature_id")), dtype)
        for dtype, name in (
            ("float32", "float_features"),
            ("category", "categorical_features"),
            ("text", "text_features"),
        )
        for each in as_list(features.get(name))
    ]
    found.inputs = {
        name or str(at): Field(dtype=dtype)
        for at, name, dtype in sorted(listed, key=lambda each: str(each[0]).zfill(9))
    }
    said = {name: each for name, each in as_dict(root.get("model_info")).items() if isinstance(name, str)}
    trees = as_list(root.get("oblivious_trees")) or as_list(root.get("trees"))
    bias = as_list(as_list(root.get("scale_and_bias"))[1:2] and as_list(root.get("scale_and_bias"))[1])
    _describe(found, said, len(trees), max(len(bias), 1))
    return found


def _describe(found: Found, said: Mapping[str, Any], tree_count: int, dimensions: int) -> None:
    params = _json(said.get("params"))
    classes = _json(said.get("class_params"))
    found.classes = tuple(text(each) for each in as_list(classes.get("class_names")))
    found.params = dict(_flat(params))
    found.facts |= {"tree_count": str(tree_count), "dimensions": str(dimensions)}
    objective = as_text(as_dict(params.get("loss_function")).get("type"))
    found.lines = [f"CatBoost({objective})"]
    version = as_text(said.get("catboost_version_info"))
    found.framework_version = version.partition("CatBoost release ")[2].split(" ")[0].rstrip(".")
    found.facts |= {key: as_text(said[key]) for key in ("model_guid", "train_finish_time") if key in said}


def _json(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    try:
        return as_dict(json_of(value.encode(), "a description in it")) if isinstance(value, str) else {}
    except Corrupt:
        return {}


def _flat(params: Mapping[str, Any]) -> Iterator[tuple[str, Scalar]]:
    """Yield what was asked for: parameters as people write them."""
    for name, value in as_dict(params.get("flat_params")).items():
        if isinstance(value, str | int | float | bool):
            yield name, value
    if objective := as_text(as_dict(params.get("loss_function")).get("type")):
        yield "loss_function", objective

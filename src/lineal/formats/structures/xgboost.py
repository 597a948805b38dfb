"""XGBoost: JSON, Universal Binary JSON, and the binary form that it had before those."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

from lineal.formats.structures.found import Found, scalar, text
from lineal.formats.structures.instances import numbers
from lineal.formats.structures.readable import as_dict, as_list, as_text
from lineal.formats.tensors.tensor import Tensor, corrupt, exactly
from lineal.formats.tensors.ubjson import Ubjson
from lineal.objects.structures import Field

BINARY = b"binf"
_DTYPES = {"float": "float32", "int": "int64", "i": "bool", "q": "float32", "c": "category"}
_PARAMETERS = struct.Struct("<fIiiII108x")
"""What the binary form begins with: the base score, features, classes, and what was trained."""

_TEXT_BYTES_MAX = 1_000


def is_universal(head: bytes) -> bool:
    """Tell whether a file that begins so may be a model as Universal Binary JSON."""
    return head[:1] == b"{" and head[1:2] in b"LlIiU#" and b"learner" in head


def read_universal(file: BinaryIO) -> Found:
    """Return what a model in Universal Binary JSON is. Raises Corrupt."""
    root = Ubjson(file).read()
    if not isinstance(root, dict) or "learner" not in root:
        raise corrupt("it has no learner, which a model of XGBoost's has")
    return read_json(root)


def read_json(root: Mapping[str, Any]) -> Found:
    """Return what a model in JSON is: what its file says, also read from Universal Binary JSON."""
    found = Found("xgboost", "xgboost", is_learned_shape=True)
    found.framework_version = ".".join(as_text(each) for each in _values(root.get("version")))
    learner = as_dict(root.get("learner"))
    shape = as_dict(learner.get("learner_model_param"))
    objective = as_dict(learner.get("objective"))
    booster = as_dict(learner.get("gradient_booster"))
    model = as_dict(as_dict(booster.get("gbtree")).get("model") or booster.get("model"))
    name, goal = as_text(booster.get("name")), as_text(objective.get("name"))
    found.lines = [f"{name or 'booster'}({goal})"]
    found.params["objective"] = goal
    for part in objective.values():
        found.params |= {text(key): scalar(value) for key, value in as_dict(part).items() if as_text(value)}
    # The base score is learned, and the number of features is the data's.
    found.facts |= {text(key): as_text(value) for key, value in shape.items() if as_text(value)}
    trees = model.get("trees")
    if isinstance(trees, list):
        found.facts["tree_count"] = str(len(trees))
    elif isinstance(weights := model.get("weights"), list):
        found.facts["weight_count"] = str(len(weights))
    attributes = as_dict(learner.get("attributes")).items()
    found.facts |= {text(key): as_text(value) for key, value in attributes if as_text(value)}
    _columns(found, learner, shape)
    return found


def _columns(found: Found, learner: Mapping[str, Any], shape: Mapping[str, Any]) -> None:
    names = [as_text(each) for each in as_list(learner.get("feature_names"))]
    kinds = [as_text(each) for each in as_list(learner.get("feature_types"))]
    count, classes = _whole(shape.get("num_feature")), _whole(shape.get("num_class"))
    if names:
        dtypes = [_DTYPES.get(each, each) for each in kinds] if len(kinds) == len(names) else [""] * len(names)
        found.inputs = {name: Field(dtype=dtype) for name, dtype in zip(names, dtypes, strict=True)}
    elif count:
        found.inputs = {"X": Field(dtype="float32", shape=(-1, count))}
    if 1 < classes <= 1_000:
        found.classes = tuple(str(each) for each in range(classes))


def read_binary(file: BinaryIO) -> Found:
    """Return what a model in the old binary form is: its sizes, its objective and its booster. Raises Corrupt."""
    file.seek(0)
    if exactly(file, len(BINARY)) != BINARY:
        raise corrupt("it does not begin as XGBoost's binary form does")
    _, features, classes, _, _, _ = _PARAMETERS.unpack(exactly(file, _PARAMETERS.size))
    goal, name = _text(file), _text(file)
    found = Found("xgboost", "xgboost", is_learned_shape=True, lines=[f"{name}({goal})"], params={"objective": goal})
    if features:
        found.inputs = {"X": Field(dtype="float32", shape=(-1, features))}
    if 1 < classes <= 1_000:
        found.classes = tuple(str(each) for each in range(classes))
    found.note("its trees are in XGBoost's old binary form, which is not read: save it as .ubj")
    return found


def _text(file: BinaryIO) -> str:
    size_bytes = int.from_bytes(exactly(file, 8), "little")
    if size_bytes > _TEXT_BYTES_MAX:
        raise corrupt(f"a name in it would have {size_bytes:,} bytes")
    return exactly(file, size_bytes).decode("utf-8", "replace")


def _values(value: Any) -> list[Any]:
    return list(numbers(value)) if isinstance(value, Tensor) else as_list(value)


def _whole(value: Any) -> int:
    said = as_text(value)
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0

"""What the files beside a model say of it: ``MLmodel``, which MLflow writes, and ``requirements.txt``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from lineal.objects.errors import Invalid
from lineal.objects.runs import ModelFacts, Package
from lineal.objects.structures import Field

MLMODEL, REQUIREMENTS = "MLmodel", "requirements.txt"

BYTES_MAX = 1 << 20
"""A larger file is none that MLflow writes, and is not read."""

_PYTHON = "python_function"
_FILES = ("pickled_model", "model_path", "data", "model_data")
"""Where flavours say which file, or which directory, the weights are."""

_TYPES = {
    "double": "float64",
    "float": "float32",
    "long": "int64",
    "integer": "int32",
    "boolean": "bool",
    "string": "string",
    "binary": "bytes",
    "datetime": "datetime64[ns]",
}
"""MLflow's names of types, as frameworks call them."""

_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;#,]+)")


class Description(NamedTuple):
    """What is said of a model: facts, the path of its weights, the Python it was made with, and its signature in full."""

    facts: ModelFacts = ModelFacts()
    weights: str = ""
    python: str = ""
    inputs: Mapping[str, Field] = {}
    outputs: Mapping[str, Field] = {}
    flavors: tuple[str, ...] = ()


def describe(data: bytes) -> Description:
    """Return what an ``MLmodel`` file says; nothing where it cannot be read, for it is only a description."""
    try:
        from lineal.formats.dvc import yaml12  # noqa: PLC0415 - the environment of a model may be without PyYAML
    except ImportError:
        return Description()
    try:
        said = yaml12.load(data, MLMODEL)
    except Invalid:
        return Description()
    flavors = _mapping(_mapping(said).get("flavors"))
    python = _mapping(flavors.get(_PYTHON))
    name, flavor = next(((str(each), _mapping(flavors[each])) for each in flavors if each != _PYTHON), ("", {}))
    signature = _mapping(_mapping(said).get("signature"))
    inputs = dict(_columns(signature.get("inputs"), "input"))
    outputs = dict(_columns(signature.get("outputs"), "output"))
    facts = ModelFacts(
        framework=name,
        framework_version=next((str(value) for key, value in flavor.items() if str(key).endswith("_version")), ""),
        inputs={key: each.dtype for key, each in inputs.items()},
        outputs={key: each.dtype for key, each in outputs.items()},
    )
    files = (str(where[key]) for where in (flavor, python) for key in _FILES if where.get(key))
    python_version = str(python.get("python_version") or "")
    return Description(facts, next(files, ""), python_version, inputs, outputs, tuple(map(str, flavors)))


def _columns(text: object, word: str) -> Iterator[tuple[str, Field]]:
    """Yield the columns of one side of a signature, which is JSON in a text, each with its type."""
    try:
        found = msgspec.json.decode(text) if isinstance(text, str) else []
    except msgspec.DecodeError:
        found = []
    for number, each in enumerate(found if isinstance(found, list) else []):
        column = _mapping(each)
        field = Field(dtype=_type(column), shape=_shape(column), optional=column.get("required") is False)
        yield str(column.get("name") or f"{word} {number}"), field


def _type(column: Mapping[Any, Any]) -> str:
    if isinstance(tensor := column.get("tensor-spec"), Mapping):
        return str(tensor.get("dtype", ""))
    return _TYPES.get(str(column.get("type")), str(column.get("type", "")))


def _shape(column: Mapping[Any, Any]) -> tuple[int, ...] | None:
    sizes = _mapping(column.get("tensor-spec")).get("shape")
    if not isinstance(sizes, list) or len(sizes) > 64:
        return None
    return tuple(sizes) if all(type(each) is int and -1 <= each < 1 << 48 for each in sizes) else None


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def pinned(data: bytes) -> tuple[Package, ...]:
    """Return the packages that a list of requirements pins to a version."""
    lines = data.decode("utf-8", "replace").splitlines()
    found = (match for line in lines if (match := _PINNED.match(line.strip())))
    return tuple(Package(name=each["name"], version=each["version"]) for each in found)

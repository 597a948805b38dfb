"""LightGBM's text: what a model is stands before the trees, what it was asked for behind them."""

from __future__ import annotations

from typing import Any, BinaryIO

from lineal.formats.structures.found import Found, text
from lineal.formats.structures.readable import as_list, json_of
from lineal.formats.tensors.tensor import corrupt, exactly
from lineal.objects.canonical import Scalar
from lineal.objects.errors import Corrupt
from lineal.objects.structures import Field

_HEAD_BYTES_MAX = 16 << 20
_TAIL_BYTES = 1 << 16
_CATEGORICAL = b"pandas_categorical:"


def read(file: BinaryIO) -> Found:
    """Return what a model is. Raises Corrupt."""
    file.seek(0)
    said = _head(file)
    found = Found("lightgbm", "lightgbm", is_learned_shape=True)
    found.facts = {name: said[name] for name in ("version", "label_index", "num_tree_per_iteration") if name in said}
    found.facts["tree_count"] = str(len(said.get("tree_sizes", "").split()))
    objective = said.get("objective", "")
    found.lines = [f"gbdt({objective})"]
    found.params["objective"] = objective
    parameters, categories = _tail(file)
    found.params |= parameters
    names, kinds = said.get("feature_names", "").split(), said.get("feature_infos", "").split()
    # Numbers have a range; categories are a list of numbers, and "none" never split anything.
    dtypes = ["category" if ":" in each and not each.startswith("[") else "float64" for each in kinds]
    if len(dtypes) == len(names):
        columns = iter(categories)
        for name, dtype in zip(names, dtypes, strict=True):
            known = next(columns, ()) if dtype == "category" else ()
            found.inputs[text(name)] = Field(dtype=dtype, categories=known)
    classes = said.get("num_class", "")
    if classes.isascii() and classes.isdecimal() and len(classes) < 4 and int(classes) > 1:
        found.classes = tuple(str(each) for each in range(int(classes)))
    return found


def _head(file: BinaryIO) -> dict[str, str]:
    """Return the lines before the trees. Raises Corrupt when they do not end."""
    said: dict[str, str] = {}
    left = _HEAD_BYTES_MAX
    while left > 0:
        line = file.readline(left)
        left -= len(line)
        if not line.strip() or line.startswith(b"Tree="):
            return said
        name, _, value = line.decode("utf-8", "replace").rstrip("\r\n").partition("=")
        said[name] = value
    raise corrupt("what it says before its trees does not end")


def _tail(file: BinaryIO) -> tuple[dict[str, Scalar], list[tuple[str, ...]]]:
    """Return what was asked for, and the categories of each column that has some."""
    end = file.seek(0, 2)
    start = max(end - _TAIL_BYTES, 0)
    file.seek(start)
    data = exactly(file, end - start)
    parameters: dict[str, Scalar] = {}
    for line in data.rpartition(b"\nparameters:")[2].partition(b"end of parameters")[0].splitlines():
        name, sign, value = line.decode("utf-8", "replace").strip().strip("[]").partition(": ")
        if sign and value:
            parameters[text(name)] = text(value)
    found: list[tuple[str, ...]] = []
    if _CATEGORICAL in data:
        found = [tuple(text(one) for one in as_list(each)[:100]) for each in _json(data.rpartition(_CATEGORICAL)[2])]
    return parameters, found


def _json(data: bytes) -> list[Any]:
    try:
        return as_list(json_of(data.strip(), "its list of categories"))
    except Corrupt:
        return []

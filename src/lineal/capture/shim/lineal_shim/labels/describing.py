"""Describe what came out of a file or went into it, by what the value says of itself: columns, types, rows, shape."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_COLUMNS_MAX = 1_000
_TENSORS_MAX = 200


def described(value: Any) -> dict[str, Any]:
    """Return ``kind``, ``columns``, ``row_count`` and ``shape`` of ``value``, as far as it tells without working.

    It takes microseconds for each column, of which at most a thousand are named.
    """
    describe = _BY_LIBRARY.get(type(value).__module__.partition(".")[0])
    if isinstance(value, (list, tuple)) and value:
        return described(value[0])
    if isinstance(value, dict):
        return _mapping(value)
    found = describe(value) if describe is not None else {}
    return found or _model(value)


def _pandas(frame: Any) -> dict[str, Any]:
    shape = getattr(frame, "shape", None)
    if shape is None:  # a reader of pieces
        return {}
    if len(shape) == 1:
        return _table([(frame.name, frame.dtype)], shape[0])
    narrow = frame.iloc[:, :_COLUMNS_MAX] if shape[1] > _COLUMNS_MAX else frame
    return _table(zip(narrow.columns, narrow.dtypes, strict=False), shape[0])


def _polars(frame: Any) -> dict[str, Any]:
    if not hasattr(frame, "height"):  # a lazy one would read the file to tell
        return {"kind": "table"}
    return _table(zip(frame.columns, frame.dtypes, strict=False), frame.height)


def _arrow(value: Any) -> dict[str, Any]:
    schema = getattr(value, "schema", None)
    if schema is None:
        return {}
    return _table(zip(schema.names, schema.types, strict=False), getattr(value, "num_rows", None))


def _duckdb(value: Any) -> dict[str, Any]:
    return _table(zip(value.columns, value.dtypes, strict=False), None) if hasattr(value, "dtypes") else {}


def _datasets(value: Any) -> dict[str, Any]:
    features = getattr(value, "features", None)
    if not features:
        return {}
    kinds = [(name, getattr(each, "dtype", type(each).__name__)) for name, each in features.items()]
    return _table(kinds, getattr(value, "num_rows", None))


def _array(value: Any) -> dict[str, Any]:
    files = getattr(value, "files", None)
    if files is not None:  # of numpy's archives only the names are known before an array is read
        return {"kind": "arrays", "columns": dict.fromkeys(files[:_TENSORS_MAX], "")}
    dtype = getattr(value, "dtype", None)
    if dtype is None or not hasattr(value, "shape"):
        return {}
    names = getattr(dtype, "names", None)
    columns = {name: str(dtype[name]) for name in names[:_COLUMNS_MAX]} if names else {"": _plain(dtype)}
    return {"kind": "array", "columns": columns, "shape": [int(each) for each in value.shape]}


def _torch(value: Any) -> dict[str, Any]:
    return _array(value)


def _pillow(image: Any) -> dict[str, Any]:
    width, height = image.size
    bands = len(image.getbands())
    return {"kind": "image", "columns": {"": image.mode}, "shape": [height, width, *([bands] if bands > 1 else [])]}


def _mapping(value: dict[Any, Any]) -> dict[str, Any]:
    """Return the names and types of a dictionary's arrays or tensors; of others the kind of its first value."""
    columns: dict[str, str] = {}
    for name, each in list(value.items())[:_TENSORS_MAX]:
        dtype, shape = getattr(each, "dtype", None), getattr(each, "shape", None)
        if dtype is not None and shape is not None:
            columns[str(name)] = f"{_plain(dtype)}[{', '.join(map(str, shape))}]"
    if not columns:
        return next((found for each in list(value.values())[:5] if (found := described(each))), {})
    is_torch = any(type(each).__module__.startswith("torch") for each in list(value.values())[:_TENSORS_MAX])
    return {"kind": "tensors" if is_torch else "arrays", "columns": columns}


def _model(value: Any) -> dict[str, Any]:
    """Return that ``value`` is a model, when a loaded library says so."""
    for module, name in (("torch.nn", "Module"), ("sklearn.base", "BaseEstimator")):
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and isinstance(value, kind):
            return {"kind": "model"}
    is_model = callable(getattr(value, "predict", None)) or callable(getattr(value, "transform", None))
    return {"kind": "model"} if is_model else {}


def _table(columns: Iterable[tuple[Any, Any]], row_count: Any) -> dict[str, Any]:
    named: dict[str, str] = {}
    for name, dtype in columns:
        if len(named) >= _COLUMNS_MAX:
            break
        named[str(name)] = str(dtype)
    return {"kind": "table", "columns": named, "row_count": None if row_count is None else int(row_count)}


def _plain(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


_BY_LIBRARY = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _arrow,
    "duckdb": _duckdb,
    "_duckdb": _duckdb,
    "datasets": _datasets,
    "numpy": _array,
    "scipy": _array,
    "torch": _torch,
    "PIL": _pillow,
}

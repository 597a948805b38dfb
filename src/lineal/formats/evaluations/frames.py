"""Frames of pandas with groups in their index and metrics in their columns, from the forms in which it writes them."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from lineal.formats.evaluations.results import is_number, shown
from lineal.objects.errors import Invalid, Unavailable

_ROWS_MAX = 100_000
_KEY_MAX = 1_000
_Rows = list[tuple[tuple[str, ...], dict[str, Any]]]


class Frame(NamedTuple):
    """Rows of metrics. ``features`` are the columns of the groups; each row has one value for each of them."""

    features: tuple[str, ...]
    rows: _Rows


def from_json(path: str, said: Any, metrics: Collection[str], features: tuple[str, ...]) -> Frame | None:
    """Return the frame in a JSON value, in whichever of pandas' orientations; None when it is none.

    Args:
        path: the file, for messages.
        said: its value.
        metrics: names that are known to be metrics.
        features: the columns of the groups, where somebody said them.

    Raises:
        Invalid: it is such a frame, and the columns of its groups are not named.
    """
    if not isinstance(said, dict):
        return _from_records(path, said, features) if isinstance(said, list) else None
    if isinstance(schema := said.get("schema"), dict) and isinstance(said.get("data"), list):
        key = schema.get("primaryKey")
        named = tuple(str(each) for each in key) if isinstance(key, list) else ()
        return _from_records(path, said["data"], features or tuple(each for each in named if each != "index"))
    if said.keys() >= {"columns", "index", "data"}:
        return _from_split(path, said, features)
    if not said or not all(isinstance(each, dict) and each for each in said.values()):
        return None
    return _from_nested(path, said, metrics, features)


def _from_nested(
    path: str, said: Mapping[str, Any], metrics: Collection[str], features: tuple[str, ...]
) -> Frame | None:
    """Return a frame by columns or by index: the side that has names of metrics has all of them."""
    inner = {key for each in said.values() for key in each}
    if said.keys() & set(metrics):
        turned = {group: {name: each.get(group) for name, each in said.items()} for group in inner}
        ordered = {group: turned[group] for group in next(iter(said.values())) if group in turned}
        return _indexed(path, list((ordered | turned).items()), features)
    return _indexed(path, list(said.items()), features) if inner & set(metrics) else None


def from_rows(path: str, rows: Sequence[Mapping[str, str]], features: tuple[str, ...]) -> Frame | None:
    """Return the frame in the rows of a table of text; None when its first column are no groups."""
    if not rows or len(rows) > _ROWS_MAX:
        return None
    return _from_records(path, [{name: _cell(value) for name, value in row.items()} for row in rows], features)


def from_parquet(path: str, data: bytes, features: tuple[str, ...]) -> Frame:
    """Return the frame in a Parquet file; pandas keeps in it which columns are the index.

    Raises:
        Invalid: it cannot be read, or the columns of its groups are not named.
        Unavailable: what reads it is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import
        from pyarrow import parquet  # noqa: PLC0415 - the same
    except ImportError:
        raise Unavailable(f"{path} cannot be read: it is Parquet", hint="pip install 'lineal[tables]'") from None
    try:
        file = parquet.ParquetFile(pa.BufferReader(data))
        if file.metadata.num_rows > _ROWS_MAX:
            raise Invalid(f"{path} has {file.metadata.num_rows:,} rows, more than groups", hint="give by_group alone")
        table = file.read(use_threads=False)
        table.validate(full=True)
        rows, kept = table.to_pylist(), (table.schema.metadata or {}).get(b"pandas", b"{}")
    except (pa.ArrowException, OSError, ValueError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} is no Parquet that can be read: {error}", hint="write it again, or as CSV") from None
    index = []
    with suppress(ValueError, TypeError):
        index = [each for each in json.loads(kept).get("index_columns", ()) if isinstance(each, str)]
    found = _from_records(path, rows, features or tuple(each for each in index if not each.startswith("__index")))
    if found is None:
        raise unnamed(path)
    return found


def unnamed(path: str) -> Invalid:
    """Return the error for a frame that does not tell what its groups are of."""
    return Invalid(f"{path} does not name the columns of its groups", hint="--features COLUMN,COLUMN, in their order")


def _from_records(path: str, records: Sequence[Any], features: tuple[str, ...]) -> Frame | None:
    """Return rows as a frame; by itself, the columns of groups are the first ones, up to that which has a number."""
    if not records or not all(isinstance(each, dict) and each for each in records):
        return None
    names = list(records[0])
    found = features and tuple(each for each in features if each in names)
    if not found:
        found = tuple(_leading_words(records, names))
    rest = [each for each in names if each not in found]
    if not rest or not all(_is_value(row.get(name)) for row in records for name in rest):
        return None
    if not found and len(records) > 1:
        raise unnamed(path)
    return Frame(tuple(found), [(_values(row, found), {name: row.get(name) for name in rest}) for row in records])


def _leading_words(records: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if not any(isinstance(row.get(name), str | bool) for row in records):
            return
        yield name


def _values(row: Mapping[str, Any], features: Sequence[str]) -> tuple[str, ...]:
    return tuple(_group(row.get(each)) for each in features)


def _from_split(path: str, said: Mapping[str, Any], features: tuple[str, ...]) -> Frame | None:
    columns, index, data = said["columns"], said["index"], said["data"]
    if not all(isinstance(each, list) for each in (columns, index, data)) or len(index) != len(data):
        return None
    if not all(isinstance(row, list) and len(row) == len(columns) for row in data):
        raise Invalid(f"{path} has rows that are not as wide as its columns", hint="write it again")
    named = [(each, dict(zip(map(str, columns), row, strict=True))) for each, row in zip(index, data, strict=True)]
    return _indexed(path, named, features)


def _indexed(path: str, named: Sequence[tuple[Any, Mapping[str, Any]]], features: tuple[str, ...]) -> Frame:
    keys = [_key(each) for each, _ in named]
    if not features:
        raise unnamed(path)
    if any(len(each) != len(features) for each in keys):
        raise Invalid(
            f"{path} has groups of {len(keys[0])} columns, and {len(features)} are named",
            hint="--features COLUMN,COLUMN, in their order",
        )
    for _, values in named:
        for name, value in values.items():
            if not _is_value(value):
                raise Invalid(f"{path}: {name} is {shown(value)}, which is no number", hint="write it again")
    return Frame(features, [(key, dict(values)) for key, (_, values) in zip(keys, named, strict=True)])


def _key(value: Any) -> tuple[str, ...]:
    """Return the values of a group: of several columns they are a list, or a tuple that pandas wrote as text."""
    if isinstance(value, str) and value.startswith("(") and len(value) <= _KEY_MAX:
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            value = ast.literal_eval(value)
    return tuple(map(_group, value)) if isinstance(value, list | tuple) else (_group(value),)


def _group(value: Any) -> str:
    """Return the value of a column of groups as a text; pandas makes floats of whole numbers here and there."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _is_value(value: Any) -> bool:
    return value is None or is_number(value)


def _cell(text: str) -> Any:
    if not text.strip():
        return math.nan
    try:
        return float(text)
    except ValueError:
        return text

"""Values of a run that are no numbers: tables, confusion matrices, curves, histograms; their canonical JSON, and their index."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from lineal.objects.canonical import Number, Scalar, number
from lineal.objects.errors import Corrupt
from lineal.objects.prepared import prepared

INDEX_PATH = "media/index.json"
"""Where a run says what its media are."""


class MediaColumn(msgspec.Struct, frozen=True):
    """A column of a table: ``dtype`` is integer, float, boolean or string, and any cell may be null."""

    name: str
    dtype: Literal["integer", "float", "boolean", "string"]
    cells: list[Scalar]


class MediaTable(msgspec.Struct, frozen=True):
    """A table, column by column, all of one length."""

    columns: list[MediaColumn]


class ConfusionMatrix(msgspec.Struct, frozen=True):
    """How often a label (row) was taken for another one (column)."""

    labels: list[str]
    counts: list[list[float]]


class Curve(msgspec.Struct, frozen=True):
    """Points of a curve, and what it is: ``roc``, ``pr``, ``calibration`` or whatever the program called it."""

    kind: str
    x: list[Number]
    y: list[Number]
    x_label: str = ""
    y_label: str = ""


class Histogram(msgspec.Struct, frozen=True):
    """Counts between edges, of which there is one more."""

    counts: list[Number]
    edges: list[Number]


class MediaLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the index: what was logged with a key at a step, and where its bytes are among the run's files."""

    key: str
    step: int
    kind: str
    path: str
    at: int
    size_bytes: int


MEDIA: dict[str, type[msgspec.Struct]] = {
    "table": MediaTable,
    "confusion-matrix": ConfusionMatrix,
    "curve": Curve,
    "histogram": Histogram,
}
"""Kinds that are JSON of a layout of ours. Others (image, figure, text, audio, video, file) are files of known formats."""

_encode = msgspec.json.Encoder(order="sorted").encode


def canonical(kind: str, data: bytes) -> bytes:
    """Return the one spelling of a structured value; bytes of other kinds as they are. Raises Corrupt."""
    return _encode(structured(kind, data)) if kind in MEDIA else data


def structured(kind: str, data: bytes) -> msgspec.Struct:
    """Return a value of one of the kinds of `MEDIA`; a table may be laid out in rows too. Raises Corrupt."""
    try:
        return msgspec.json.decode(data, type=prepared(MEDIA[kind]))
    except msgspec.DecodeError as error:
        found = table_of_rows(data) if kind == "table" else None
        if found is None:
            raise Corrupt(f"this is no {kind}: {error}") from None
        return found


class _Rows(msgspec.Struct):
    columns: list[Scalar]
    data: list[list[Any]]


def table_of_rows(data: bytes) -> MediaTable | None:
    """Return the table that is written as names of columns and rows of cells, as W&B and MLflow do; None if it is none."""
    try:
        found = msgspec.convert(json.loads(data), prepared(_Rows))  # it takes NaN, which they write
    except (ValueError, RecursionError):
        return None
    if any(len(row) != len(found.columns) for row in found.data):
        return None
    names = enumerate(found.columns)
    return MediaTable([_column(str(name), [row[place] for row in found.data]) for place, name in names])


def _column(name: str, cells: list[Any]) -> MediaColumn:
    kinds = {type(each) for each in cells if each is not None}
    if float in kinds:
        cells = [number(each) if type(each) is float else each for each in cells]
    for dtype, taken in _KINDS:
        if kinds and kinds <= taken:
            return MediaColumn(name, dtype, cells)
    texts: list[Scalar] = [each if each is None or isinstance(each, str) else _encode(each).decode() for each in cells]
    return MediaColumn(name, "string", texts)


_KINDS: tuple[tuple[Literal["boolean", "integer", "float"], set[type]], ...] = (
    ("boolean", {bool}),
    ("integer", {int}),
    ("float", {int, float}),
)


def index(lines: Iterable[MediaLine]) -> bytes:
    """Return the index of ``lines``, by key and step."""
    return _encode(sorted(lines, key=lambda line: (line.key, line.step, line.path)))


def read_index(data: bytes) -> list[MediaLine]:
    """Return the lines of an index. Raises Corrupt."""
    try:
        return msgspec.json.decode(data, type=prepared(list[MediaLine]))
    except msgspec.DecodeError as error:
        raise Corrupt(f"this is no index of media: {error}") from None

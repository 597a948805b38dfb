"""Values of a run that are no numbers: tables, confusion matrices, curves, histograms; their canonical JSON, and their index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from lineal.objects.canonical import Number, Scalar
from lineal.objects.errors import Corrupt

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
    layout = MEDIA.get(kind)
    if layout is None:
        return data
    try:
        return _encode(msgspec.json.decode(data, type=layout))
    except msgspec.DecodeError as error:
        raise Corrupt(f"this is no {kind}: {error}") from None


def index(lines: Iterable[MediaLine]) -> bytes:
    """Return the index of ``lines``, by key and step."""
    return _encode(sorted(lines, key=lambda line: (line.key, line.step, line.path)))


def read_index(data: bytes) -> list[MediaLine]:
    """Return the lines of an index. Raises Corrupt."""
    try:
        return msgspec.json.decode(data, type=list[MediaLine])
    except msgspec.DecodeError as error:
        raise Corrupt(f"this is no index of media: {error}") from None

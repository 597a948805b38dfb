"""From values of a program to bytes that are kept. Libraries are used only where the program gave an object of theirs."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from lineal.capture.native.kept import Kept
from lineal.capture.native.png import png
from lineal.capture.native.shim import writing

_BINS = 64
_INTEGER_BITS_MAX = 63

_KINDS = {
    "image": ".png .jpg .jpeg .gif .webp .svg .bmp .tif .tiff",
    "audio": ".wav .mp3 .ogg .flac .m4a .opus",
    "video": ".mp4 .webm .mov .mkv .avi",
}
_KIND = {suffix: kind for kind, suffixes in _KINDS.items() for suffix in suffixes.split()}


def table_of(rows: Any) -> Kept:
    """Return a table of rows, columns, or a data frame. Raises ValueError, TypeError."""
    columns = {str(name): plain_list(values) for name, values in _columns(rows).items()}
    if len({len(values) for values in columns.values()}) > 1:
        raise ValueError("its columns differ in length")
    return _json("table", {"columns": [_column(name, values) for name, values in columns.items()]})


def _columns(rows: Any) -> Mapping[object, Any]:
    if isinstance(rows, Mapping):
        return rows
    names = getattr(rows, "columns", None)
    if names is not None:  # a data frame, of whichever library
        return {name: rows[name] for name in names}
    found = list(rows)
    if not all(isinstance(each, Mapping) for each in found):
        raise TypeError("rows must be dictionaries; a dictionary of columns or a data frame is taken too")
    return {name: [each.get(name) for each in found] for name in dict.fromkeys(name for each in found for name in each)}


def _column(name: str, values: list[Any]) -> dict[str, object]:
    kinds = {type(each) for each in values if each is not None}
    if kinds <= {bool}:
        dtype = "boolean" if kinds else "string"
    elif not kinds <= {int, float} or any(
        type(each) is int and each.bit_length() > _INTEGER_BITS_MAX for each in values
    ):
        dtype, values = "string", [None if each is None else _text(each) for each in values]
    elif float in kinds:
        dtype, values = "float", [None if each is None else number(each) for each in values]
    else:
        dtype = "integer"
    return {"name": name, "dtype": dtype, "cells": values}


def _text(value: object) -> str:
    # A lone surrogate cannot be written as UTF-8.
    return str(value).encode("utf-8", "replace").decode()


def plain_list(values: Any) -> list[Any]:
    """Return values of a list, array or column as Python's own where there are some."""
    listed = (
        values.tolist() if hasattr(values, "tolist") else values.to_list() if hasattr(values, "to_list") else values
    )
    if not isinstance(listed, Iterable) or isinstance(listed, str | bytes):
        raise TypeError(f"{type(values).__name__} is no sequence of values")
    return [_plain(each) for each in listed]


def _plain(value: Any) -> Any:
    if value is None or type(value) in {bool, int, float, str}:
        return value
    item = getattr(value, "item", None)
    if callable(item) and not getattr(value, "shape", ()):
        return _plain_scalar(item())
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    # pandas writes "not there" as values of its own.
    return None if type(value).__name__ in {"NAType", "NaTType"} else value


def number(value: object) -> float | str:
    """Return a number as it is kept: those that are not finite as their words. Raises TypeError, ValueError."""
    found = float(value)  # type: ignore[arg-type]  # asking is the only way to know
    if math.isfinite(found):
        return found
    return "NaN" if math.isnan(found) else "Infinity" if found > 0 else "-Infinity"


def numbers(values: Any) -> list[float | str]:
    """Return a sequence of numbers as they are kept."""
    return [number(each) for each in plain_list(values)]


def confusion_of(y_true: Any, y_pred: Any, matrix: Any, labels: Iterable[object] | None) -> Kept:
    """Return a confusion matrix. Raises ValueError, TypeError."""
    named = None if labels is None else [_text(each) for each in plain_list(labels)]
    if matrix is None:
        if y_true is None or y_pred is None:
            raise ValueError("it needs y_true and y_pred, or matrix=")
        true, taken = ([_text(each) for each in plain_list(values)] for values in (y_true, y_pred))
        if len(true) != len(taken):
            raise ValueError(f"there are {len(true)} true labels and {len(taken)} predicted ones")
        named = _sorted({*true, *taken}) if named is None else named
        places = {label: place for place, label in enumerate(named)}
        counts = [[0.0] * len(named) for _ in named]
        for left, right in zip(true, taken, strict=True):
            if left in places and right in places:
                counts[places[left]][places[right]] += 1
    else:
        counts = [[float(value) for value in plain_list(row)] for row in matrix]
        named = [str(place) for place in range(len(counts))] if named is None else named
    if len(counts) != len(named) or any(len(row) != len(named) for row in counts):
        raise ValueError(f"a matrix of {len(named)} labels must have as many rows and columns")
    return _json("confusion-matrix", {"labels": named, "counts": counts})


def _sorted(labels: set[str]) -> list[str]:
    try:
        return sorted(labels, key=float)
    except ValueError:
        return sorted(labels)


def curve_of(kind: str, x: Any, y: Any, x_label: str, y_label: str) -> Kept:
    """Return a curve. Raises ValueError, TypeError."""
    left, right = numbers(x), numbers(y)
    if len(left) != len(right):
        raise ValueError(f"there are {len(left)} values of x and {len(right)} of y")
    return _json("curve", {"kind": kind, "x": left, "y": right, "x_label": x_label, "y_label": y_label})


def histogram_of(values: Any, counts: Any, edges: Any) -> Kept:
    """Return a histogram of values, or of counts and edges. Raises ValueError, TypeError."""
    if values is not None:
        counts, edges = _binned(values)
    if counts is None or edges is None:
        raise ValueError("it needs values, or counts= and edges=")
    heights, bounds = numbers(counts), numbers(edges)
    if len(bounds) != len(heights) + 1:
        raise ValueError("there must be one edge more than counts")
    return _json("histogram", {"counts": heights, "edges": bounds})


def _binned(values: Any) -> tuple[Any, Any]:
    array = as_array(values)
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(array, "dtype"):
        found = array.reshape(-1)
        heights, edges = numpy.histogram(found[numpy.isfinite(found)], bins=_BINS)
        return heights, edges
    found = [float(each) for each in plain_list(values) if math.isfinite(float(each))]
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts = [0] * _BINS
    for each in found:
        counts[min(int((each - low) / (high - low) * _BINS), _BINS - 1)] += 1
    return counts, [low + (high - low) * place / _BINS for place in range(_BINS + 1)]


def text_of(text: str) -> Kept:
    """Return a text."""
    return Kept("text", ".txt", str(text).encode("utf-8", "replace"))


def file_of(path: os.PathLike[str] | str) -> Kept:
    """Return a file, whose kind its suffix tells."""
    found = os.fspath(path)
    suffix = os.path.splitext(found)[1].lower()
    # What we lay out ourselves has this suffix; a file of the program's is no such value.
    return Kept(_KIND.get(suffix, "file"), suffix if suffix != ".json" else ".file.json", file=found)


def image_of(image: Any) -> Kept:
    """Return a picture. Raises ValueError, TypeError, OSError."""
    if isinstance(image, str | os.PathLike):
        return file_of(image)._replace(what="image")
    if hasattr(image, "savefig"):
        return Kept("image", ".png", _saved(image, "png"))
    if hasattr(image, "save") and hasattr(image, "mode"):  # PIL
        buffer = BytesIO()
        image.save(buffer, "PNG")
        return Kept("image", ".png", buffer.getvalue())
    return Kept("image", ".png", png(as_array(image)))


def figure_of(figure: Any) -> Kept:
    """Return a figure. Raises ValueError, TypeError."""
    if hasattr(figure, "savefig"):
        return Kept("figure", ".svg", _saved(figure, "svg"))
    if hasattr(figure, "to_json"):
        return Kept("figure", ".plotly.json", str(figure.to_json()).encode())
    return image_of(figure)


def _saved(figure: Any, kind: str) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format=kind)
    return buffer.getvalue()


def as_array(values: Any) -> Any:
    """Return a tensor of PyTorch or TensorFlow as an array of numpy, anything else as it is."""
    for step in ("detach", "cpu", "numpy"):
        convert = getattr(values, step, None)
        values = convert() if callable(convert) else values
    return values


def _json(what: str, value: dict[str, object]) -> Kept:
    return Kept(what, ".json", writing.encoded(value).encode("ascii"))

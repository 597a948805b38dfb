"""The canonical form of a notebook: its cells and nothing that comes of running them, a line of source a line of text."""

from __future__ import annotations

import json
from typing import Any

NOTEBOOK = ".ipynb"

# What decides how a notebook runs: its kernel, and the cells that hold parameters. Papermill writes times beside them.
_KEPT = ("tags", "name")
_KEPT_OF = {"kernelspec": ("name", "language"), "papermill": ("parameters",)}


def stripped(data: bytes) -> bytes:
    """Return a notebook without outputs, execution numbers and editors' state. What is no notebook comes back as it is.

    Doing it twice is the same as once, and two notebooks differ in the lines in which their cells differ.
    """
    try:
        notebook = json.loads(data)
        cells = [_cell(each) for each in notebook["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return data
    bare = {
        "cells": cells,
        "metadata": _metadata(notebook.get("metadata")),
        "nbformat": notebook.get("nbformat"),
        "nbformat_minor": notebook.get("nbformat_minor"),
    }
    return (json.dumps(bare, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "surrogatepass")


def code_cells(data: bytes) -> list[tuple[str, str]]:
    """Return the id and source of each cell of code in a notebook; none of what is no notebook."""
    try:
        cells = json.loads(data)["cells"]
        return [(str(each.get("id", "")), _source(each)) for each in cells if each.get("cell_type") == "code"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: cell[name] for name in ("cell_type", "id", "attachments") if name in cell}
    lines = _source(cell).splitlines(keepends=True)
    kept |= {"source": lines, "metadata": _metadata(cell.get("metadata"))}
    # The format of notebooks asks for these in a cell of code.
    return kept | ({"outputs": [], "execution_count": None} if cell.get("cell_type") == "code" else {})


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def _metadata(metadata: Any) -> dict[str, Any]:
    given = metadata if isinstance(metadata, dict) else {}
    kept = {name: given[name] for name in _KEPT if given.get(name)}
    for name, members in _KEPT_OF.items():
        inside = given.get(name)
        chosen = {each: inside[each] for each in members if inside.get(each)} if isinstance(inside, dict) else {}
        kept |= {name: chosen} if chosen else {}
    return kept

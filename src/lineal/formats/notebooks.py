"""Notebooks as lines of text that can be compared: their cells in order, without what they printed."""

from __future__ import annotations

import msgspec

from lineal.objects.prepared import prepared


class _Cell(msgspec.Struct):
    cell_type: str = "code"
    source: str | list[str] = ""


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


def notebook_lines(data: bytes) -> list[str] | None:
    """Return the lines of the cells of a notebook, each behind a line that says what it is; None when it is none."""
    try:
        notebook = msgspec.json.decode(data, type=prepared(_Notebook))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    lines: list[str] = []
    for cell in notebook.cells:
        text = cell.source if isinstance(cell.source, str) else "".join(cell.source)
        lines += [f"# {cell.cell_type} cell", *text.splitlines(), ""]
    return lines

"""Rows as CSV, for spreadsheets and programs. What somebody wrote is a text in every cell, and never a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would work out, and with it fetch what it names."""


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV by RFC 4180; a text that begins as a formula gets an apostrophe before it."""
    written = io.StringIO()
    csv.writer(written).writerows([_cell(each) for each in row] for row in rows)
    return written.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

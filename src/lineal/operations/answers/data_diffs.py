"""Answers about in what two versions of data differ."""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.checks.comparing.files import FileChange
from lineal.checks.comparing.rows import RowChanges
from lineal.checks.comparing.tables import ColumnChange
from lineal.objects.datasets import Column
from lineal.operations.answers.answer import Answer


class FileCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many files differ, and in which way."""

    added: int = 0
    removed: int = 0
    modified: int = 0
    renamed: int = 0


class TableDiff(Answer, frozen=True, kw_only=True):
    """In what two tables differ. ``was`` is what the left one is called when that is another name."""

    name: str
    change: Literal["added", "removed", "changed"]
    was: str = ""
    left_rows: int | None = None
    right_rows: int | None = None
    left_columns: tuple[Column, ...] = ()
    right_columns: tuple[Column, ...] = ()
    columns: tuple[ColumnChange, ...] = ()
    """What changed, the largest change first."""
    rows: RowChanges | None = None


class DataDiff(Answer, frozen=True, kw_only=True):
    """Everything in which two versions of data differ. Of very many files, the first thousand are listed."""

    left: str
    right: str
    same: bool
    counts: FileCounts
    left_bytes: int
    right_bytes: int
    files: tuple[FileChange, ...] = ()
    tables: tuple[TableDiff, ...] = ()
    gaps: tuple[str, ...] = ()
    """What of the tables could not be compared."""

"""Answers about datasets."""

from __future__ import annotations

from typing import Literal

from lineal.formats.summaries import ColumnSummary
from lineal.objects.datasets import Column, DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.sources import Source
from lineal.objects.statements import Sighting
from lineal.operations.answers.answer import Answer


class TableAnswer(Answer, frozen=True, kw_only=True):
    """A table in a dataset: one file, or files with the same columns. ``profile`` is the digest of all that is told."""

    name: str
    format: str
    file_count: int
    size_bytes: int
    row_count: int
    columns: tuple[Column, ...]
    profile: Digest
    partitions: tuple[str, ...] = ()
    """Columns that stand in the paths."""
    summaries: tuple[ColumnSummary, ...] = ()


class DatasetAnswer(Answer, frozen=True, kw_only=True):
    """A version of a dataset."""

    reference: str
    name: str
    number: int
    digest: Digest
    dataset: DatasetVersion
    added_by: str
    created_at: int
    message: str = ""
    created: bool = False
    """Whether this call made it; an unchanged dataset keeps its version."""
    read_by: tuple[str, ...] = ()
    """Runs that read it."""
    written_by: tuple[str, ...] = ()
    """Runs that wrote what is in it."""
    origin_of: tuple[str, ...] = ()
    """Model versions that came from it, however far back."""
    source: Source | None = None
    """Where its content came from, or stands when the store does not hold it."""
    seen: Sighting | None = None
    """When the source was last seen to hold it."""
    tables: tuple[TableAnswer, ...] = ()
    gaps: tuple[str, ...] = ()
    """What of its tables could not be read, or was not yet."""


class SourceCheck(Answer, frozen=True, kw_only=True):
    """Whether the source of a dataset version is still what it was."""

    reference: str
    place: str
    state: Literal["unchanged", "superseded", "changed", "gone"]
    sentence: str

    @property
    def exit_status(self) -> int:
        """4 when it changed and 3 when it is gone, as whoever then wants its content gets."""
        return {"changed": 4, "gone": 3}.get(self.state, 0)

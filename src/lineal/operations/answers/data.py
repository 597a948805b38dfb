"""Answers about datasets and files."""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.checks.comparing.files import FileChange
from lineal.checks.comparing.rows import RowChanges
from lineal.checks.comparing.tables import ColumnChange
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


class Contents(Answer, frozen=True, kw_only=True):
    """The files of a dataset version, a model version or a run: their tree, and how much is in it."""

    reference: str
    tree: Digest
    file_count: int
    size_bytes: int
    kept: bool = True
    """Whether the store holds them; otherwise they stand at the source of the dataset version."""


class FileLine(Answer, frozen=True, kw_only=True):
    """One file of a tree."""

    path: str
    digest: Digest
    size_bytes: int
    mode: str


class Placed(Answer, frozen=True, kw_only=True):
    """Files that were put in place."""

    reference: str
    tree: Digest
    path: str
    written: int
    removed: int
    kept: int


class Transfer(Answer, frozen=True, kw_only=True):
    """Bytes that went to a remote or came from one. ``files`` and ``size_bytes`` are what was moved; the rest was there.

    ``locked`` says how a version that must be kept is locked there.
    """

    reference: str
    remote: str
    files: int
    size_bytes: int
    present: int = 0
    locked: str = ""


class Changes(Answer, frozen=True, kw_only=True):
    """What differs between a place in the workspace and the tree that was last added from it, or put there.

    ``lost`` are those of the modified and removed files whose bytes were the store's own too, and went with an edit in place.
    """

    path: str
    tree: Digest
    reference: str = ""
    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unchanged: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.modified or self.removed)


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

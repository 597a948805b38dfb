"""Answers that are pages of a table: runs as people compare them, and experiments."""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.objects.runs import RunState
from lineal.operations.answers.answer import Answer
from lineal.operations.answers.questions import Cell

ColumnKind = Literal["metrics", "params", "tags"]


class Column(msgspec.Struct, frozen=True):
    """A column of a table of runs: the metric, parameter or tag that is in it.

    ``differs`` tells whether it is not the same in all rows.
    """

    kind: ColumnKind
    name: str
    differs: bool = False

    @property
    def text(self) -> str:
        """How it is written in addresses and searches."""
        return f"{self.kind}.{self.name}"


class UsedData(msgspec.Struct, frozen=True):
    """A dataset that a run used: what it is called, and its reference where it is one of ours."""

    name: str
    reference: str = ""
    context: str = ""


class MadeVersion(msgspec.Struct, frozen=True):
    """A version of a model that was made of a run."""

    reference: str
    stage: str


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a table. ``values`` are those of the table's columns, None where it has none.

    ``source`` is the command, or what its program says that it is. ``parent`` is the id of the run within which it was
    started, and ``child_count`` counts those within it; a hundred and one stands for more.
    """

    id: str
    reference: str
    name: str
    state: RunState | Literal["scheduled"]
    experiment: int
    experiment_name: str
    started_at: int
    ended_at: int | None
    duration_ms: int | None
    author: str
    source: str
    commit: str = ""
    parent: str = ""
    parent_name: str = ""
    child_count: int = 0
    datasets: tuple[UsedData, ...] = ()
    versions: tuple[MadeVersion, ...] = ()
    deleted_at: int | None = None
    values: tuple[Cell, ...] = ()


class RunTable(Answer, frozen=True, kw_only=True):
    """A page of a table of runs, with what else its rows have that could be a column: names by kind, what differs first.

    ``fields`` are the other columns that are shown. ``note`` says what the search took for granted; ``next_page`` asks
    for what comes behind.
    """

    rows: tuple[RunRow, ...]
    fields: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    names: dict[ColumnKind, tuple[str, ...]] = {}
    note: str = ""
    next_page: str = ""


class ExperimentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment in a list. ``run_count`` is no more than what was counted where ``has_more_runs``.

    ``happened_at``: when it was changed, or its newest run began.
    """

    number: int
    name: str
    state: Literal["active", "deleted"]
    created_by: str
    created_at: int
    happened_at: int
    run_count: int
    has_more_runs: bool
    description: str = ""


class ExperimentTable(Answer, frozen=True, kw_only=True):
    """A page of experiments. ``next_page`` asks for what comes behind."""

    rows: tuple[ExperimentRow, ...]
    next_page: str = ""

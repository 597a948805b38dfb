"""Answers to questions that go across: differences, lineage, searches, the journal."""

from __future__ import annotations

from lineal.checks.comparing.sources import SourceChange
from lineal.checks.comparing.tensors import LayerChange, TensorChange
from lineal.objects.digest import Digest
from lineal.operations.answers.answer import Answer
from lineal.operations.answers.data_diffs import TableDiff
from lineal.operations.answers.models import RunAnswer, VersionLine


class Difference(Answer, frozen=True, kw_only=True):
    """One thing that differs. Absent on a side: empty there. ``note`` tells by how much, or which way."""

    part: str
    name: str
    left: str = ""
    right: str = ""
    note: str = ""


class ModelFileDiff(Answer, frozen=True, kw_only=True):
    """What changed in a file of a model, tensor by tensor.

    ``was`` is what the left one is called when that is another name; ``note`` says what was not compared. Of very many
    changes and facts, the first are listed; the counts are those of all.
    """

    path: str
    was: str = ""
    format: str = ""
    equal_count: int = 0
    change_count: int = 0
    changes: tuple[TensorChange, ...] = ()
    layers: tuple[LayerChange, ...] = ()
    facts: tuple[Difference, ...] = ()
    note: str = ""


class Diff(Answer, frozen=True, kw_only=True):
    """Everything in which two versions or two runs differ; ``equal`` names the parts that do not.

    ``sources`` are the files of the code, ``tables`` what is in the data that changed, ``models`` the files of models.
    ``gaps`` say what could not be compared. Of two runs, ``left_name`` and ``right_name`` are what people call them.
    """

    left: str
    right: str
    same: bool
    left_name: str = ""
    right_name: str = ""
    differences: tuple[Difference, ...] = ()
    equal: tuple[str, ...] = ()
    sources: tuple[SourceChange, ...] = ()
    tables: tuple[TableDiff, ...] = ()
    models: tuple[ModelFileDiff, ...] = ()
    gaps: tuple[str, ...] = ()


class Node(Answer, frozen=True, kw_only=True):
    """A thing in the lineage. ``depth`` counts the steps from where the question began; upstream is positive."""

    digest: str
    kind: str
    reference: str
    depth: int


class Edge(Answer, frozen=True, kw_only=True):
    """``child`` came from ``parent``; ``trust`` is verified, declared or inferred."""

    child: str
    parent: str
    role: str
    trust: str
    detail: str = ""


class Lineage(Answer, frozen=True, kw_only=True):
    """The graph around a thing, from raw data to deployments."""

    reference: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool = False


class Found(Answer, frozen=True, kw_only=True):
    """A page of what a search found: versions or runs, best first. ``next_page`` asks for what comes behind it."""

    query: str
    versions: tuple[VersionLine, ...] = ()
    runs: tuple[RunAnswer, ...] = ()
    note: str = ""
    next_page: str = ""


Cell = str | int | float | bool | None
"""A value in a row of an answer in SQL; numbers that are not finite are words."""


class SqlAnswer(Answer, frozen=True, kw_only=True):
    """The rows of a question in SQL. ``is_cut`` tells that there are more."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_cut: bool = False


class LogLine(Answer, frozen=True, kw_only=True):
    """One act."""

    sequence: int
    at: int
    by: str
    operation: str
    subject: str
    outcome: str
    request: str
    detail: str
    digest: Digest

"""Answers about in what two versions or runs differ."""

from __future__ import annotations

from lineal.checks.comparing.sources import SourceChange
from lineal.checks.comparing.tensors import LayerChange, TensorChange
from lineal.operations.answers.answer import Answer
from lineal.operations.answers.data_diffs import TableDiff


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

"""Answers to questions that go across: searches, SQL, the journal."""

from __future__ import annotations

from lineal.objects.digest import Digest
from lineal.operations.answers.answer import Answer
from lineal.operations.answers.models import RunAnswer, VersionLine


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

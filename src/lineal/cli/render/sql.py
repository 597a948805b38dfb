"""Answers in rows and columns, as people read them."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.cli.render.page import Page
from lineal.operations.answers.questions import Cell, SqlAnswer


def table(answer: SqlAnswer, page: Page) -> Iterator[str]:
    """Yield the rows of an answer in SQL; numbers stand right, and nothing is a dash."""
    numeric = [
        name
        for place, name in enumerate(answer.columns)
        if answer.rows and all(isinstance(row[place], int | float | None) for row in answer.rows)
    ]
    yield from page.table(answer.columns, ([_text(each) for each in row] for row in answer.rows), right=numeric)


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.6g}"
    return "—" if cell is None else str(cell)

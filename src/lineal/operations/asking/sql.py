"""The verb for questions in SQL."""

from __future__ import annotations

import math
from decimal import Decimal

from lineal.objects.errors import Invalid
from lineal.operations.answers.questions import Cell, SqlAnswer
from lineal.operations.operation import operation
from lineal.query.views import VIEWS
from lineal.storage.database.asking import Question
from lineal.storage.store import Store

ROWS_MAX, TIMEOUT_S_MAX = 100_000, 300

_WORDS = {math.inf: "Infinity", -math.inf: "-Infinity"}


@operation("sql", effect="reads")
def sql(store: Store, query: str, *, limit: int = 1_000, timeout_s: int = 10) -> SqlAnswer:
    """Answer a question in SQL over the documented views. Nothing can be changed with it, and nothing else be read.

    Args:
        query: one SELECT, for example "select state, count(*) as runs from runs group by state".
        limit: at most so many rows.
        timeout_s: give up after so many seconds.

    Raises:
        Invalid: it cannot be read, reads more than the views, calls what it may not, or takes too long.
    """
    if not 1 <= limit <= ROWS_MAX or not 1 <= timeout_s <= TIMEOUT_S_MAX:
        raise Invalid(
            "that many rows or seconds make no sense",
            hint=f"at most {ROWS_MAX:,} rows and {TIMEOUT_S_MAX} seconds, at least one of each",
        )
    found = store.database.ask(Question(query, {each.name: each.sql for each in VIEWS}, limit, timeout_s))
    return SqlAnswer(
        columns=found.columns,
        rows=tuple(tuple(map(_cell, row)) for row in found.rows),
        is_cut=found.is_cut,
    )


def _cell(value: object) -> Cell:
    """Return a value as every database and JSON know it."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return _WORDS.get(value, "NaN")
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)

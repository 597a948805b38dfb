"""A question in SQL that a person wrote, over views: what it may do, and what comes back.

Nobody knows what stands in it. So it is carried out where nothing can be changed, may read the views and nothing else, call the
functions below and no others, and ends when it takes too long or finds too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lineal.objects.errors import Invalid

FUNCTIONS = frozenset(
    # of rows
    "avg count max min sum total string_agg group_concat row_number rank dense_rank percent_rank cume_dist ntile lag lead"
    " first_value last_value nth_value stddev variance stddev_pop stddev_samp var_pop var_samp corr"
    # of numbers
    " abs ceil ceiling floor round trunc sign mod power pow sqrt exp ln log log10 acos asin atan atan2 cos sin tan pi degrees"
    " radians int4 int8 float8 numeric"
    # of texts
    " length lower upper trim ltrim rtrim btrim substr substring replace instr strpos position like like_escape text concat"
    # of anything
    " coalesce ifnull nullif iif date_part extract to_timestamp date datetime strftime unixepoch julianday time".split()
)
"""The functions that a question may call; which of them there are, the database says."""

BYTES_MAX = 32 << 20
"""The texts of an answer are so long altogether, about."""

SQL_CHARACTERS_MAX = 20_000

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Question(NamedTuple):
    """SQL to be answered.

    Args:
        sql: one statement that reads.
        views: the SQL of each view by its name; ``{main}`` stands before tables that are called as a view is.
        rows_max: so many rows are read.
        timeout_s: after so many seconds it is given up.
    """

    sql: str
    views: Mapping[str, str]
    rows_max: int
    timeout_s: float

    @property
    def used(self) -> dict[str, str]:
        """The views whose names stand in the text, whatever they mean there."""
        words = {each.lower() for each in _WORD.findall(self.sql)}
        return {name: sql for name, sql in self.views.items() if name in words}


class Asked(NamedTuple):
    """What came back. ``is_cut`` tells that there is more."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    is_cut: bool


def check(question: Question) -> None:
    """Refuse what no database should see. Raises Invalid."""
    if not question.sql.strip() or len(question.sql) > SQL_CHARACTERS_MAX or "\0" in question.sql:
        raise Invalid(
            f"a question in SQL has 1 to {SQL_CHARACTERS_MAX:,} characters", hint="for example: select name from models"
        )


def check_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of an answer's columns. Raises Invalid when two are called the same."""
    if twice := next((each for each in names if names.count(each) > 1), None):
        raise Invalid(f"two columns are called {twice}", hint="name them apart: SELECT a.x AS first, b.x AS second")
    return tuple(names)


def taken(rows: Iterable[tuple[Any, ...]], columns: Sequence[str], rows_max: int) -> Asked:
    """Return as many rows as an answer holds."""
    found, size_bytes = list[tuple[Any, ...]](), 0
    for row in rows:
        size_bytes += sum(len(each) for each in row if isinstance(each, str | bytes))
        if len(found) == rows_max or size_bytes > BYTES_MAX:
            return Asked(tuple(columns), found, is_cut=True)
        found.append(row)
    return Asked(tuple(columns), found, is_cut=False)


def too_slow(timeout_s: float) -> Invalid:
    """Return the error for a question that took too long."""
    return Invalid(
        f"the answer was not found within {timeout_s:g} seconds", hint="ask for less, or allow more with --timeout-s"
    )


def only_views(views: Iterable[str]) -> str:
    """Return the hint for a question that reads something else."""
    return "a question reads the views " + ", ".join(sorted(views))


def no_function(name: str) -> Invalid:
    """Return the error for a function that no question may call."""
    return Invalid(f"a question may not call {name}()", hint="docs/reference/sql.md lists the functions")

"""What is wanted of a search, and what it is answered with: statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from lineal.query.conditions import Values
from lineal.query.keys import Place
from lineal.query.sources import Source
from lineal.query.syntax import Condition, Every, Sort

Row = dict[str, Any]
Ask = Callable[..., list[Row]]
"""Carries out one statement, SQL and values by name, and returns its rows: the ``run`` of a database."""

View = Literal["active", "deleted", "all"]

_MARK = re.compile(r":(v\d+)\b")


class Wanted(msgspec.Struct, frozen=True):
    """A search that is answered in pages.

    Args:
        source: what is searched.
        condition: what holds for all that is found.
        sorts: what comes first.
        experiments: the numbers of the experiments that are searched; None is all of them.
        view: whether what was deleted is found.
        said: what was asked, in a word or as it was written, where the condition follows from that and from what was
            known at the time. A token goes on with the search that has the same one.
    """

    source: Source
    condition: Condition = Every(())
    sorts: tuple[Sort, ...] = ()
    experiments: tuple[int, ...] | None = None
    view: View = "active"
    said: str = ""


class Statement(NamedTuple):
    """SQL and its values."""

    sql: str
    values: dict[str, Any]


class Span(NamedTuple):
    """A part of an order: behind the row at some places, or behind all rows of a value; and before those of another value."""

    places: Sequence[Place] | None = None
    after: float | int | str | None = None
    until: float | int | str | None = None


def statement(sql: str, values: Values) -> Statement:
    """Return a statement with those values only that stand in it."""
    return Statement(sql, {name: values.bound[name] for name in _MARK.findall(sql)})

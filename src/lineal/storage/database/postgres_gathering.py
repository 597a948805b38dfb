"""Rows that are written by one statement for all who share a transaction, however many tables they go to.

A request of a program writes into half a dozen tables, and several requests share a commit. What PostgreSQL takes to begin and
end a statement is as much as what some of them do. So rows that nobody asks for meanwhile wait, and go out together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from lineal.storage.database.postgres_rows import Insert, Statement, columns, parsed, statements
from lineal.storage.database.text import with_marks, with_numbers

_WORD = re.compile(r"\w+")
_OF_ONE = re.compile(r"SELECT [\w, ]+ FROM (\w+) WHERE (\w+) = :(\w+)")
_ROWS_MAX = 2_000
"""So many wait at most: what is large gains nothing by being larger."""


class Gathered:
    """What waits to be written in a transaction."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Mapping[str, Any]]] = {}
        """What waits, by the statement that writes it."""
        self._tables = set[str]()
        self._count = 0

    @property
    def is_full(self) -> bool:
        """Whether no more should wait."""
        return self._count >= _ROWS_MAX

    def add(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Have one statement wait to be carried out for each of ``rows``."""
        if some := list(rows):
            self.rows.setdefault(sql, []).extend(some)
            self._tables.add(_table(sql))
            self._count += len(some)

    def might_meet(self, sql: str, values: Mapping[str, Any]) -> bool:
        """Tell whether a statement might see, or change, what waits: it names one of the tables, and no other row of it."""
        if self._tables.isdisjoint(_words(sql)):
            return False
        if not (asked := _of_one(sql)):
            return True
        table, column, name = asked
        return any(_table(each) == table and self._has(each, column, values.get(name)) for each in self.rows)

    def _has(self, sql: str, column: str, value: object) -> bool:
        """Tell whether one of the rows of a statement may have a value in a column."""
        known = parsed(sql)
        name = known.known.get(column) if known else None
        return name is None or any(each[name] == value for each in self.rows[sql])

    def taken(self) -> list[Statement]:
        """Return what writes all that waits, which does not wait any more."""
        waiting = sorted(self.rows.items())
        self.forget()
        if all(len(rows) == 1 for _, rows in waiting):
            return _together([(sql, rows[0]) for sql, rows in waiting])
        found = [_columns(sql, rows) for sql, rows in waiting]
        if all(found):
            return _together([each for each in found if each])
        # What cannot be one statement for all its rows replaces one by another of them, in their order.
        return [each for sql, rows in waiting for each in statements(sql, iter(rows))]

    def forget(self) -> None:
        """Let go of what waits."""
        self.rows, self._tables, self._count = {}, set(), 0


@lru_cache(maxsize=1024)
def _words(sql: str) -> frozenset[str]:
    return frozenset(_WORD.findall(sql))


@lru_cache(maxsize=1024)
def _of_one(sql: str) -> tuple[str, ...]:
    """Return of which table, by which column and named value a statement reads rows; nothing for any other statement."""
    found = _OF_ONE.fullmatch(sql)
    return found.groups() if found else ()


@lru_cache(maxsize=256)
def _table(sql: str) -> str:
    """Return the table that ``INSERT INTO table`` or ``UPDATE table`` changes."""
    first, second, third = (str(each) for each in _WORD.findall(sql)[:3])
    return third if first.upper() == "INSERT" else second


def _columns(sql: str, rows: Sequence[Mapping[str, Any]]) -> Statement | None:
    """Return one statement for rows, which depends as little as can be on what they are: each has to be understood anew."""
    if not (known := parsed(sql)):
        return None
    # PostgreSQL plans a join with one row each time it is asked, for it hopes to do better than with any number of them.
    is_lone_change = len(rows) == 1 and not isinstance(known, Insert)
    return (sql, rows[0]) if is_lone_change else columns(known, rows, sends_once=False)


def _together(found: Sequence[Statement]) -> list[Statement]:
    """Return one statement that does what several do, none of which needs to see what another one did."""
    if len(found) < 2:
        return [*found]
    sql = _joined(tuple(text for text, _ in found))
    values = {f"s{place}_{name}": value for place, (_, some) in enumerate(found) for name, value in some.items()}
    return [(sql, values)]


@lru_cache(maxsize=1024)
def _joined(texts: tuple[str, ...]) -> str:
    marked = [_marked(text, f":s{place}_") for place, text in enumerate(texts)]
    first = ", ".join(f"w{place} AS ({text})" for place, text in enumerate(marked[:-1]))
    return f"WITH {first} {marked[-1]}"


def _marked(text: str, mark: str) -> str:
    return with_marks(text, with_numbers(text)[1], lambda name: f"{mark}{name}")

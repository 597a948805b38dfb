"""Answers a question on a connection to SQLite that asks for leave at every step."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable

from lineal.objects.errors import Invalid, LinealError
from lineal.storage.database.asking import (
    BYTES_MAX,
    FUNCTIONS,
    SQL_CHARACTERS_MAX,
    Asked,
    Question,
    check,
    check_columns,
    no_function,
    only_views,
    taken,
    too_slow,
)

_STEPS = 10_000
"""After so many instructions it is looked whether there is time left: some milliseconds."""

_OPERATORS = frozenset({"like", "glob", "->", "->>"})


def ask(raw: sqlite3.Connection, question: Question, error: Callable[[sqlite3.Error], LinealError]) -> Asked:
    """Return what a question finds.

    Args:
        raw: a connection that is used for nothing else meanwhile; read-only where that can be.
        question: the question.
        error: makes our errors of those of the database.

    Raises:
        Invalid: it cannot be read, reads what it may not, or takes too long.
    """
    check(question)
    # A name that nobody guesses: SQLite says who reads a table only by the name, and a question may give names itself.
    inner = f"view_{os.urandom(16).hex()}_"
    guard = _Guard(inner, question)
    try:
        for name, sql in question.used.items():
            raw.execute(f"CREATE TEMP VIEW {inner}{name} AS {sql.format(main='main.')}")
            raw.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {inner}{name}")
        raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, BYTES_MAX)
        raw.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, SQL_CHARACTERS_MAX * 4)
        raw.set_authorizer(guard.allows)
        raw.set_progress_handler(guard.is_over, _STEPS)
        cursor = raw.execute(question.sql)
        columns = check_columns([each[0] for each in cursor.description or ()])
        return taken(cursor, columns, question.rows_max)
    except sqlite3.Error as found:
        raise guard.explained(found) or error(found) from None
    finally:
        raw.set_authorizer(None)
        raw.set_progress_handler(None, 0)
        for name in question.used:
            raw.execute(f"DROP VIEW IF EXISTS temp.{name}")
            raw.execute(f"DROP VIEW IF EXISTS temp.{inner}{name}")


class _Guard:
    """Says what a question may do, and remembers what it wanted besides."""

    def __init__(self, inner: str, question: Question) -> None:
        self._inner = inner
        self._question = question
        self._ends_at = time.monotonic() + question.timeout_s
        self._refusal: LinealError | None = None

    def allows(self, action: int, first: str | None, second: str | None, _: str | None, view: str | None) -> int:
        """Tell SQLite whether a step may be taken; ``view`` is what takes it, where that is one."""
        if action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ:
            return self._may_read(first or "", view or "")
        if action == sqlite3.SQLITE_FUNCTION:
            if second in FUNCTIONS or second in _OPERATORS or self._is_ours(view):
                return sqlite3.SQLITE_OK
            return self._refuse(no_function(str(second)))
        return self._refuse(_only_reads())

    def _may_read(self, table: str, view: str) -> int:
        if table in self._question.views or table.startswith(self._inner) or self._is_ours(view):
            return sqlite3.SQLITE_OK
        return self._refuse(Invalid(f"there is no view {table}", hint=only_views(self._question.views)))

    def _is_ours(self, view: str | None) -> bool:
        return view is not None and view.startswith(self._inner)

    def _refuse(self, error: LinealError) -> int:
        self._refusal = self._refusal or error
        return sqlite3.SQLITE_DENY

    def is_over(self) -> int:
        """Tell SQLite to give up, once the time is over."""
        return int(time.monotonic() > self._ends_at)

    def explained(self, error: sqlite3.Error) -> LinealError | None:
        """Return our error for what the database said, where we know better; the names that nobody should see are left out."""
        if self._refusal:
            return self._refusal
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            return too_slow(self._question.timeout_s)
        said = str(error).replace(self._inner, "")
        if "no such table" in said:
            name = said.rpartition(": ")[2]
            return Invalid(f"there is no view {name}", hint=only_views(self._question.views))
        if "because it is a view" in said:
            return _only_reads()
        if "one statement at a time" in said:
            return Invalid("a question is one statement", hint="ask one after the other")
        return Invalid(f"the database: {said}", hint="docs/reference/sql.md lists the views and their columns")


def _only_reads() -> Invalid:
    return Invalid("a question only reads", hint="begin it with SELECT, WITH or VALUES")

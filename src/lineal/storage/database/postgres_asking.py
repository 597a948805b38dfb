"""Answers a question in PostgreSQL: it is made a view first, which carries out nothing, and whose parts can be looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import errors
from psycopg.rows import tuple_row

from lineal.objects.errors import Invalid
from lineal.storage.database.asking import (
    FUNCTIONS,
    Asked,
    Question,
    check,
    check_columns,
    no_function,
    only_views,
    taken,
    too_slow,
)

_QUESTION, _ANSWER = "lineal_question", "lineal_answer"
_AT_ONCE = 500
_BUILT_IN = 16_384
"""The numbers of what comes with PostgreSQL are smaller."""

_RELATION = re.compile(r":relid (\d+)")
_CALL = re.compile(r":(?:funcid|aggfnoid|winfnoid) (\d+)")
_OPERATOR = re.compile(r":(?:opno|opfuncid) (\d+)")


def ask(raw: psycopg.Connection[Any], question: Question) -> Asked:
    """Return what a question finds.

    Args:
        raw: a connection without a transaction.
        question: the question.

    Raises:
        Invalid: it cannot be read, reads what it may not, or takes too long.
    """
    check(question)
    cursor = raw.cursor(row_factory=tuple_row)
    cursor.execute("BEGIN")
    try:
        views = _views(cursor, question)
        _check(cursor, question, views)
        # From here on the question is carried out, and nothing can be changed any more.
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute(f"SET LOCAL statement_timeout = {max(1, round(question.timeout_s * 1000))}")
        cursor.execute(f"DECLARE {_ANSWER} NO SCROLL CURSOR FOR {question.sql}".encode(), prepare=True)
        return _answer(cursor, question)
    except errors.QueryCanceled:
        raise too_slow(question.timeout_s) from None
    except errors.Error as error:
        raise _explained(error, question) from None
    finally:
        if not raw.closed:
            cursor.execute("ROLLBACK")


def _views(cursor: psycopg.Cursor[Any], question: Question) -> set[int]:
    """Make the views that are used, and return their numbers."""
    found = set[int]()
    for name, sql in question.used.items():
        cursor.execute(f"CREATE TEMP VIEW {name} AS {sql.format(main='')}".encode())
        cursor.execute("SELECT CAST(CAST(%s AS regclass) AS bigint)", (f"pg_temp.{name}",))
        found.update(row[0] for row in cursor)
    return found


def _check(cursor: psycopg.Cursor[Any], question: Question, views: set[int]) -> None:
    """Refuse what is more than a question over the views, by how the database itself understands it. Raises Invalid."""
    # Prepared, so that it can be one statement only.
    cursor.execute(f"CREATE TEMP VIEW {_QUESTION} AS {question.sql}".encode(), prepare=True)
    cursor.execute(
        "SELECT CAST(ev_class AS bigint), CAST(ev_action AS text) FROM pg_rewrite WHERE ev_class = CAST(%s AS regclass)",
        (f"pg_temp.{_QUESTION}",),
    )
    rows = cursor.fetchall()
    own, tree = rows[0][0], " ".join(row[1] for row in rows)
    numbers = {int(each) for each in _RELATION.findall(tree)}
    if strangers := numbers - views - {own, 0}:
        cursor.execute("SELECT relname FROM pg_class WHERE oid = %s", (min(strangers),))
        raise Invalid(f"there is no view {_one(cursor)}", hint=only_views(question.views))
    calls = {int(each) for each in _CALL.findall(tree)}
    cursor.execute(
        "SELECT proname, CAST(oid AS bigint) FROM pg_proc WHERE oid = ANY(%s) AND oid NOT IN (SELECT castfunc FROM pg_cast)"
        " ORDER BY proname",
        (list(calls),),
    )
    for name, number in cursor:
        if name not in FUNCTIONS or number >= _BUILT_IN:
            raise no_function(name)
    if any(int(each) >= _BUILT_IN for each in _OPERATOR.findall(tree)):
        raise Invalid("a question uses the operators that every PostgreSQL has", hint="write it without that operator")


def _one(cursor: psycopg.Cursor[Any]) -> str:
    row = cursor.fetchone()
    return str(row[0]) if row else ""


def _answer(cursor: psycopg.Cursor[Any], question: Question) -> Asked:
    cursor.execute(f"FETCH {_AT_ONCE} FROM {_ANSWER}")
    columns = check_columns([each.name for each in cursor.description or ()])

    def rows() -> Iterator[tuple[Any, ...]]:
        while found := cursor.fetchall():
            yield from found
            cursor.execute(f"FETCH {_AT_ONCE} FROM {_ANSWER}")

    return taken(rows(), columns, question.rows_max)


def _explained(error: psycopg.Error, question: Question) -> Invalid:
    said = (error.diag.message_primary or str(error).strip()).replace(_QUESTION, "the question")
    if isinstance(error, errors.UndefinedTable):
        name = said.split('"')[1] if '"' in said else ""
        return Invalid(f"there is no view {name}", hint=only_views(question.views))
    if isinstance(error, errors.DuplicateColumn):
        name = said.split('"')[1] if '"' in said else ""
        return Invalid(f"two columns are called {name}", hint="name them apart: SELECT a.x AS first, b.x AS second")
    if "multiple commands" in said:
        return Invalid("a question is one statement", hint="ask one after the other")
    if isinstance(error, errors.SyntaxError | errors.FeatureNotSupported | errors.ReadOnlySqlTransaction):
        return Invalid(f"the database: {said}", hint="a question only reads: begin it with SELECT, WITH or VALUES")
    return Invalid(f"the database: {said}", hint="docs/reference/sql.md lists the views and their columns")

"""Queries on PostgreSQL: every row of one snapshot, nothing changed, and never more than one SELECT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import errors
from psycopg.rows import TupleRow

from lineal.formats.result import Row
from lineal.objects.canonical import Scalar
from lineal.objects.errors import Denied, LinealError, NotFound, Unavailable
from lineal.storage.database.text import with_marks
from lineal.storage.sources.addresses import reason
from lineal.storage.sources.query import BATCH_ROWS, Rows, check_params, sql_error

_CONNECT_S = 10

_SNAPSHOT = (
    "SELECT pg_current_snapshot()::text || ' at ' ||"
    " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END"
)

_ERRORS: tuple[tuple[type[psycopg.Error], type[LinealError], str], ...] = (
    (errors.UndefinedTable, NotFound, "check the query and the connection"),
    (errors.InvalidCatalogName, NotFound, "check the connection's address"),
    (errors.InsufficientPrivilege, Denied, "grant the database's user the right to read"),
    (errors.InvalidPassword, Denied, "check the password: in the variable, or in ~/.pgpass"),
    (errors.InvalidAuthorizationSpecification, Denied, "check the user in the connection's address"),
    (errors.QueryCanceled, Unavailable, "the server ended the query; ask for less, or raise statement_timeout"),
    (errors.OperationalError, Unavailable, "check that the database server runs and can be reached"),
)
"""The first that fits; whatever else the server says, it says of the SQL."""


@contextmanager
def run(url: str, _: Path, sql: str, params: Mapping[str, Scalar]) -> Iterator[Rows]:
    """Give the rows of a query in one repeatable-read, read-only transaction."""
    check_params(sql, params)
    marked = with_marks(sql.replace("%", "%%"), params, "%({})s".format) if params else sql
    with _told(), psycopg.connect(url, connect_timeout=_CONNECT_S) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET LOCAL TIME ZONE 'UTC'")
        read_at, snapshot = _moment(connection)
        # A cursor exists only for a SELECT; prepared, the text cannot hold a second statement that ends the transaction.
        declared = f"DECLARE lineal NO SCROLL CURSOR FOR {marked}"
        connection.execute(declared.encode(), dict(params) or None, prepare=True)
        cursor = _fetch(connection)
        names = [each.name for each in cursor.description or ()]
        yield Rows(names, _types(connection, cursor), _batches(connection, cursor), read_at, snapshot)


def _fetch(connection: psycopg.Connection[TupleRow]) -> psycopg.Cursor[TupleRow]:
    return connection.execute(f"FETCH FORWARD {BATCH_ROWS} FROM lineal".encode())


def _types(connection: psycopg.Connection[TupleRow], cursor: psycopg.Cursor[TupleRow]) -> list[str]:
    """Return the types of the columns in the server's words, which change less often than a driver's."""
    result = cursor.pgresult
    found = [(result.ftype(each), result.fmod(each)) for each in range(result.nfields)] if result else []
    return [
        str(row[0])
        for each in found
        for row in connection.execute("SELECT format_type(%s::oid, %s::int4)", each).fetchall()
    ]


def _batches(connection: psycopg.Connection[TupleRow], cursor: psycopg.Cursor[TupleRow]) -> Iterator[Sequence[Row]]:
    while batch := cursor.fetchall():
        yield batch
        cursor = _fetch(connection)


def _moment(connection: psycopg.Connection[TupleRow]) -> tuple[int, str]:
    """Return the transaction's time in milliseconds since 1970 UTC, and what the server calls its snapshot."""
    row = connection.execute("SELECT now()").fetchone()
    now: datetime = row[0] if row else datetime.now(UTC)
    try:
        with connection.transaction():  # what only speaks like PostgreSQL may know no snapshots
            found = connection.execute(_SNAPSHOT).fetchone()
    except psycopg.Error:
        found = None
    return round(now.timestamp() * 1000), found[0] if found else ""


@contextmanager
def _told() -> Iterator[None]:
    """Turn the driver's errors into ours; none of them tells the address."""
    try:
        yield
    except psycopg.Error as error:
        found = next(((kind, hint) for theirs, kind, hint in _ERRORS if isinstance(error, theirs)), None)
        if not found:
            raise sql_error(reason(error)) from None
        raise found[0](f"the database says: {reason(error)}", hint=found[1]) from None

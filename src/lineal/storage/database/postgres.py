"""PostgreSQL: for a team, several servers on one database."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from lineal.objects.errors import Conflict, Invalid, LinealError, Unavailable
from lineal.storage.database.database import Row

try:
    import psycopg
    from psycopg.rows import dict_row
except ImportError:  # an extra: most people need no PostgreSQL
    raise Invalid("PostgreSQL needs a driver that is not installed", hint="pip install 'lineal[postgres]'") from None

_NAME = re.compile(r"'(?:[^']|'')*'|::|:([a-z_][a-z0-9_]*)|%")


def translated(sql: str) -> str:
    """Return our text with the marks of psycopg: ``:name`` becomes ``%(name)s``, outside of quotes and casts."""
    return _NAME.sub(lambda found: _mark(found[0], found[1]), sql)


def _mark(text: str, name: str | None) -> str:
    return f"%({name})s" if name else text.replace("%", "%%")


class Postgres:
    """A database on a server, with one connection a thread.

    Args:
        url: ``postgresql://user:password@host:port/name``.
    """

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()

    def run(self, sql: str, **values: object) -> list[Row]:
        """Run one statement and return its rows, or none."""
        with self._told():
            cursor = self._connection().execute(translated(sql), values)  # type: ignore[arg-type] - our own texts
            return cursor.fetchall() if cursor.description else []

    def many(self, sql: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Run one statement for each of ``rows``, in one transaction."""
        with self.transaction(), self._told(), self._connection().cursor() as cursor:
            cursor.executemany(translated(sql), [dict(row) for row in rows])  # type: ignore[arg-type]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Give a block whose statements all happen, or none; inside another block it is part of that one."""
        if getattr(self._local, "depth", 0):
            yield
            return
        with self._told():
            connection = self._connection()
            connection.execute("BEGIN")
        self._local.depth = 1
        try:
            yield
            with self._told():
                connection.execute("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK")
            raise
        finally:
            self._local.depth = 0

    def close(self) -> None:
        """Let go of this thread's connection."""
        if connection := getattr(self._local, "connection", None):
            connection.close()
            self._local.connection = None

    def _connection(self) -> psycopg.Connection[dict[str, Any]]:
        found: psycopg.Connection[dict[str, Any]] | None = getattr(self._local, "connection", None)
        if found is None or found.closed:
            # A server that was restarted closed our connections; the next statement opens a new one.
            found = psycopg.connect(self._url, autocommit=True, row_factory=dict_row, connect_timeout=10)
            self._local.connection = found
        return found

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong in our own errors."""
        try:
            yield
        except psycopg.Error as error:
            raise _error(error) from error


def _error(error: psycopg.Error) -> LinealError:
    if isinstance(error, psycopg.errors.IntegrityError | psycopg.errors.SerializationFailure):
        return Conflict(f"another writer was faster: {error}".strip(), hint="read again and retry")
    if isinstance(error, psycopg.errors.DiskFull | psycopg.errors.ReadOnlySqlTransaction):
        return Unavailable(f"the database cannot be written: {error}".strip(), hint="ask who runs it")
    if isinstance(error, psycopg.OperationalError):
        return Unavailable(f"the database cannot be reached: {error}".strip(), hint="check its address and that it runs")
    raise error

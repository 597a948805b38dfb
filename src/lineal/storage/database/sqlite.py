"""SQLite: the default, a file beside the data."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from lineal.objects.errors import Conflict, Corrupt, LinealError, Unavailable
from lineal.storage.database.database import Row

_WAIT_S = 30
"""How long a writer waits for another one. A write of ours takes milliseconds; whoever holds it longer is stuck."""


class Sqlite:
    """A database in a file, with one connection a thread.

    Args:
        path: the file, made when it is missing.
        read_only: open it for reading only; then it must exist.
    """

    dialect = "sqlite"

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._local = threading.local()

    def run(self, sql: str, **values: object) -> list[Row]:
        """Run one statement and return its rows, or none."""
        with self._told():
            return [dict(row) for row in self._connection().execute(sql, values).fetchall()]

    def many(self, sql: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Run one statement for each of ``rows``, in one transaction."""
        with self.transaction(), self._told():
            self._connection().executemany(sql, [dict(row) for row in rows])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Give a block whose statements all happen, or none; inside another block it is part of that one."""
        connection = self._connection()
        if connection.in_transaction:
            yield
            return
        with self._told():
            # IMMEDIATE: a read that later turns into a write could find that another writer was faster.
            connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._told():
                connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Let go of this thread's connection."""
        if connection := getattr(self._local, "connection", None):
            connection.close()
            self._local.connection = None

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            with self._told():
                found = self._local.connection = self._opened()
        return found

    def _opened(self) -> sqlite3.Connection:
        mode = "ro" if self._read_only else "rwc"
        # A name in a URI may hold neither ? nor #; quoting both keeps every path usable.
        name = str(self._path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        connection = sqlite3.connect(f"file:{name}?mode={mode}", uri=True, timeout=_WAIT_S, isolation_level=None)
        connection.row_factory = sqlite3.Row
        if not self._read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            # FULL: an act that was answered survives a power cut.
            connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong in our own errors."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _error(self, error: sqlite3.Error) -> LinealError:
        if isinstance(error, sqlite3.IntegrityError):
            return Conflict(f"another writer was faster: {error}", hint="read again and retry")
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return Corrupt(f"{self._path} is no sound database: {error}", hint="restore it from a copy")
        if isinstance(error, sqlite3.OperationalError) and code in _PLACE:
            return Unavailable(f"{self._path} cannot be used: {error}", hint=_PLACE[code])
        raise error


_PLACE = {
    sqlite3.SQLITE_FULL: "free some space on its disk",
    sqlite3.SQLITE_READONLY: "make the directory writable, or use another repository",
    sqlite3.SQLITE_CANTOPEN: "check that its directory exists and may be written",
    sqlite3.SQLITE_IOERR: "check its disk",
    sqlite3.SQLITE_BUSY: "another process has held the database for too long; end it",
    sqlite3.SQLITE_LOCKED: "another process has held the database for too long; end it",
    sqlite3.SQLITE_PERM: "check its permissions",
}
"""What to do when the place where the database is fails."""

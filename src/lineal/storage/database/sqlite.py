"""Rows in one file, with nothing to start: the default."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

from lineal.objects.errors import Busy, Conflict, Corrupt, Invalid, LinealError, Unavailable
from lineal.storage.database.asking import Asked, Question
from lineal.storage.database.database import Later, Row
from lineal.storage.database.sqlite_asking import ask
from lineal.storage.database.sqlite_files import is_complete, is_full, make, may_be_written
from lineal.storage.database.sqlite_log import Log
from lineal.storage.database.stopping import current
from lineal.storage.database.transactions import Transactions
from lineal.storage.turns import Turn, patience

MEMORY = ":memory:"
_BEGIN = "BEGIN IMMEDIATE"
_WAITS_S = 15.0
"""So long is waited for a turn to write, and then for one that writes out of turn."""

_BUSY = "PRAGMA busy_timeout = {}"
_SETTINGS = (
    _BUSY.format(round(_WAITS_S * 1000)),
    "PRAGMA temp_store = MEMORY",
    "PRAGMA foreign_keys = ON",
    "PRAGMA case_sensitive_like = ON",
    "PRAGMA synchronous = FULL",
)
_CACHE_KIB, _CACHE_OF_MORE_KIB = 32_768, 4_096
"""Of the first connection, and of each other one. With the two thousand by default, a change of a large table writes and reads
its pages again and again; a server has a connection a thread, and must stay small."""

_IN_A_HURRY = (
    "PRAGMA busy_timeout = 0",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA wal_autocheckpoint = 0",
    f"PRAGMA cache_size = -{2 * _CACHE_KIB}",
)
"""There is one such connection, and all small changes of a server are made on it. Others put their pages from the log into the file."""

_process = [os.getpid()]
"""The number of this process. Asking the system each time would cost as much as a small statement."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _process.__setitem__(0, os.getpid()))

_SAID = (sqlite3.Error, OverflowError, UnicodeEncodeError)
"""What a statement says of itself, or of a value that it cannot take."""

_WAL_WAITS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_SPACE = "check the disk's free space and permissions"
_FULL = "free some space on this disk: a megabyte is enough for lineal gc, which makes more"
_HELD = "another program holds the database; retry when it is done"

# sqlite.org/rescode.html, by the primary code.
_ERRORS: dict[int, tuple[type[LinealError], str]] = {
    sqlite3.SQLITE_CONSTRAINT: (Conflict, "read it again and retry"),
    sqlite3.SQLITE_CORRUPT: (Corrupt, "restore the file from a copy"),
    sqlite3.SQLITE_NOTADB: (Corrupt, "restore the file from a copy"),
    sqlite3.SQLITE_BUSY: (Busy, _HELD),
    sqlite3.SQLITE_LOCKED: (Busy, _HELD),
    sqlite3.SQLITE_PROTOCOL: (Busy, _HELD),
    sqlite3.SQLITE_READONLY: (Unavailable, _SPACE),
    sqlite3.SQLITE_FULL: (Unavailable, _SPACE),
    sqlite3.SQLITE_CANTOPEN: (Unavailable, _SPACE),
    sqlite3.SQLITE_IOERR: (Unavailable, _SPACE),
    sqlite3.SQLITE_PERM: (Unavailable, _SPACE),
    sqlite3.SQLITE_AUTH: (Unavailable, _SPACE),
}


class _Connection:
    """A connection, and the transactions that are open on it."""

    def __init__(self, name: str, where: str) -> None:
        self._where = where
        self._turn = Turn(str(Path(where).absolute().parent)) if where != MEMORY else None
        self._waits_ms = round(_WAITS_S * 1000)
        self.hurries = False
        try:
            self.raw = sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise self.error(error) from None
        self.transactions = Transactions(self._bound if self._turn else self.execute, _BEGIN)

    def execute(self, sql: str, values: Mapping[str, Any] = {}) -> list[Row]:
        """Carry out one statement."""
        try:
            cursor = self.raw.execute(sql, values)
            if cursor.description is None:
                return []
            names = [each[0] for each in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except _SAID as error:
            raise self.error(error) from None

    def _bound(self, sql: str) -> None:
        """Carry out a statement that begins or ends a transaction, which has its turn among those of other processes."""
        if sql == _BEGIN:
            self._await_turn()
        try:
            self.execute(sql)
        finally:
            if self._turn and not self.raw.in_transaction:
                self._turn.release()

    def _await_turn(self) -> None:
        """Wait until nobody before us writes. Raises Busy where that is too long for whoever asks."""
        left = 0.0 if self.hurries else patience()
        if self._turn and not self._turn.take(min(left, _WAITS_S)) and left < _WAITS_S:
            raise Busy(f"the database {self._where}: others write just now", hint=_HELD)
        # Who came to its turn may still meet one that writes out of turn.
        waits_ms = round(min(patience(), _WAITS_S) * 1000)
        if not self.hurries and waits_ms != self._waits_ms:
            self.execute(_BUSY.format(waits_ms))
            self._waits_ms = waits_ms

    def statement(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        """Carry out one statement of a change, which is undone as a whole when it fails."""
        self.transactions.check()
        try:
            return self.execute(sql, values)
        except BaseException:
            self.transactions.doom()
            raise

    def statements(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Carry out one statement for each of ``rows``, likewise."""
        self.transactions.check()
        try:
            self.raw.executemany(sql, rows)
        except BaseException as error:
            self.transactions.doom()
            if isinstance(error, _SAID):
                raise self.error(error) from None
            raise

    def error(self, error: Exception) -> LinealError:
        """Return our error for one of the database's, or of a value that it cannot take."""
        if not isinstance(error, sqlite3.Error):
            return Invalid(f"the database cannot keep this value: {error}", hint="change the value")
        kind, hint = _ERRORS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, (Invalid, "check the names and values"))
        if hint == _SPACE and self._where != MEMORY and is_full(self._where):
            return kind(f"the database {self._where}: the disk is full", hint=_FULL)
        return kind(f"the database {self._where}: {error}", hint=hint)


class Sqlite:
    """A database in a file.

    Args:
        path: the file; ``:memory:`` for one that is gone when it is closed.
        read_only: never write, not even to make the file.
    """

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self._path = str(path)
        self._read_only = read_only
        self._lock = threading.RLock()
        self._turn: AbstractContextManager[object] = self._lock if self._path == MEMORY else nullcontext()
        self._connections: dict[tuple[int, int], _Connection] = {}
        self._log = Log(self._path, lambda: self._own().execute("PRAGMA wal_checkpoint(PASSIVE)"))

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        """Carry out one statement and return its rows. Raises Conflict, Invalid, Unavailable, Corrupt."""
        stop = current()
        with self._turn:
            own = self._own()
            if stop is None:
                return own.statement(sql, values)
            with stop.during(own.raw.interrupt):
                return own.statement(sql, values)

    def later(self, sql: str, /, **values: Any) -> Later:
        """Carry out one statement, and return what gives its rows. Raises what ``run`` raises."""
        rows = self.run(sql, **values)
        return lambda: rows

    def foretell(self, sql: str, /, **values: Any) -> None:
        """Do nothing: no statement waits for its rows here."""

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``, all or none. Raises what ``run`` raises."""
        with self._turn:
            own = self._own()
            with own.transactions.joined():
                own.statements(sql, rows)

    def gather(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``: here nothing is gained by waiting. Raises what ``run`` raises."""
        self.many(sql, rows)

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything in the block one change."""
        return self._taking_turns() if self._path == MEMORY else self._own().transactions.open()

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        with self._turn, self._own().transactions.open():
            yield

    def notes(self, write: Callable[[list[Any]], object], /) -> list[Any]:
        """Return the notes of this thread's transaction."""
        return self._own().transactions.noted(write)

    def hurry(self, *, as_one: bool = False) -> Callable[[], None]:
        """Have changes of this thread wait for nothing from now on; return what waits for the disk. Raises Unavailable."""
        own = self._own()
        own.transactions.are_one = as_one
        if not own.hurries:
            own.hurries = True
            for statement in _IN_A_HURRY:
                own.execute(statement)
        return self._sync

    def is_retried(self) -> bool:
        """Tell that it need not be: nothing is waited for."""
        return False

    def _sync(self) -> None:
        """Wait until the disk has what was changed. Raises Unavailable."""
        if self._path != MEMORY:
            self._log.sync()

    def ask(self, question: Question) -> Asked:
        """Answer a question in SQL that a person wrote. Raises Invalid."""
        if self._path == MEMORY:
            with self._turn:
                own = self._own()
                return ask(own.raw, question, own.error)
        connection = _Connection(self._name(read_only=True), self._path)
        try:
            connection.execute("PRAGMA case_sensitive_like = ON")
            connection.execute(f"PRAGMA busy_timeout = {round(question.timeout_s * 1000)}")
            stop = current()
            with stop.during(connection.raw.interrupt) if stop else nullcontext():
                return ask(connection.raw, question, connection.error)
        finally:
            connection.raw.close()

    def close(self) -> None:
        """Close every connection."""
        self._log.close()
        with self._lock:
            for connection in self._connections.values():
                connection.raw.close()
            self._connections.clear()

    def _own(self) -> _Connection:
        """Return the connection of this thread; a database in memory has one, for one thread at a time."""
        # A connection must not be carried into a child process; a thread that ended leaves its own to the next.
        key = (0, 0) if self._path == MEMORY else (_process[0], threading.get_ident())
        if found := self._connections.get(key):
            return found
        connection = self._connect()
        with self._lock:
            self._connections[key] = connection
        return connection

    def _connect(self) -> _Connection:
        if not self._read_only and self._path != MEMORY:
            make(Path(self._path))
        try:
            return self._opened(self._name(read_only=self._read_only))
        except Unavailable:
            if self._path == MEMORY or not is_full(self._path) or not is_complete(self._path):
                raise
            # Without room for the files that SQLite keeps beside it, it can still be read.
            return self._opened(f"{Path(self._path).absolute().as_uri()}?immutable=1")

    def _opened(self, name: str) -> _Connection:
        connection = _Connection(name, self._path)
        try:
            cache_kib = _CACHE_OF_MORE_KIB if self._connections else _CACHE_KIB
            for statement in (*_SETTINGS, f"PRAGMA cache_size = -{cache_kib}"):
                connection.execute(statement)
            if not self._read_only:
                _use_wal(connection)
        except LinealError:
            connection.raw.close()
            raise
        return connection

    def _name(self, *, read_only: bool) -> str:
        if self._path == MEMORY:
            return MEMORY
        path = Path(self._path).absolute()
        if not may_be_written(path) and not Path(f"{path}-wal").exists():
            # There is no place for the files that SQLite keeps beside it, and nobody who writes either. Made by somebody
            # who may not write the file, they would keep out those who may.
            return f"{path.as_uri()}?immutable=1"
        return f"{path.as_uri()}?mode=ro" if read_only else path.as_uri()


def _use_wal(connection: _Connection) -> None:
    """Change a new file to WAL, which it then keeps. Raises Unavailable."""
    # Unlike every other statement the change does not wait for another process, which makes the same one now.
    for wait in _WAL_WAITS_S:
        try:
            return _ask_for_wal(connection)
        except Unavailable:
            time.sleep(wait)
    return _ask_for_wal(connection)


def _ask_for_wal(connection: _Connection) -> None:
    # It is refused where nothing may be written: ask first. An immutable file silently stays as it is.
    if connection.execute("PRAGMA journal_mode") == [{"journal_mode": "delete"}]:
        connection.execute("PRAGMA journal_mode = WAL")

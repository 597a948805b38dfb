"""Rows in PostgreSQL, for a team. The only module that imports psycopg, beside the one that answers questions."""

from __future__ import annotations

import queue
import select
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import partial
from itertools import chain, islice
from typing import Any, Literal

import psycopg
from psycopg import errors
from psycopg.adapt import Loader
from psycopg.rows import dict_row
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from lineal.objects.errors import Conflict, Invalid, LinealError, Unavailable
from lineal.storage.database.asking import Asked, Question
from lineal.storage.database.database import Row
from lineal.storage.database.postgres_asking import ask
from lineal.storage.database.stopping import Stopped, current
from lineal.storage.database.text import with_percent_names
from lineal.storage.database.transactions import Transactions

_CONNECTIONS_MAX = 10
_WAIT_SECONDS = 30
_CANCEL_SECONDS = 5

# postgresql.org/docs/current/errcodes-appendix.html; the first that fits.
_ERRORS: tuple[tuple[type[psycopg.Error], type[LinealError], str], ...] = (
    (errors.IntegrityError, Conflict, "read it again and retry"),
    (errors.SerializationFailure, Conflict, "retry"),
    (errors.DeadlockDetected, Conflict, "retry"),
    (errors.InFailedSqlTransaction, Conflict, "begin the transaction again"),
    (errors.ReadOnlySqlTransaction, Unavailable, "connect to the primary server"),
    (errors.InsufficientPrivilege, Unavailable, "grant the database's user the right"),
    (errors.OperationalError, Unavailable, "check that the database server runs and can be reached"),
    (errors.InterfaceError, Unavailable, "check that the database server runs and can be reached"),
    (errors.DataError, Invalid, "change the value"),
    (errors.Error, Invalid, "check the names and values"),
)


class _Number(Loader):
    """Sums of whole numbers are whole numbers, as in SQLite; other decimals are floats."""

    def load(self, data: Any) -> int | float:
        value = Decimal(bytes(data).decode())
        return int(value) if value.as_tuple().exponent == 0 else float(value)


class _Connection:
    """A connection, and the transactions that are open on it."""

    def __init__(self, url: str, *, read_only: bool) -> None:
        with _translated():
            self.raw = psycopg.connect(url, autocommit=True, row_factory=dict_row, connect_timeout=_WAIT_SECONDS)
            self.raw.execute(f"SET default_transaction_read_only = {'on' if read_only else 'off'}")
        # One type for all texts and one for all whole numbers: the server never has to guess a value's type.
        self.raw.adapters.register_dumper(str, StrDumper)
        self.raw.adapters.register_dumper(int, Int8Dumper)
        self.raw.adapters.register_loader("numeric", _Number)
        self.transactions = Transactions(self.execute, "BEGIN")

    def execute(self, sql: str, values: Mapping[str, Any] | None = None) -> list[Row]:
        """Carry out one statement."""
        with _translated():
            cursor = self.raw.execute(with_percent_names(sql).encode(), values or {})
            return cursor.fetchall() if cursor.description else []

    def execute_many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Carry out one statement for each of ``rows``."""
        some = list(islice(rest := iter(rows), 2))
        if len(some) == 1:
            self.execute(sql, some[0])  # half the way there and back
            return
        with _translated(), self.raw.cursor() as cursor:
            cursor.executemany(with_percent_names(sql).encode(), chain(some, rest))

    def is_alive(self) -> bool:
        """Tell whether the server still holds the other end; a server that hung up has left something to read."""
        if self.raw.closed:
            return False
        poll = select.poll()
        poll.register(self.raw.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not poll.poll(0)


class Postgres:
    """A PostgreSQL database. Connections are made when they are needed, and again when the server was away.

    Args:
        url: ``postgresql://user:password@host:port/name``, as libpq reads it.
        read_only: let the server refuse every change.
    """

    dialect: Literal["postgresql"] = "postgresql"

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._url = url
        self._read_only = read_only
        self._own = threading.local()
        self._free: queue.LifoQueue[_Connection | None] = queue.LifoQueue()
        for _ in range(_CONNECTIONS_MAX):
            self._free.put(None)

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        """Carry out one statement and return its rows. Raises Conflict, Invalid, Unavailable."""
        with self._statement() as connection, _stoppable(connection):
            return connection.execute(sql, values)

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``, all or none. Raises what ``run`` raises."""
        with self._statement() as connection, connection.transactions.joined():
            connection.execute_many(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything in the block one change."""
        with self._lent() as connection, connection.transactions.open():
            yield

    def ask(self, question: Question) -> Asked:
        """Answer a question in SQL that a person wrote. Raises Invalid, Conflict, Unavailable."""
        with self._lent() as connection, _stoppable(connection), _translated():
            if connection.transactions.depth:
                raise Conflict("a question is asked outside of transactions", hint="end the transaction first")
            return ask(connection.raw, question)

    def hurry(self) -> Callable[[], None]:
        """Change nothing: there are many writers here, and each has its own way to the disk."""
        return lambda: None

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        for _ in range(self._free.qsize()):
            with suppress(queue.Empty):
                if connection := self._free.get_nowait():
                    connection.raw.close()
                self._free.put(None)

    @contextmanager
    def _statement(self) -> Iterator[_Connection]:
        with self._lent() as connection:
            connection.transactions.check()
            try:
                yield connection
            except BaseException:
                connection.transactions.doom()
                raise

    @contextmanager
    def _lent(self) -> Iterator[_Connection]:
        """Lend the connection that this thread's transaction uses, or a free one."""
        if held := getattr(self._own, "connection", None):
            yield held
            return
        connection: _Connection | None = self._take()
        try:
            if connection is None or not connection.is_alive():
                connection = _Connection(self._url, read_only=self._read_only)
            self._own.connection = connection
            yield connection
        finally:
            self._own.connection = None
            is_kept = connection is not None and not connection.raw.closed
            self._free.put(connection if is_kept else None)

    def _take(self) -> _Connection | None:
        try:
            return self._free.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            raise Unavailable(
                f"all {_CONNECTIONS_MAX} connections to the database are in use", hint="retry in a moment"
            ) from None


@contextmanager
def _stoppable(connection: _Connection) -> Iterator[None]:
    """Let what is done with a connection be stopped by whoever no longer waits for it. Raises Stopped."""
    if not (stop := current()):
        yield
        return
    try:
        with stop.during(partial(connection.raw.cancel_safe, timeout=_CANCEL_SECONDS)):
            yield
    except Stopped:
        connection.raw.close()  # the server might hear of it late, and stop what is asked next
        raise


@contextmanager
def _translated() -> Iterator[None]:
    """Turn psycopg's errors into ours."""
    try:
        yield
    except errors.Error as error:
        kind, hint = next((ours, hint) for theirs, ours, hint in _ERRORS if isinstance(error, theirs))
        raise kind(f"the database: {str(error).strip()}", hint=hint) from None
    except UnicodeEncodeError as error:
        raise Invalid(f"the database cannot keep this value: {error}", hint="change the value") from None

"""Rows in PostgreSQL, for a team. The only module that imports psycopg, beside the one that answers questions."""

from __future__ import annotations

import queue
import select
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from decimal import Decimal
from functools import lru_cache, partial
from types import TracebackType
from typing import Any, Literal

import psycopg
from psycopg import errors
from psycopg.adapt import Loader
from psycopg.rows import dict_row
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from lineal.objects.errors import Conflict, Unavailable
from lineal.storage.database.asking import Asked, Question
from lineal.storage.database.database import Later, Row
from lineal.storage.database.postgres_asking import ask
from lineal.storage.database.postgres_errors import Translated, translated
from lineal.storage.database.postgres_foretelling import Foretold
from lineal.storage.database.postgres_gathering import Gathered
from lineal.storage.database.postgres_rows import statements
from lineal.storage.database.postgres_statements import Promised, Statements
from lineal.storage.database.stopping import Stop, Stopped, current
from lineal.storage.database.transactions import Transactions, undone

_CONNECTIONS_MAX = 10
_WAIT_SECONDS = 30
_CANCEL_SECONDS = 5

_OF_TRANSACTIONS = frozenset(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT"))


@lru_cache(maxsize=1024)
def _kind(sql: str) -> tuple[str, bool]:
    """Return the first word of a statement, and whether it gives rows."""
    word = sql.split(None, 1)[0].upper()
    return word, word not in {"INSERT", "UPDATE", "DELETE"} or "RETURNING" in sql


class _Number(Loader):
    """Sums of whole numbers are whole numbers, as in SQLite; other decimals are floats."""

    def load(self, data: Any) -> int | float:
        value = Decimal(bytes(data).decode())
        return int(value) if value.as_tuple().exponent == 0 else float(value)


class _Connection:
    """A connection, and the transactions that are open on it."""

    def __init__(self, url: str, *, read_only: bool) -> None:
        with translated:
            self.raw = psycopg.connect(url, autocommit=True, row_factory=dict_row, connect_timeout=_WAIT_SECONDS)
            self.raw.execute(f"SET default_transaction_read_only = {'on' if read_only else 'off'}")
        # One type for all texts and one for all whole numbers: the server never has to guess a value's type.
        self.raw.adapters.register_dumper(str, StrDumper)
        self.raw.adapters.register_dumper(int, Int8Dumper)
        self.raw.adapters.register_loader("numeric", _Number)
        self._statements = Statements(self.raw)
        self._told = _Told(self)
        self.gathered = Gathered()
        self._foretold = Foretold()
        self.transactions = Transactions(self.execute, "BEGIN", self._send, self._settle_all, self._conclude)

    def execute(self, sql: str, values: Mapping[str, Any] | None = None) -> list[Row]:
        """Carry out one statement.

        Within a transaction, one that gives no rows is only sent: when it fails, the next one that gives some says so, or
        the end of the block.
        """
        if self._foretold and (known := self._foretold.taken(sql, values or {})):
            return self.rows_of(known)
        word, gives_rows = _kind(sql)
        sent = self._statements
        with self._told:
            if word == "COMMIT" and self._foretold:
                raise undone()
            if word == "ROLLBACK":
                self._foretold.forget(sql)
                self.gathered.forget()  # all of it came after the savepoint, or there is none
                try:
                    sent.wait()
                except errors.Error:
                    # It fails what is undone, not those who undo it; or a block before, whose savepoint had the same name.
                    self.transactions.lose()
            elif word == "SAVEPOINT":
                sent.wait()
            if self.gathered:
                self._heed(sql, values or {}, word)
            was_idle = not sent.is_waited_for
            promised = sent.send(sql, values or {})
            is_only_sent = (
                word in {"BEGIN", "SAVEPOINT"}
                or (word == "RELEASE" and was_idle)
                or (self.transactions.depth and not gives_rows)
            )
            if not is_only_sent:
                sent.wait()
        if word == "COMMIT" and promised.done and promised.done.command_status == b"ROLLBACK":
            raise undone()  # which is how the server ends what can only be undone, without calling it an error
        return promised.rows or []

    def _send(self, sql: str) -> None:
        """Put a statement on its way, and let the server begin with all that is."""
        with self._told:
            self._write_gathered()
            self._statements.send(sql, {})
            self._statements.push()

    def later(self, sql: str, values: Mapping[str, Any]) -> Promised:
        """Have one statement carried out, in a transaction."""
        if self._foretold and (known := self._foretold.taken(sql, values)):
            return known
        with self._told:
            if self.gathered:
                self._heed(sql, values)
            return self._statements.send(sql, values)

    def foretell(self, sql: str, values: Mapping[str, Any]) -> None:
        """Have one statement carried out that will be called for, in a transaction."""
        with self._told:
            self._heed(sql, values)
            self._foretold.add(sql, values, self._statements.send(sql, values))

    def rows_of(self, promised: Promised) -> list[Row]:
        """Return the rows of what was sent, once they are there. Raises Conflict when something before it failed."""
        if promised.rows is None:
            self.settle()
        if promised.rows is None:
            raise undone()
        return promised.rows

    def gather(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Have one statement carried out for each of ``rows``, in a transaction, with what others gather."""
        self.gathered.add(sql, rows)
        if self.gathered.is_full:
            with self._told:
                self._write_gathered()

    def _heed(self, sql: str, values: Mapping[str, Any], word: str = "") -> None:
        """Write what was gathered if a statement might see it, or is about transactions."""
        if word in _OF_TRANSACTIONS or self.gathered.might_meet(sql, values):
            self._write_gathered()

    def _write_gathered(self) -> None:
        for sql, values in self.gathered.taken() if self.gathered else ():
            self._statements.send(sql, values)

    def _conclude(self) -> None:
        with self._told:
            self._write_gathered()

    def _settle_all(self) -> None:
        self._conclude()
        self.settle()

    @property
    def was_late(self) -> bool:
        """Whether what failed last was not what was waited for."""
        return self._statements.was_late

    def forget(self) -> None:
        """Prepare statements anew, before the connection's own cursors are used."""
        self._statements.forget()

    def settle(self) -> None:
        """Wait for what was sent."""
        with self._told:
            self._statements.wait()

    def execute_many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Carry out one statement for each of ``rows``, in a transaction."""
        for statement, values in statements(sql, iter(rows)):
            self.execute(statement, values)

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
        self.own = threading.local()
        """Of each thread: the connection that its transaction uses, and whether it hurries."""
        self._free: queue.LifoQueue[_Connection | None] = queue.LifoQueue()
        for _ in range(_CONNECTIONS_MAX):
            self._free.put(None)

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        """Carry out one statement and return its rows. Raises Conflict, Invalid, Unavailable."""
        with _ToUse(self) as connection, _stoppable(connection):
            return connection.execute(sql, values)

    def later(self, sql: str, /, **values: Any) -> Later:
        """Have one statement carried out, and return what gives its rows. Raises what ``run`` raises."""
        with _ToUse(self) as connection:
            promised = connection.later(sql, values)
        return partial(self._rows, promised)

    def _rows(self, promised: Promised) -> list[Row]:
        if promised.rows is not None:
            return promised.rows
        with _ToUse(self) as connection, _stoppable(connection):
            return connection.rows_of(promised)

    def foretell(self, sql: str, /, **values: Any) -> None:
        """Have one statement carried out that somebody will call for. Raises what ``later`` raises."""
        with _ToUse(self) as connection:
            if connection.transactions.are_one:
                connection.foretell(sql, values)

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``, all or none. Raises what ``run`` raises."""
        with _ToUse(self) as connection, connection.transactions.joined():
            connection.execute_many(sql, rows)

    def gather(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Have one statement carried out for each of ``rows``, with others. Raises what ``run`` raises, or has later ones do so."""
        held: _Connection | None = getattr(self.own, "connection", None)
        if held and held.transactions.depth:
            # A batch gathers five times, and what only waits cannot fail yet.
            held.transactions.check()
            held.gathered.add(sql, rows)
            if not held.gathered.is_full:
                return
            rows = ()
        with _ToUse(self) as connection, connection.transactions.joined():
            connection.gather(sql, rows)

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything in the block one change."""
        return _Whole(self)

    def notes(self, write: Callable[[list[Any]], object], /) -> list[Any]:
        """Return the notes of this thread's transaction."""
        with _Lent(self) as connection:
            return connection.transactions.noted(write)

    def ask(self, question: Question) -> Asked:
        """Answer a question in SQL that a person wrote. Raises Invalid, Conflict, Unavailable."""
        with _Lent(self) as connection, _stoppable(connection), translated:
            if connection.transactions.depth:
                raise Conflict("a question is asked outside of transactions", hint="end the transaction first")
            connection.forget()
            return ask(connection.raw, question)

    def hurry(self, *, as_one: bool = False) -> Callable[[], None]:
        """Have inner blocks of this thread end before they were carried out; return nothing to be done.

        There are many writers here, each with its own way to the disk: what waits for that is the end of the outermost one.
        """
        self.own.hurries, self.own.is_one = True, as_one
        return lambda: None

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        for _ in range(self._free.qsize()):
            with suppress(queue.Empty):
                if connection := self._free.get_nowait():
                    connection.raw.close()
                self._free.put(None)

    def take(self) -> _Connection:
        """Have a free connection, for this thread alone. Raises Unavailable."""
        try:
            free = self._free.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            raise Unavailable(
                f"all {_CONNECTIONS_MAX} connections to the database are in use", hint="retry in a moment"
            ) from None
        try:
            found = free if free and free.is_alive() else _Connection(self._url, read_only=self._read_only)
        except BaseException:
            self._free.put(None)
            raise
        self.own.connection = found
        found.transactions.hurries = getattr(self.own, "hurries", False)
        found.transactions.are_one = getattr(self.own, "is_one", False)
        return found

    def give_back(self, connection: _Connection) -> None:
        """Let others have it."""
        self.own.connection = None
        self._free.put(None if connection.raw.closed else connection)


class _Lent(AbstractContextManager[_Connection]):
    """Lends the connection that this thread's transaction uses, or a free one. A class, for every statement needs one."""

    __slots__ = ("_connection", "_database", "_is_taken")

    def __init__(self, database: Postgres) -> None:
        self._database = database

    def __enter__(self) -> _Connection:
        held: _Connection | None = getattr(self._database.own, "connection", None)
        self._is_taken = held is None
        self._connection = held or self._database.take()
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._is_taken:
            self._database.give_back(self._connection)


class _Whole(AbstractContextManager[None]):
    """A block that is one change, on one connection. A class as well: every request opens several."""

    __slots__ = ("_block", "_lent")

    def __init__(self, database: Postgres) -> None:
        self._lent = _Lent(database)

    def __enter__(self) -> None:
        connection = self._lent.__enter__()
        try:
            self._block = connection.transactions.open()
            self._block.__enter__()
        except BaseException:
            self._lent.__exit__(None)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._block.__exit__(kind, error, trace)
        finally:
            self._lent.__exit__(kind)


class _ToUse(_Lent):
    """Lends one for a statement: a transaction in which one fails can only be undone."""

    __slots__ = ()

    def __enter__(self) -> _Connection:
        connection = super().__enter__()
        connection.transactions.check()
        return connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self._connection.transactions.doom()
        super().__exit__(kind)


def _stoppable(connection: _Connection) -> AbstractContextManager[None]:
    """Let what is done with a connection be stopped by whoever no longer waits for it. Raises Stopped."""
    return _stopped_by(stop, connection) if (stop := current()) else _NOBODY


_NOBODY = nullcontext()


@contextmanager
def _stopped_by(stop: Stop, connection: _Connection) -> Iterator[None]:
    try:
        with stop.during(partial(connection.raw.cancel_safe, timeout=_CANCEL_SECONDS)):
            yield
    except Stopped:
        connection.raw.close()  # the server might hear of it late, and stop what is asked next
        raise


class _Told(Translated):
    """Does so on a connection, and has its transaction know that what failed may be of a block that ended."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def __exit__(self, kind: object, error: BaseException | None, *more: object) -> None:
        if error and self._connection.was_late:
            self._connection.transactions.lose()
        super().__exit__(kind, error, *more)

"""Rows in PostgreSQL, for a team. The only module that imports psycopg, beside the one that answers questions."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

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

P = ParamSpec("P")
R = TypeVar("R")


@lru_cache(maxsize=1024)
def _gives_rows(sql: str) -> bool:
    return sql.split(None, 1)[0].upper() not in {"INSERT", "UPDATE", "DELETE"} or "RETURNING" in sql


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
        self.transactions = Transactions(self._bound, "BEGIN", self._send, self._settle_all, self._conclude)

    def stoppable(self, work: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
        """Return what ``work`` on this returns, unless whoever waits for it no longer does. Raises Stopped."""
        if stop := current():
            with _stopped_by(stop, self):
                return work(*args, **named)
        return work(*args, **named)

    def run(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        """Carry out one statement for whoever waits for it. Raises Stopped."""
        return self.stoppable(self.execute, sql, values)

    def rows(self, promised: Promised) -> list[Row]:
        """Return the rows of what was sent to whoever waits for them. Raises Conflict when something before it failed, and Stopped."""
        return self.stoppable(self._rows_of, promised)

    def execute(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        """Carry out one statement.

        Within a transaction, one that gives no rows is only sent: when it fails, the next one that gives some says so, or
        the end of the block.
        """
        if self._foretold.known and (known := self._foretold.taken(sql, values)):
            return self._rows_of(known)
        with self._told:
            if self.gathered.rows:
                self._heed(sql, values)
            promised = self._statements.send(sql, values)
            if not self.transactions.depth or _gives_rows(sql):
                self._statements.wait()
        return promised.rows or []

    def _bound(self, sql: str) -> None:
        """Carry out a statement that begins or ends a transaction, or a part of one: what begins one is only sent."""
        word = sql.split(" ", 1)[0]
        sent = self._statements
        with self._told:
            if word == "COMMIT" and self._foretold.known:
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
            self._write_gathered()
            was_idle = not sent.is_waited_for
            promised = sent.send(sql, {})
            if word in {"COMMIT", "ROLLBACK"} or (word == "RELEASE" and not was_idle):
                sent.wait()
        if word == "COMMIT" and promised.done and promised.done.command_status == b"ROLLBACK":
            raise undone()  # which is how the server ends what can only be undone, without calling it an error

    def _send(self, sql: str) -> None:
        """Put a statement on its way, and let the server begin with all that is."""
        with self._told:
            self._write_gathered()
            self._statements.send(sql, {})
            self._statements.push()

    def later(self, sql: str, values: Mapping[str, Any]) -> Promised:
        """Have one statement carried out, in a transaction."""
        if self._foretold.known and (known := self._foretold.taken(sql, values)):
            return known
        with self._told:
            if self.gathered.rows:
                self._heed(sql, values)
            return self._statements.send(sql, values)

    def foretell(self, sql: str, values: Mapping[str, Any]) -> None:
        """Have one statement carried out that will be called for, in a transaction that is kept or undone as one."""
        if self.transactions.are_one:
            with self._told:
                self._heed(sql, values)
                self._foretold.add(sql, values, self._statements.send(sql, values))

    def _rows_of(self, promised: Promised) -> list[Row]:
        if promised.rows is None:
            self.settle()
        if promised.rows is None:
            raise undone()
        return promised.rows

    def gather(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Have one statement carried out for each of ``rows``, with what others gather in the transaction."""
        if not self.transactions.depth:
            self.execute_many(sql, rows)
            return
        self.gathered.add(sql, rows)
        if self.gathered.is_full:
            with self._told:
                self._write_gathered()

    def _heed(self, sql: str, values: Mapping[str, Any]) -> None:
        """Write what was gathered if a statement might see it."""
        if self.gathered.might_meet(sql, values):
            self._write_gathered()

    def _write_gathered(self) -> None:
        if self.gathered.rows:
            for sql, values in self.gathered.taken():
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

    def ask(self, question: Question) -> Asked:
        """Answer a question with the connection's own cursors."""
        self._statements.forget()
        return ask(self.raw, question)

    def settle(self) -> None:
        """Wait for what was sent."""
        with self._told:
            self._statements.wait()

    def execute_many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Carry out one statement for each of ``rows``, all or none."""
        with self.transactions.joined():
            for statement, values in statements(sql, iter(rows)):
                self.execute(statement, values)

    def is_alive(self) -> bool:
        """Tell whether the server still holds the other end; a server that hung up has left something to read."""
        return not self.raw.closed and self._statements.is_silent


class _Own(threading.local):
    """What a thread has of its own: the connection that its transaction uses, and how its transactions end."""

    connection: _Connection | None = None
    hurries = False
    is_one = False


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
        self.own = _Own()
        self._permits = queue.SimpleQueue[None]()
        for _ in range(_CONNECTIONS_MAX):
            self._permits.put(None)
        self._free = deque[_Connection]()

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        """Carry out one statement and return its rows. Raises Conflict, Invalid, Unavailable."""
        return self._on(_Connection.run, sql, values)

    def later(self, sql: str, /, **values: Any) -> Later:
        """Have one statement carried out, and return what gives its rows. Raises what ``run`` raises."""
        return partial(self._rows, self._on(_Connection.later, sql, values))

    def _rows(self, promised: Promised) -> list[Row]:
        return self._on(_Connection.rows, promised) if promised.rows is None else promised.rows

    def foretell(self, sql: str, /, **values: Any) -> None:
        """Have one statement carried out that somebody will call for. Raises what ``later`` raises."""
        self._on(_Connection.foretell, sql, values)

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``, all or none. Raises what ``run`` raises."""
        self._on(_Connection.execute_many, sql, rows)

    def gather(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Have one statement carried out for each of ``rows``, with others. Raises what ``run`` raises, or has later ones do so."""
        self._on(_Connection.gather, sql, rows)

    def _on(self, work: Callable[Concatenate[_Connection, P], R], *args: P.args, **named: P.kwargs) -> R:
        """Do a part of this thread's transaction, or what is one by itself: one in which a part fails can only be undone."""
        held = self.own.connection
        connection = held or self.take()
        try:
            connection.transactions.check()
            return work(connection, *args, **named)
        except BaseException:
            connection.transactions.doom()
            raise
        finally:
            if not held:
                self.give_back(connection)

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything in the block one change."""
        return _Change(self)

    def notes(self, write: Callable[[list[Any]], object], /) -> list[Any]:
        """Return the notes of this thread's transaction."""
        if not (held := self.own.connection):
            raise Conflict("notes are those of a transaction", hint="begin one first")
        return held.transactions.noted(write)

    def ask(self, question: Question) -> Asked:
        """Answer a question in SQL that a person wrote. Raises Invalid, Conflict, Unavailable."""
        if self.own.connection:
            raise Conflict("a question is asked outside of transactions", hint="end the transaction first")
        connection = self.take()
        try:
            with translated:
                return connection.stoppable(connection.ask, question)
        finally:
            self.give_back(connection)

    def hurry(self, *, as_one: bool = False) -> Callable[[], None]:
        """Have inner blocks of this thread end before they were carried out; return nothing to be done.

        There are many writers here, each with its own way to the disk: what waits for that is the end of the outermost one.
        """
        self.own.hurries, self.own.is_one = True, as_one
        return lambda: None

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        while self._free:
            try:
                self._free.pop().raw.close()
            except IndexError:
                return  # somebody was faster

    def take(self) -> _Connection:
        """Have a free connection, for this thread alone: the one that was used last. Raises Unavailable."""
        try:
            self._permits.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            raise Unavailable(
                f"all {_CONNECTIONS_MAX} connections to the database are in use", hint="retry in a moment"
            ) from None
        try:
            found = self.own.connection = self._living() or _Connection(self._url, read_only=self._read_only)
        except BaseException:
            self._permits.put(None)
            raise
        found.transactions.hurries, found.transactions.are_one = self.own.hurries, self.own.is_one
        return found

    def _living(self) -> _Connection | None:
        try:
            free = self._free.pop()
        except IndexError:
            return None
        return free if free.is_alive() else None

    def give_back(self, connection: _Connection) -> None:
        """Let others have it."""
        self.own.connection = None
        self._free.append(connection)
        self._permits.put(None)


class _Change(AbstractContextManager[None]):
    """A block that is one change, on one connection. A class, because every request of a program opens several."""

    __slots__ = ("_connection", "_database", "_is_taken", "_level")

    def __init__(self, database: Postgres) -> None:
        self._database = database

    def __enter__(self) -> None:
        held = self._database.own.connection
        self._is_taken = held is None
        self._connection = held or self._database.take()
        try:
            self._level = self._connection.transactions.begin()
        except BaseException:
            self._give_back()
            raise

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._connection.transactions.end(self._level, keep=kind is None)
        finally:
            self._give_back()

    def _give_back(self) -> None:
        if self._is_taken:
            self._database.give_back(self._connection)


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
        if error is None:
            return
        if self._connection.was_late:
            self._connection.transactions.lose()
        super().__exit__(kind, error, *more)

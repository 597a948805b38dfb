"""Rows in PostgreSQL, for a team: connections, and whose they are.

Only modules of this name import psycopg, and what asks databases of other people (``storage/sources``).
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from lineal.objects.errors import Conflict, Unavailable
from lineal.storage.database.asking import Asked, Question
from lineal.storage.database.database import Later, Row
from lineal.storage.database.lanes import Own, aside
from lineal.storage.database.postgres_connection import WAIT_SECONDS, Connection
from lineal.storage.database.postgres_errors import translated
from lineal.storage.database.postgres_statements import Promised

_CONNECTIONS_MAX = 10

P = ParamSpec("P")
R = TypeVar("R")


class _Own:
    """What a thread or a lane has of its own: the connection that its transaction uses, and how its transactions end."""

    connection: Connection | None = None
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
        self.own = Own(_Own)
        self._permits = queue.SimpleQueue[None]()
        for _ in range(_CONNECTIONS_MAX):
            self._permits.put(None)
        self._free = deque[Connection]()

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        """Carry out one statement and return its rows. Raises Conflict, Invalid, Unavailable."""
        return self._on(Connection.run, sql, values)

    def later(self, sql: str, /, **values: Any) -> Later:
        """Have one statement carried out, and return what gives its rows. Raises what ``run`` raises."""
        return partial(self._rows, self._on(Connection.later, sql, values))

    def _rows(self, promised: Promised) -> list[Row]:
        return self._on(Connection.rows, promised) if promised.rows is None else promised.rows

    def foretell(self, sql: str, /, **values: Any) -> None:
        """Have one statement carried out that somebody will call for. Raises what ``later`` raises."""
        self._on(Connection.foretell, sql, values)

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``, all or none. Raises what ``run`` raises."""
        self._on(Connection.execute_many, sql, rows)

    def gather(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Have one statement carried out for each of ``rows``, with others. Raises what ``run`` raises, or has later ones do so."""
        self._on(Connection.gather, sql, rows)

    def _on(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **named: P.kwargs) -> R:
        """Do a part of this thread's transaction, or what is one by itself: one in which a part fails can only be undone."""
        held = self.own().connection
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
        if not (held := self.own().connection):
            raise Conflict("notes are those of a transaction", hint="begin one first")
        return held.transactions.noted(write)

    def ask(self, question: Question) -> Asked:
        """Answer a question in SQL that a person wrote. Raises Invalid, Conflict, Unavailable."""
        if self.own().connection:
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
        own = self.own()
        own.hurries, own.is_one = True, as_one
        return lambda: None

    def is_retried(self) -> bool:
        """Tell whether what is changed here is carried out again when nothing of it can be kept."""
        return self.own().is_one

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        while self._free:
            try:
                self._free.pop().raw.close()
            except IndexError:
                return  # somebody was faster

    def take(self) -> Connection:
        """Have a free connection, for this thread or lane alone: the one that was used last. Raises Unavailable."""
        own = self.own()
        found = own.connection = self._at_hand() or aside(self._made)
        found.transactions.hurries, found.transactions.are_one = own.hurries, own.is_one
        return found

    def _at_hand(self) -> Connection | None:
        """Return a connection that nobody uses, if there is one."""
        try:
            self._permits.get_nowait()
        except queue.Empty:
            return None
        found = None
        try:
            found = self._living()
        finally:
            if not found:
                self._permits.put(None)
        return found

    def _made(self) -> Connection:
        """Wait until one may be had, which is made if need be."""
        try:
            self._permits.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            raise Unavailable(
                f"all {_CONNECTIONS_MAX} connections to the database are in use", hint="retry in a moment"
            ) from None
        try:
            return self._living() or Connection(self._url, read_only=self._read_only)
        except BaseException:
            self._permits.put(None)
            raise

    def _living(self) -> Connection | None:
        try:
            free = self._free.pop()
        except IndexError:
            return None
        return free if free.is_alive() else None

    def give_back(self, connection: Connection) -> None:
        """Let others have it."""
        self.own().connection = None
        self._free.append(connection)
        self._permits.put(None)


class _Change(AbstractContextManager[None]):
    """A block that is one change, on one connection. A class, because every request of a program opens several."""

    __slots__ = ("_connection", "_database", "_is_taken", "_level")

    def __init__(self, database: Postgres) -> None:
        self._database = database

    def __enter__(self) -> None:
        held = self._database.own().connection
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

"""One connection to PostgreSQL, and the transactions that are open on it: what is sent there, and what is waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, ParamSpec, TypeVar

import psycopg
from psycopg import errors
from psycopg.adapt import Loader
from psycopg.rows import dict_row
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from lineal.storage.database.asking import Asked, Question
from lineal.storage.database.database import Row
from lineal.storage.database.postgres_asking import ask
from lineal.storage.database.postgres_errors import Translated, translated
from lineal.storage.database.postgres_foretelling import Foretold
from lineal.storage.database.postgres_gathering import Gathered
from lineal.storage.database.postgres_rows import statements
from lineal.storage.database.postgres_statements import Promised, Statements
from lineal.storage.database.stopping import Stop, Stopped, current
from lineal.storage.database.transactions import Transactions, undone

WAIT_SECONDS = 30
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


class Connection:
    """A connection, and the transactions that are open on it."""

    def __init__(self, url: str, *, read_only: bool) -> None:
        with translated:
            self.raw = psycopg.connect(url, autocommit=True, row_factory=dict_row, connect_timeout=WAIT_SECONDS)
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


@contextmanager
def _stopped_by(stop: Stop, connection: Connection) -> Iterator[None]:
    try:
        with stop.during(partial(connection.raw.cancel_safe, timeout=_CANCEL_SECONDS)):
            yield
    except Stopped:
        connection.raw.close()  # the server might hear of it late, and stop what is asked next
        raise


class _Told(Translated):
    """Does so on a connection, and has its transaction know that what failed may be of a block that ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __exit__(self, kind: object, error: BaseException | None, *more: object) -> None:
        if error is None:
            return
        if self._connection.was_late:
            self._connection.transactions.lose()
        super().__exit__(kind, error, *more)

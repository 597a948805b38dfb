"""Transactions within transactions, the same for every database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from lineal.objects.errors import Conflict, LinealError


class Transactions:
    """The transactions that are open on one connection.

    Args:
        execute: carries out one statement without values.
        begin: the statement that begins the outermost one.
    """

    def __init__(self, execute: Callable[[str], object], begin: str) -> None:
        self._execute = execute
        self._begin = begin
        self.depth = 0
        self._is_doomed = False

    def open(self) -> AbstractContextManager[None]:
        """Keep what the block does, or undo it when it raises."""
        return _Open(self)

    def begin(self) -> int:
        """Begin one within those that are open; return its level."""
        level = self.depth
        self.check()
        self._execute(f"SAVEPOINT level_{level}" if level else self._begin)
        self.depth += 1
        return level

    def end(self, level: int, *, keep: bool) -> None:
        """End the one at ``level``: all of it is kept, or nothing."""
        try:
            if keep:
                self.check()
                self._execute(f"RELEASE SAVEPOINT level_{level}" if level else "COMMIT")
            else:
                self._undo(level)
        except BaseException:
            if keep:
                self._undo(level)
            raise
        finally:
            self.depth = level

    def check(self) -> None:
        """Refuse to go on after an error, as PostgreSQL does, so that half of a change is never kept by mistake."""
        if self._is_doomed:
            raise Conflict("a statement before this one failed and undid its transaction", hint="begin it again")

    def doom(self) -> None:
        """Take note that a statement failed: its transaction can only be undone."""
        self._is_doomed = self.depth > 0

    def _undo(self, level: int) -> None:
        statements = (f"ROLLBACK TO SAVEPOINT level_{level}", f"RELEASE SAVEPOINT level_{level}")
        try:
            for statement in statements if level else ("ROLLBACK",):
                self._execute(statement)
            self._is_doomed = False
        except LinealError:
            # The database had undone everything by itself (disk full, connection lost): nothing outside may go on.
            self._is_doomed = level > 0


class _Open(AbstractContextManager[None]):
    """A block that is one change. A class, because every request of a program opens several."""

    __slots__ = ("_level", "_transactions")

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._level = 0

    def __enter__(self) -> None:
        self._level = self._transactions.begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._transactions.end(self._level, keep=kind is None)

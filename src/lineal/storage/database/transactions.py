"""Transactions within transactions, the same for every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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

    @contextmanager
    def open(self) -> Iterator[None]:
        """Keep what the block does, or undo it when it raises."""
        level = self.depth
        self.check()
        self._execute(f"SAVEPOINT level_{level}" if level else self._begin)
        self.depth += 1
        try:
            yield
            self.check()
            self._execute(f"RELEASE SAVEPOINT level_{level}" if level else "COMMIT")
        except BaseException:
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

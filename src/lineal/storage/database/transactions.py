"""Transactions within transactions, the same for every database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from lineal.objects.errors import Conflict, LinealError


class Transactions:
    """The transactions that are open on one connection.

    One that begins before anything was done in the one around it needs no savepoint: undoing both is the same. So a change
    that several layers of code make sure is whole costs no more than one of them.

    Args:
        execute: carries out one statement without values.
        begin: the statement that begins the outermost one.
        send: has one carried out, and does not wait for what comes of it or of those before it, by default as ``execute``.
        settle: waits for that.
        conclude: has carried out what waits to be, before the last part of the outermost one.
    """

    def __init__(
        self,
        execute: Callable[[str], object],
        begin: str,
        send: Callable[[str], object] | None = None,
        settle: Callable[[], object] = lambda: None,
        conclude: Callable[[], object] = lambda: None,
    ) -> None:
        self._execute = execute
        self._begin = begin
        self._send = send or execute
        self._settle = settle
        self._conclude = conclude
        self.hurries = False
        """Whether inner ones end before anybody knows whether all of each can be kept; if not, all is lost."""
        self.are_one = False
        """Whether inner ones have no savepoints: when one is left that did something, all is lost."""
        self._marks: list[str] = []
        self._were_first: list[bool] = []
        """Of each that is open: whether nothing had been done in the one around it."""
        self._notes: list[Any] = []
        self._noted: list[int] = []
        """Of each that is open: how many notes there were at its beginning."""
        self._write: Callable[[list[Any]], object] = lambda _: None
        self._is_untouched = False
        self._is_doomed = False
        self._is_lost = False

    @property
    def depth(self) -> int:
        """How many are open."""
        return len(self._marks)

    def open(self) -> AbstractContextManager[None]:
        """Keep what the block does, or undo it when it raises."""
        return _Open(self)

    def joined(self) -> AbstractContextManager[None]:
        """Do what the block does as a part of what is open, which then fails with it, or as a change of its own."""
        return nullcontext() if self._marks else _Open(self)

    def begin(self) -> int:
        """Begin one within those that are open; return its level."""
        level = len(self._marks)
        if self._is_doomed or self._is_lost:
            self.check()
        mark = ""  # the savepoint of the one around it
        is_first = not level or self._is_untouched
        if not level:
            mark = self._begin
            self._execute(mark)
        elif not is_first and not self.are_one:
            mark = f"level_{level}"
            try:
                self._inner(f"SAVEPOINT {mark}")
            except BaseException:  # what was done before this may have failed, and be told only now
                self.doom()
                raise
        self._marks.append(mark)
        self._were_first.append(is_first)
        self._noted.append(len(self._notes))
        self._is_untouched = True
        return level

    def end(self, level: int, *, keep: bool) -> None:
        """End the one at ``level``: all of it is kept, or nothing."""
        mark = self._marks[level]
        try:
            if keep:
                self.check()
                if not level:
                    if self._notes:
                        self._conclude()
                        self._write(self._notes)
                    self._execute("COMMIT")
                elif mark:
                    self._inner(f"RELEASE SAVEPOINT {mark}")
                elif not self.hurries:
                    self._settle()
            else:
                self._undo(level)
        except BaseException:
            if keep:
                self._undo(level)
            raise
        finally:
            # Also after one that did nothing, if something was done around it.
            self._is_untouched = self._is_untouched and self._were_first[level]
            del self._marks[level:], self._were_first[level:], self._noted[level:]
            if not level:
                self._notes.clear()
                self._is_lost = False

    def check(self) -> None:
        """Refuse to go on after an error, as PostgreSQL does, so that half of a change is never kept by mistake.

        Everything that is done in a transaction is announced by this.
        """
        self._is_untouched = False
        if self._is_doomed or self._is_lost:
            raise undone()

    def noted(self, write: Callable[[list[Any]], object]) -> list[Any]:
        """Return the notes, to be added to. What a block noted that is undone goes; ``write`` gets them before the outermost ends."""
        self._write = write
        return self._notes

    def doom(self) -> None:
        """Take note that a statement failed: its transaction can only be undone."""
        self._is_doomed = bool(self._marks)

    def lose(self) -> None:
        """Take note that a statement failed after its block may have ended: where inner ones hurry, all can only be undone."""
        self._is_lost = self.hurries

    def _inner(self, statement: str) -> None:
        """Carry out the beginning or the end of an inner one."""
        (self._send if self.hurries else self._execute)(statement)

    def _undo(self, level: int) -> None:
        del self._notes[self._noted[level] :]
        if level and self.are_one and not all(self._were_first[1 : level + 1]):
            self._is_lost = self._is_lost or self._is_doomed or not self._is_untouched
            self._is_doomed = False
            return
        try:
            for statement in self._undoing(level):
                self._execute(statement)
            self._is_doomed = False
        except LinealError:
            # The database had undone everything by itself (disk full, connection lost): nothing outside may go on.
            self._is_doomed = level > 0

    def _undoing(self, level: int) -> Sequence[str]:
        """Return the statements that undo the one at ``level``."""
        if not level:
            return ("ROLLBACK",)
        if mark := self._marks[level]:
            return (f"ROLLBACK TO SAVEPOINT {mark}", f"RELEASE SAVEPOINT {mark}")
        around = next(place for place in range(level, -1, -1) if self._marks[place])
        return (f"ROLLBACK TO SAVEPOINT {self._marks[around]}",) if around else ("ROLLBACK", self._begin)


def undone() -> Conflict:
    """Return the error for a transaction in which a statement failed before."""
    return Conflict("a statement before this one failed and undid its transaction", hint="begin it again")


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

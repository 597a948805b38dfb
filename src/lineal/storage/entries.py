"""The end of the journal in one transaction: its head is locked and read once, and the entries are written together at the end.

Changes of several clients may share a transaction, and each has an entry. What an entry is follows from the one before it, so it
is made when that is known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from lineal.storage.database.database import Database, Dialect, Later, Row

_LOCK: dict[Dialect, str] = {
    "sqlite": "UPDATE journal_head SET id = id WHERE id = 1 RETURNING sequence, digest, at",
    # A row that is only locked is not written twice.
    "postgresql": "SELECT sequence, digest, at FROM journal_head WHERE id = 1 FOR UPDATE",
}
_ENTRY = (
    "INSERT INTO journal (sequence, digest, at, made_by, operation, subject, body)"
    " VALUES (:sequence, :digest, :at, :made_by, :operation, :subject, :body)"
)
_HEAD = "UPDATE journal_head SET sequence = :sequence, digest = :digest, at = :at WHERE id = :id"

Make = Callable[[Row], Row]
"""Returns an entry's row; what it gets is the ``sequence``, ``digest`` and ``at`` of the one before it."""


class _Head(NamedTuple):
    """That the head is locked, and what gives it."""

    taken: Later


def lock(database: Database) -> None:
    """Have nobody else write an entry, nor begin to act alone, until the transaction ends."""
    notes = _notes(database)
    if not any(isinstance(each, _Head) for each in notes):
        notes.append(_Head(database.later(_LOCK[database.dialect])))


def append(database: Database, make: Make) -> None:
    """Have an entry written just before the transaction ends."""
    _notes(database).append(make)


def _notes(database: Database) -> list[Any]:
    return database.notes(partial(_write, database))


def _write(database: Database, notes: list[Any]) -> None:
    makes = [each for each in notes if not isinstance(each, _Head)]
    if not makes:
        return
    lock(database)
    last: Row = next(each for each in notes if isinstance(each, _Head)).taken()[0]
    rows = [last := make(last) for make in makes]
    database.gather(_ENTRY, rows)
    database.gather(_HEAD, [{"id": 1, **{name: last[name] for name in ("sequence", "digest", "at")}}])

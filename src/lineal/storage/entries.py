"""The end of the journal in one transaction: its head is locked and read once, and the entries are written together at the end.

Changes of several clients may share a transaction, and each has an entry.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from lineal.storage.database.database import Database, Row

_LOCK = "UPDATE journal_head SET id = id WHERE id = 1 RETURNING sequence, digest, at"
_ENTRY = (
    "INSERT INTO journal (sequence, digest, at, made_by, operation, subject, body)"
    " VALUES (:sequence, :digest, :at, :made_by, :operation, :subject, :body)"
)
_HEAD = "UPDATE journal_head SET sequence = :sequence, digest = :digest, at = :at WHERE id = 1"


def lock(database: Database) -> Callable[[], Row]:
    """Have no other writer at work until the transaction ends, and return what gives the head as it is when that is called.

    The head is the ``sequence``, ``digest`` and ``at`` of the last entry.
    """
    notes = _notes(database)
    if not notes:
        notes.append(database.later(_LOCK))
    return lambda: _head(notes)


def append(database: Database, entry: Row) -> None:
    """Have an entry written behind the head, which is locked."""
    _notes(database).append(entry)


def _notes(database: Database) -> list[Any]:
    """Return what gives the head as it was, if it is locked, and the entries behind it."""
    return database.notes(partial(_write, database))


def _head(notes: list[Any]) -> Row:
    last = notes[-1]
    found: Row = last if isinstance(last, dict) else last()[0]
    return found


def _write(database: Database, notes: list[Any]) -> None:
    if entries := notes[1:]:
        database.many(_ENTRY, entries)
        database.run(_HEAD, **{name: entries[-1][name] for name in ("sequence", "digest", "at")})

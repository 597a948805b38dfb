"""Statements that are on their way before those who need their rows come to it.

Several changes share a transaction, one after the other, and each begins by locking a row and reading what is there. Who knows
what they will begin with has all of that sent at once, so that they wait once, not each for its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lineal.storage.database.postgres_statements import Promised


class Foretold:
    """What was sent in a transaction for somebody who has not called for it yet."""

    def __init__(self) -> None:
        self.known: dict[str, list[tuple[Mapping[str, Any], Promised]]] = {}
        """With which values each statement was sent."""

    def add(self, sql: str, values: Mapping[str, Any], promised: Promised) -> None:
        """Take note of what was sent."""
        self.known.setdefault(sql, []).append((values, promised))

    def taken(self, sql: str, values: Mapping[str, Any]) -> Promised | None:
        """Return what was sent of a statement with these values, which then nobody calls for any more; None if nothing was."""
        for place, (given, promised) in enumerate(known := self.known.get(sql, [])):
            if given == values:
                del known[place]
                if not known:
                    del self.known[sql]
                return promised
        return None

    def forget(self, sql: str) -> None:
        """Forget all when ``sql`` ends the transaction; what was before a savepoint is not undone with that."""
        if sql == "ROLLBACK":
            self.known = {}

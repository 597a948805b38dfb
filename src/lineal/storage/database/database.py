"""The interface of a database. ``lineal.testing.contracts.database`` is its definition in tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = dict[str, Any]


class Database(Protocol):
    """Rows. One SQL text with ``:name`` values serves every database; ids are digests or ULIDs, never counted by it.

    Every method may raise ``Unavailable`` (it cannot be reached, is full, or may not be written), ``Conflict``
    (a unique name is taken) and ``Corrupt`` (it is no database of ours).
    """

    dialect: str
    """``sqlite`` or ``postgresql``, for the few things one text cannot say: which catalogue lists the tables."""

    def run(self, sql: str, **values: object) -> list[Row]:
        """Run one statement and return its rows, or none."""

    def many(self, sql: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Run one statement for each of ``rows``, in one transaction."""

    def transaction(self) -> AbstractContextManager[None]:
        """Return a block whose statements all happen, or none. A block inside a block is part of it.

        Writers wait for each other at its beginning, so what a block reads is true until it ends.
        """

    def close(self) -> None:
        """Let go of every connection of this thread."""

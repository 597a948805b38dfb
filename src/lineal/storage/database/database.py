"""The interface of a database. ``lineal.testing.contracts.database`` is its definition in tests.

SQL is written once for SQLite and PostgreSQL, with values by name (``:name``). What the two do differently is levelled
behind this interface: LIKE tells capitals apart, sums of whole numbers are whole, an error in a transaction dooms it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

from lineal.storage.database.asking import Asked, Question

Row = dict[str, Any]

Later = Callable[[], list[Row]]

Dialect = Literal["sqlite", "postgresql"]


class Database(Protocol):
    """Rows. Any thread may use it; each has a transaction of its own.

    Every method may raise ``Unavailable`` (locked, read-only, full, down), ``Corrupt`` (the file is no database any
    more) and ``Invalid`` (this SQL or these values are not understood).
    """

    @property
    def dialect(self) -> Dialect:
        """Which SQL this speaks, for the few places that must know."""

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        """Carry out one statement and return its rows by column.

        Raises:
            Conflict: a row with that key is there already, or one that it names is not.
        """

    def later(self, sql: str, /, **values: Any) -> Later:
        """Have one statement carried out before every later one, and return what gives its rows: whoever needs them waits.

        Within a transaction only, and before it ends. What is returned raises what ``run`` raises.
        """

    def foretell(self, sql: str, /, **values: Any) -> None:
        """Have one statement carried out that ``run`` or ``later`` will be called with, with the same values: that gets its rows.

        Within a transaction only, by whoever knows what blocks in it will begin with: all of that is waited for once. When
        nobody calls for it after all, nothing of the transaction is kept: its end raises Conflict. Where a block may be
        undone without the others (see ``hurry``), and where nothing is gained, nothing is done.
        """

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``, all or none. Raises what ``run`` raises."""

    def gather(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Have one INSERT or UPDATE carried out for each of ``rows``, in whatever order, before their transaction ends.

        It is carried out before whatever names its table, and may be with what others gather: so no two rows of one table
        may be the same by any key, and none may need a row of another table that was gathered. Raises what ``run`` raises,
        or has a later statement or the end of its block do so.
        """

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything in the block one change: kept when the block ends, undone when it raises.

        A block within a block is part of the outer one: nothing is kept before the outermost ends. When the inner one
        raises, what it did is undone, and the outer one may go on. After a statement failed, its block can only be
        left: every later statement in it, and its end, raise Conflict. A statement that gives no rows may fail later than
        it is carried out: with the next one that does, or with the end of its block.
        """

    def notes(self, write: Callable[[list[Any]], object], /) -> list[Any]:
        """Return the notes of this thread's transaction, to be added to; within one only.

        What a block noted that is undone goes with it. ``write`` gets the notes just before the outermost block ends, as its
        last part, if there are any. All of a transaction have the same notes, and the last ``write`` counts.
        """

    def ask(self, question: Question) -> Asked:
        """Answer a question in SQL that a person wrote, which reads views and nothing else; outside of transactions.

        Raises:
            Invalid: it cannot be read, reads or calls what it may not, or takes too long.
        """

    def hurry(self, *, as_one: bool = False) -> Callable[[], None]:
        """Have changes of this thread, or of this work in the loop, wait for nothing from now on: not for another program that writes, nor for the disk.

        A change that would have to wait for a program raises ``Unavailable`` at its beginning. In a database with many
        writers one waits for another only where both change the same; there, a block within another ends before it is known
        whether all of it can be kept. When it cannot, the end of the outermost one raises Conflict, and keeps nothing.

        Args:
            as_one: whether that may also happen when a block within another is left that did something: then none needs a
                savepoint.

        Returns:
            What waits for the disk, in any thread: what was changed before it is called is safe once it has returned.
            Raises Unavailable when the disk fails.
        """

    def is_retried(self) -> bool:
        """Tell whether what this thread changes, or this work in the loop, is carried out again when nothing of it can be kept.

        Who knows that need not wait to see whether it can. It is so after ``hurry(as_one=True)``, where anything has to be waited for.
        """

    def close(self) -> None:
        """Let go of every connection. The next use opens new ones."""

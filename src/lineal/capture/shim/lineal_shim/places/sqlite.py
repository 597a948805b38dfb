"""Tell what SQLite's connections are asked: those that Python's own module makes, by whichever library."""

from __future__ import annotations

import os

from .telling import tell_query
from ..calling import callers
from ..guarding import alike, quietly

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_FACTORY = 5
"""The position of the class among the arguments of ``connect``."""


def watch_sqlite(sqlite: Any) -> None:
    """Let ``connect`` make connections that tell; ``sqlite`` is ``sqlite3.dbapi2``, which all others copy from.

    The class is written in C and cannot be changed, so connections are of one that inherits it and looks like it. Who
    asks for a class of their own gets it.
    """
    original = sqlite.connect
    kind = _connection(sqlite)

    def connect(*arguments: Any, **named: Any) -> Any:
        if len(arguments) > _FACTORY or "factory" in named:
            return original(*arguments, **named)
        connection = original(*arguments, factory=kind, **named)
        quietly(_name, connection, arguments, named)
        return connection

    sqlite.connect = alike(connect, original)


_OWN = ("IPython.",)
"""Libraries that keep books of their own in SQLite, such as what was typed."""


def _name(connection: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    if next(callers(0)).f_globals.get("__name__", "").startswith(_OWN):
        return
    database = arguments[0] if arguments else named.get("database")
    path = os.fsdecode(database)  # type: ignore[arg-type]  # what connect took is one of these
    path = path.removeprefix("file:").partition("?")[0] if named.get("uri") else path
    is_file = path and path != ":memory:"
    connection._lineal_place = f"sqlite:///{os.path.abspath(path)}" if is_file else "sqlite://"  # noqa: SLF001 ours


def _connection(sqlite: Any) -> Any:
    def told(method: Any) -> Any:
        def called(self: Any, sql: Any, *arguments: Any, **named: Any) -> Any:
            result = method(self, sql, *arguments, **named)
            quietly(_note, self, sql, result)
            return result

        return alike(called, method)

    class Cursor(sqlite.Cursor):  # type: ignore[misc]
        execute = told(sqlite.Cursor.execute)
        executemany = told(sqlite.Cursor.executemany)
        executescript = told(sqlite.Cursor.executescript)

    class Connection(sqlite.Connection):  # type: ignore[misc]
        _lineal_place = ""

        execute = told(sqlite.Connection.execute)
        executemany = told(sqlite.Connection.executemany)
        executescript = told(sqlite.Connection.executescript)

        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    for ours, theirs in ((Cursor, sqlite.Cursor), (Connection, sqlite.Connection)):
        ours.__module__, ours.__qualname__, ours.__doc__ = theirs.__module__, theirs.__qualname__, theirs.__doc__
    return Connection


def _note(asked: Any, sql: Any, result: Any) -> None:
    connection = getattr(asked, "connection", asked)
    place = getattr(connection, "_lineal_place", "")
    if place:
        tell_query(place, sql, "sqlite3", getattr(result, "rowcount", None))

"""Tell what PostgreSQL is asked, through psycopg 3 and psycopg2."""

from __future__ import annotations

from .telling import tell_query
from .wrapping import watch
from ..guarding import alike, quietly

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_PORT = "5432"


def watch_psycopg(psycopg: Any) -> None:
    """Record every cursor of psycopg 3; its connections connect in C, past Python's sockets."""
    for kind in ("Cursor", "AsyncCursor", "ServerCursor", "AsyncServerCursor"):
        for name in ("execute", "executemany", "copy", "stream"):
            watch(getattr(psycopg, kind), name, _note)


def watch_psycopg2(psycopg2: Any) -> None:
    """Let connections make cursors that tell, unless the program chose a class of its own."""
    original = psycopg2.connect

    class cursor(psycopg2.extensions.cursor):  # type: ignore[misc] # noqa: N801 the name that the library gave it
        def execute(self, *arguments: Any, **named: Any) -> Any:
            result = super().execute(*arguments, **named)
            quietly(_note, result, (self, *arguments), named)
            return result

        def executemany(self, *arguments: Any, **named: Any) -> Any:
            result = super().executemany(*arguments, **named)
            quietly(_note, result, (self, *arguments), named)
            return result

    cursor.__module__, cursor.__qualname__ = psycopg2.extensions.cursor.__module__, "cursor"

    def connect(*arguments: Any, **named: Any) -> Any:
        connection = original(*arguments, **named)
        if connection.cursor_factory is None:
            connection.cursor_factory = cursor
        return connection

    psycopg2.connect = alike(connect, original)


def _note(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    cursor = arguments[0]
    sql = arguments[1] if len(arguments) > 1 else named.get("query", named.get("statement"))
    connection = cursor.connection
    if sql is not None and hasattr(sql, "as_string"):  # a text that was put together
        sql = sql.as_string(connection)
    place, peer = connection_of(connection)
    tell_query(place, sql, type(connection).__module__.partition(".")[0], cursor.rowcount, peer)


def connection_of(connection: Any) -> tuple[str, str]:
    """Return the address of the database of a connection, without user and password, and of its server."""
    info = connection.info
    host, port, name = info.host or "", str(info.port or _PORT), info.dbname
    if not host or host.startswith("/"):
        return f"postgresql:///{name}", ""
    return f"postgresql://{host}:{port}/{name}", f"{host}:{port}"

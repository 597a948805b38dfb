"""Tell what SQLAlchemy's engines ask, of whichever database, by the library's own events."""

from __future__ import annotations

import os

from .telling import tell_query
from ..guarding import quietly

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521}


def watch_engines(engine: Any) -> None:
    """Listen to every engine; ``engine`` is ``sqlalchemy.engine``, whose package has the events."""
    from importlib import import_module

    def executed(connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        quietly(_note, connection, cursor, statement)

    import_module("sqlalchemy.event").listen(engine.Engine, "after_cursor_execute", executed)


def _note(connection: Any, cursor: Any, statement: str) -> None:
    place, peer = place_of(connection.engine.url)
    tell_query(place, statement, "sqlalchemy", getattr(cursor, "rowcount", None), peer)


def place_of(url: Any) -> tuple[str, str]:
    """Return the address of a database as its drivers tell it too, without user and password, and of its server."""
    dialect, database = url.get_backend_name(), url.database or ""
    if dialect in {"sqlite", "duckdb"}:
        is_file = database and database != ":memory:"
        return f"{dialect}:///{os.path.abspath(database)}" if is_file else f"{dialect}://", ""
    host = url.host or ""
    if not host or host.startswith("/"):
        return f"{dialect}:///{database}", ""
    port = url.port or _PORTS.get(dialect)
    peer = f"{host}:{port}" if port else host
    return f"{dialect}://{peer}/{database}", peer

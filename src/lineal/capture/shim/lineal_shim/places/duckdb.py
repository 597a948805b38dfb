"""Tell what DuckDB is asked, and which addresses its SQL reads and writes; its own code talks to the network."""

from __future__ import annotations

import os
import weakref

from .telling import tell_object, tell_query
from ..guarding import alike, quietly

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_ASKING = "sql", "query", "execute", "executemany", "from_query"
_SQL_MAX = 1_000_000
_MEMORY = "duckdb://"

_places: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()


def watch_duckdb(duckdb: Any) -> None:
    """Record ``connect``, and every way to send SQL, of connections and of the module itself."""
    connect, kind = duckdb.connect, duckdb.DuckDBPyConnection

    def connected(*arguments: Any, **named: Any) -> Any:
        connection = connect(*arguments, **named)
        quietly(_name, connection, arguments, named)
        return connection

    duckdb.connect = alike(connected, connect)
    cursor = kind.cursor

    def cursor_of(self: Any) -> Any:
        made = cursor(self)
        quietly(_inherit, made, self)
        return made

    kind.cursor = alike(cursor_of, cursor)
    for name in _ASKING:
        if hasattr(kind, name):
            setattr(kind, name, _asking(getattr(kind, name), is_method=True))
        if hasattr(duckdb, name):
            setattr(duckdb, name, _asking(getattr(duckdb, name), is_method=False))


def _asking(original: Any, *, is_method: bool) -> Any:
    def asked(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        if is_method:
            quietly(_note, arguments[0], arguments[1:], named)
        else:
            quietly(_note, named.get("connection"), arguments, named)
        return result

    return alike(asked, original)


def _name(connection: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    database = str(arguments[0] if arguments else named.get("database") or "")
    is_file = database and not database.startswith(":") and "://" not in database
    _places[connection] = f"duckdb:///{os.path.abspath(database)}" if is_file else _MEMORY


def _inherit(made: Any, connection: Any) -> None:
    _places[made] = _places.get(connection, _MEMORY)


def _note(connection: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    sql = arguments[0] if arguments else named.get("query")
    if not isinstance(sql, str):
        return
    tell_query(_places.get(connection, _MEMORY) if connection is not None else _MEMORY, sql, "duckdb")
    if "://" in sql and len(sql) < _SQL_MAX:
        for uri, is_written in _addresses(sql):
            tell_object(uri, "written" if is_written else "read", "duckdb")


def _addresses(sql: str) -> list[tuple[str, bool]]:
    """Return the quoted addresses of an SQL text, and whether the text copies to each."""
    import re

    found = re.finditer(r"(?i)(\bto\s+)?'((?:s3|s3a|gs|gcs|r2|az|abfss?|azure|https?|hf)://[^']+)'", sql)
    return [(each[2], bool(each[1])) for each in found]

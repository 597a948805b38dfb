"""Tell how many rows pandas and polars got from a database; the database's own library tells the rest."""

from __future__ import annotations

from .postgres import connection_of
from .sqlalchemy import place_of
from .telling import tell_query
from .wrapping import watch
from ..guarding import first

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_frames(module: Any) -> None:
    """Record the functions of pandas and polars that read from a database."""

    def note(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        sql = first(arguments, named, "sql", "query")
        con = first(arguments, named, "con", "connection", "uri", at=1)
        place, peer = _place(con)
        # A name of a table is no text of SQL, and pieces have no length.
        if place and isinstance(sql, str) and " " in sql.strip() and hasattr(result, "shape"):
            tell_query(place, sql, module.__name__, result.shape[0], peer)

    for name in ("read_sql", "read_sql_query", "read_database", "read_database_uri"):
        watch(module, name, note)


def _place(con: Any) -> tuple[str, str]:
    if isinstance(con, str):
        from urllib.parse import urlsplit

        parts = urlsplit(con)
        return f"{parts.scheme.partition('+')[0]}://{parts.netloc.rpartition('@')[2]}{parts.path}", ""
    url = getattr(getattr(con, "engine", None), "url", None)
    if url is not None:
        return place_of(url)
    place = getattr(con, "_lineal_place", "")
    if place or not hasattr(con, "info"):
        return place, ""
    return connection_of(con)

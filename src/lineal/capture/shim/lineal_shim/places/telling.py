"""Tell of objects, queries and connections, each state of them once."""

from __future__ import annotations

from contextvars import ContextVar

from ..writing import emit, gap

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_EVENTS_MAX = 5_000

seen_by: ContextVar[str] = ContextVar("lineal_seen_by", default="")
"""Who tells of what happens now, in this thread or task: what is below it, such as requests and connections, need not.

It is empty where nobody does. Filesystems say ``files``: a service below them may know the version, and says ``service``.
"""

_told: set[tuple[object, ...]] = set()
_counts: dict[str, int] = {}


def is_told(kind: str, key: tuple[object, ...]) -> bool:
    """Tell whether nothing more is to be told of ``key``: it was, or there was too much."""
    return (kind, *key) in _told or _counts.get(kind, 0) > _EVENTS_MAX


def tell(kind: str, key: tuple[object, ...], **facts: object) -> None:
    """Append an event of ``kind``, unless one with this ``key`` was, or there are too many. Raises OSError."""
    key = (kind, *key)
    if key in _told:
        return
    count = _counts[kind] = _counts.get(kind, 0) + 1
    if count > _EVENTS_MAX:
        if count == _EVENTS_MAX + 1:
            gap(f"{kind}: a process told of more than {_EVENTS_MAX:,}, so some are not known")
        return
    _told.add(key)
    emit(kind, **{name: value for name, value in facts.items() if value not in (None, "", {}, ())})


def tell_object(uri: str, access: str, by: str, **facts: Any) -> None:
    """Tell that an object was ``read`` or ``written``; ``facts`` are version, etag, size_bytes, digest, endpoint, peer."""
    key = (uri, access, by, facts.get("version"), facts.get("etag"))
    tell("object", key, uri=uri, access=access, by=by, **facts)


def tell_query(connection: str, sql: object, by: str, rows: object = None, peer: str = "") -> None:
    """Tell that a text of SQL was sent; a count of rows below zero means that nobody knows."""
    text = sql if isinstance(sql, str) else sql.decode("utf-8", "replace") if isinstance(sql, bytes) else str(sql)
    is_known = isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0
    tell(
        "query",
        (connection, text, by, is_known),
        connection=connection,
        sql=text,
        by=by,
        row_count=rows if is_known else None,
        peer=peer,
    )


def tell_peer(host: str, ip: str, port: object, state: str) -> None:
    """Tell of a connection: ``open``, ``explained`` by who uses it, ``unseen`` what it brought, or ``listening``."""
    tell("peer", (host, ip, port, state), host=host, ip=ip, port=str(port), state=state)

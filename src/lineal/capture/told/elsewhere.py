"""Takers of what a program did elsewhere: objects, queries, labels of files, connections."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from lineal.capture.secrets import MASK, mask
from lineal.objects.digest import Digest
from lineal.objects.places import Label, ObjectUse, QueryUse
from lineal.objects.prepared import prepared
from lineal.storage.sources.addresses import masked, public, scheme_of

if TYPE_CHECKING:
    from lineal.capture.told.record import Event, Gathered

_SQL_MAX = 10_000

_SQL_SECRET = re.compile(r"(?i)\b(secret|key_id|password|session_token|token|identified\s+by)(\s+)'[^']*'")
"""What databases are told of keys: PASSWORD '…', SECRET '…', IDENTIFIED BY '…'."""

_GOOGLE = re.compile(r"https://storage\.googleapis\.com/(?:download/)?storage/v1/b/([^/?]+)/o/([^?]+)")
_HUB = re.compile(r"https://huggingface\.co/((?:datasets/|spaces/)?[^/]+/[^/]+)/resolve/([^/]+)/([^?]+)")
_REVISION = re.compile(r"(hf://(?:datasets/|spaces/)?[^/@]+/[^/@]+)@([^/]+)(/.*)?")
_NATIVE = frozenset({"polars", "duckdb", "pyarrow", "obstore", "datafusion"})
_DIGEST = re.compile(r"[0-9a-f]{64}")


def take_object(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """An object that was read or written."""
    elsewhere = gathered.elsewhere
    if peer := event.get("peer"):
        elsewhere.add_peer(peer, peer, state="explained")
    elsewhere.has_native_reads |= str(event["by"]).partition(".")[0] in _NATIVE
    digest = str(event.get("digest") or "").removeprefix("sha256:").lower()
    uri, version = _address(gathered, event["uri"])
    elsewhere.add_object(
        ObjectUse(
            uri=uri,
            access="written" if event["access"] == "written" else "read",
            version=event.get("version") or version,
            etag=event.get("etag") or "",
            size_bytes=event.get("size_bytes"),
            digest=Digest(f"sha256:{digest}") if _DIGEST.fullmatch(digest) else None,
            endpoint=_public(event.get("endpoint") or ""),
            by=(str(event["by"]).partition(".")[0],),
            label=_label(gathered, event["label"]) if event.get("label") else None,
        )
    )


def take_query(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """A text of SQL that was sent to a database."""
    if peer := event.get("peer"):
        gathered.elsewhere.add_peer(peer, peer, state="explained")
    sql, count = mask(event["sql"])
    sql, more = _SQL_SECRET.subn(rf"\1\2'{MASK}'", sql)
    gathered.masked_secrets += count + more
    if len(sql) > _SQL_MAX:
        sql = f"{sql[:_SQL_MAX]} … ({len(sql) - _SQL_MAX} more characters)"
    connection = masked(event["connection"])
    rows = event.get("row_count")
    gathered.elsewhere.add_query(
        QueryUse(connection=connection, sql=masked(sql).strip(), row_count=rows, by=(event["by"],))
    )


def take_label(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """What a library took a file for; what has an address is an object, and no file."""
    path = event["path"]
    if scheme_of(path) not in {"", "file"}:
        take_object(gathered, {**event, "uri": path}, _is_program)
        return
    gathered.elsewhere.add_label(os.path.realpath(path.removeprefix("file://")), _label(gathered, event["label"]))


def take_peer(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """A connection that an interpreter made, or a port that it listens at."""
    gathered.elsewhere.add_peer(
        f"{event['host']}:{event['port']}", f"{event['ip']}:{event['port']}", state=event["state"]
    )


def _label(gathered: Gathered, facts: dict[str, Any]) -> Label:
    columns = {str(name): gathered.kept("", str(kind)) for name, kind in facts.get("columns", {}).items()}
    return msgspec.convert({**facts, "columns": columns}, prepared(Label))


def _address(gathered: Gathered, uri: str) -> tuple[str, str]:
    """Return an address as sources write it, and the version that it names itself; an API's own is no address."""
    if found := _GOOGLE.match(uri):
        return f"gs://{found[1]}/{unquote(found[2])}", ""
    if found := _HUB.match(uri):
        return f"hf://{found[1]}/{unquote(found[3])}", _commit(found[2])
    if found := _REVISION.fullmatch(uri):
        return f"{found[1]}{found[3] or ''}", _commit(found[2])
    shown = _public(uri)
    gathered.masked_secrets += shown != uri
    return shown, ""


def _commit(revision: str) -> str:
    """Return a revision that is a commit; the name of a branch says nothing of the state."""
    return revision if re.fullmatch(r"[0-9a-f]{40}", revision) else ""


def _public(uri: str) -> str:
    """Return an address without what lets somebody in."""
    return masked(public(uri) if scheme_of(uri) in {"http", "https"} else uri)

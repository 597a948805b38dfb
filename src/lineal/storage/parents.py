"""The run within which a run was started: a relation, and the tag by which MLflow's programs say and read it.

The relation is the truth. A program that sets the tag changes the relation, and whoever changes the relation writes the tag.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lineal.objects.errors import Corrupt, Unsupported
from lineal.objects.sources import ObjectSource, decode_source
from lineal.objects.ulid import hexadecimal, is_hexadecimal, is_ulid, ulid_of
from lineal.storage.database.database import Database, Row

PARENT_TAG = "mlflow.parentRunId"
"""The value is the id of the other run, in MLflow's form."""

_AT_ONCE = 500

_TAG = (
    "INSERT INTO tag (subject, key, value) VALUES (:run, :key, :value)"
    " ON CONFLICT (subject, key) DO UPDATE SET value = excluded.value"
)


def told(database: Database, run: str, tags: Mapping[str, str]) -> None:
    """Take what a program said in the tags of ``run``; what is no id of a run, or its own, is a tag and no relation."""
    if PARENT_TAG in tags:
        value = tags[PARENT_TAG].lower()
        parent = ulid_of(value) if is_hexadecimal(value) else ""
        if not is_ulid(parent) or parent == run:
            forget(database, run)
            return
        database.run(
            "INSERT INTO run_relation (run, role, other) VALUES (:run, 'parent', :parent)"
            " ON CONFLICT (run, role) DO UPDATE SET other = excluded.other",
            run=run,
            parent=parent,
        )


def forget(database: Database, run: str) -> None:
    """Let go of the relation, since its tag was removed."""
    database.run("DELETE FROM run_relation WHERE run = :run AND role = 'parent'", run=run)


def tag(database: Database, run: str) -> dict[str, str]:
    """Return the tag of a run that says its parent; nothing when it has none."""
    rows = database.run("SELECT other FROM run_relation WHERE run = :run AND role = 'parent'", run=run)
    return {PARENT_TAG: hexadecimal(rows[0]["other"])} if rows else {}


def fill(database: Database) -> None:
    """Write down the relations that only a tag said, the tags that only a relation said, and what datasets refer to."""
    after = ""
    while rows := database.run(
        "SELECT t.subject, t.value FROM tag t JOIN run r ON r.id = t.subject"
        " WHERE t.key = :key AND t.subject > :after ORDER BY t.subject LIMIT :limit",
        key=PARENT_TAG,
        after=after,
        limit=_AT_ONCE,
    ):
        for row in rows:
            told(database, row["subject"], {PARENT_TAG: row["value"]})
        after = rows[-1]["subject"]
    alone = database.run(
        "SELECT x.run, x.other FROM run_relation x LEFT JOIN tag t ON t.subject = x.run AND t.key = :key"
        " WHERE x.role = 'parent' AND t.subject IS NULL",
        key=PARENT_TAG,
    )
    database.many(_TAG, [{"run": row["run"], "key": PARENT_TAG, "value": hexadecimal(row["other"])} for row in alone])
    _fill_pinned(database)


def _fill_pinned(database: Database) -> None:
    """Write down single objects. The lists of many are files, which no database has: these come with the next version."""
    rows = database.run(
        "SELECT e.child AS dataset, o.body FROM edge e JOIN object o ON o.digest = e.parent"
        " WHERE e.role = 'pinned at' ORDER BY e.child"
    )
    database.many(
        "INSERT INTO object_pinned (dataset, uri, version, etag, digest, endpoint)"
        " VALUES (:dataset, :uri, :version, :etag, :digest, :endpoint) ON CONFLICT (dataset, uri) DO NOTHING",
        [{"dataset": row["dataset"], **_state(found)} for row in rows if (found := _object(row)) is not None],
    )


def _object(row: Row) -> ObjectSource | None:
    body = row["body"]
    try:
        source = decode_source(body if isinstance(body, bytes) else str(body).encode())
    except (Corrupt, Unsupported):
        return None
    return source if isinstance(source, ObjectSource) else None


def _state(source: ObjectSource) -> dict[str, str]:
    found = msgspec.structs.asdict(source)
    endpoint = source.endpoint.rstrip("/")
    return {each: found[each] or "" for each in ("uri", "version", "etag", "digest")} | {"endpoint": endpoint}

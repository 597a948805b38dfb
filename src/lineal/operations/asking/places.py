"""Objects that runs used elsewhere: as nodes of the lineage, and tied to the datasets that refer to the same state.

Two states are the same when the address is, neither names another server, and the first thing that both know is equal:
version, ETag, or digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from lineal.formats import listing
from lineal.objects.digest import Digest, short
from lineal.objects.places import ObjectUse
from lineal.objects.sources import ObjectSource, PrefixSource, Source
from lineal.storage.store import Store

if TYPE_CHECKING:
    from lineal.objects.runs import Run

FILES_MAX = 10_000
"""Of larger datasets, so many objects are tied to what reads them; the rest is not worth a row each."""

_ASKED_AT_ONCE = 500

_SAME = (
    "u.uri = p.uri AND (u.endpoint = p.endpoint OR u.endpoint = '' OR p.endpoint = '')"
    " AND CASE WHEN u.version <> '' AND p.version <> '' THEN u.version = p.version"
    " WHEN u.etag <> '' AND p.etag <> '' THEN u.etag = p.etag"
    " ELSE u.digest <> '' AND u.digest = p.digest END"
)


def node_of(use: ObjectUse) -> str:
    """Return what names the state of an object in the lineage; nobody knows the state of one without anything behind ``@``."""
    state = use.version or use.etag.strip('"') or (short(use.digest) if use.digest else "")
    return f"{use.uri}@{state}"


def read_by(run: Run) -> list[ObjectUse]:
    """Return what a run read, but for what it wrote itself in the same state, or in one that nobody knows."""
    written = {(each.uri, each.version or each.etag) for each in run.objects if each.access == "written"}
    return [
        each
        for each in run.objects
        if each.access == "read"
        and not each.uri.startswith("memory:")
        and (each.uri, each.version or each.etag) not in written
    ]


def written_by(run: Run) -> list[ObjectUse]:
    """Return what a run wrote."""
    return [each for each in run.objects if each.access == "written" and not each.uri.startswith("memory:")]


def trust_in(use: ObjectUse) -> str:
    """Return how well it is known which state it was: verified where the server said it, declared where nobody did."""
    return "verified" if use.version or use.etag or use.digest else "declared"


def note_used(store: Store, uses: Iterable[ObjectUse]) -> None:
    """Write down the states of objects that a run used."""
    store.database.many(
        "INSERT INTO object_used (node, uri, version, etag, digest, endpoint, size_bytes)"
        " VALUES (:node, :uri, :version, :etag, :digest, :endpoint, :size_bytes) ON CONFLICT (node) DO NOTHING",
        [{"node": node_of(each), **_state(each), "size_bytes": each.size_bytes} for each in uses],
    )


def note_pinned(store: Store, dataset: Digest, source: Source) -> None:
    """Write down the states of objects that a dataset version refers to."""
    store.database.many(
        "INSERT INTO object_pinned (dataset, uri, version, etag, digest, endpoint)"
        " VALUES (:dataset, :uri, :version, :etag, :digest, :endpoint) ON CONFLICT (dataset, uri) DO NOTHING",
        [{"dataset": dataset, **_state(each)} for each in islice(_pinned(store, source), FILES_MAX)],
    )


def note_queries(store: Store, run: Run) -> None:
    """Write down what a run asked databases."""
    store.database.many(
        "INSERT INTO run_query (run, number, connection, query, row_count)"
        " VALUES (:run, :number, :connection, :query, :row_count) ON CONFLICT (run, number) DO NOTHING",
        [
            {
                "run": run.id,
                "number": number,
                "connection": each.connection,
                "query": each.sql,
                "row_count": each.row_count,
            }
            for number, each in enumerate(run.queries, start=1)
        ],
    )


_CONNECT = (
    "INSERT INTO edge (child, parent, role, trust, detail)"
    " SELECT {child}, {parent}, e.role, 'verified', min(p.uri) FROM edge e JOIN object_used u ON u.node = {node}"
    f" JOIN object_pinned p ON {_SAME} JOIN dataset d ON d.digest = p.dataset"
    " WHERE e.role = :role AND {known} = :value GROUP BY e.child, e.parent, e.role, p.dataset, d.digest"
    " ON CONFLICT (child, parent, role) DO NOTHING"
)


def connect_run(store: Store, run: Digest, *, read: str, written: str) -> None:
    """Tie a run to the datasets that refer to what it read or wrote."""
    _connect(store, read, child="e.child", parent="p.dataset", node="e.parent", known="e.child", value=run)
    _connect(store, written, child="p.dataset", parent="e.parent", node="e.child", known="e.parent", value=run)


def connect_dataset(store: Store, dataset: Digest, *, read: str, written: str) -> None:
    """Tie a dataset to the runs that read or wrote what it refers to, also when they ended before it was added."""
    _connect(store, read, child="e.child", parent="p.dataset", node="e.parent", known="p.dataset", value=dataset)
    _connect(store, written, child="p.dataset", parent="e.parent", node="e.child", known="p.dataset", value=dataset)


def _connect(store: Store, role: str, *, value: Digest, **columns: str) -> None:
    store.database.run(_CONNECT.format(**columns), role=role, value=value)


def holders(store: Store, nodes: Iterable[str]) -> set[tuple[str, str]]:
    """Return each dataset with each of ``nodes`` that it refers to."""
    found = set[tuple[str, str]]()
    rest = iter(sorted(nodes))
    while asked := list(islice(rest, _ASKED_AT_ONCE)):
        marks = ", ".join(f":n{index}" for index in range(len(asked)))
        rows = store.database.run(
            f"SELECT DISTINCT p.dataset AS dataset, u.node AS node FROM object_used u JOIN object_pinned p ON {_SAME}"
            f" WHERE u.node IN ({marks})",
            **{f"n{index}": each for index, each in enumerate(asked)},
        )
        found |= {(row["dataset"], row["node"]) for row in rows}
    return found


def _state(of: Any) -> dict[str, str]:
    return {
        "uri": of.uri,
        "version": of.version,
        "etag": of.etag,
        "digest": of.digest or "",
        "endpoint": of.endpoint.rstrip("/"),
    }


def _pinned(store: Store, source: Source) -> Iterator[ObjectSource]:
    if isinstance(source, ObjectSource):
        yield source
    elif isinstance(source, PrefixSource) and store.blobs.has((source.objects,)):
        for each in listing.decode_lines(store.blobs.open(source.objects)):
            yield ObjectSource(
                uri=source.uri + each.key,
                size_bytes=each.size_bytes,
                version=each.version,
                etag=each.etag,
                digest=each.digest,
                endpoint=source.endpoint,
            )

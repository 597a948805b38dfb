"""Where a thing came from and what came of it: edges, the origins of versions, and the graph around anything.

A node is the digest of an object or of a plain file, or the reference of a deployment. Every edge points from what
was made to what it was made from, so "upstream" is always towards the raw data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import msgspec

from lineal.objects.canonical import decode
from lineal.objects.digest import Digest, short
from lineal.objects.runs import IMPORTED, FileUse, Run
from lineal.objects.sources import Source, decode_source
from lineal.operations.answers.lineage import Edge, Lineage, Node
from lineal.operations.asking import places
from lineal.operations.operation import operation
from lineal.operations.references import NEWEST_FIRST, RELEASES, Row, dataset_reference, find_any, version_reference
from lineal.storage.store import Store
from lineal.storage.trees import NODES, blob_of

READ, WRITTEN_BY, CHANGED_FROM, STARTED_BY, MADE_BY, DEPLOYS, EVALUATES, EVALUATED_ON, PINNED_AT, FETCHED_FROM = (
    "read",
    "written by",
    "changed from",
    "started by",
    "made by",
    "deploys",
    "evaluates",
    "evaluated on",
    "pinned at",
    "fetched from",
)
"""What a child did with its parent."""

_EDGES_MAX = 2_000
_ASKED_AT_ONCE = 500
"""A graph with more edges than this is cut: nobody can read it, and a page of it would not load."""

_EARLIER_RUNS = 100
"""A file that was changed unseen was written by one of so many runs before, or nobody looks for it."""

_ADD_EDGE = (
    "INSERT INTO edge (child, parent, role, trust, detail) VALUES (:child, :parent, :role, :trust, :detail)"
    " ON CONFLICT (child, parent, role) DO NOTHING"
)


def connect(store: Store, child: str, parent: str, role: str, *, detail: str = "", trust: str = "verified") -> None:
    """Write down that ``child`` came from ``parent``."""
    store.database.run(_ADD_EDGE, child=child, parent=parent, role=role, trust=trust, detail=detail)


def connect_run(store: Store, digest: Digest, run: Run) -> None:
    """Tie a run to the files and objects that it read and wrote, and to the datasets that hold what it read."""
    trust = "declared" if run.capture_level == IMPORTED else "verified"
    written = (*run.outputs, *run.intermediates)
    store.database.many(
        _ADD_EDGE,
        [
            *(_edge(digest, each.digest, READ, each.path, trust) for each in run.inputs),
            *(_edge(each.digest, digest, WRITTEN_BY, each.path, trust) for each in written),
        ],
    )
    if run.objects:
        _connect_objects(store, digest, run)
    store.database.run(
        "INSERT INTO edge (child, parent, role, trust, detail)"
        " WITH RECURSIVE up (detail, trust, tree) AS ("
        " SELECT f.detail, f.trust, m.tree FROM edge f JOIN member m ON m.blob = substr(f.parent, 8, 32)"
        " WHERE f.child = :run AND f.role = :read"
        " UNION SELECT u.detail, u.trust, b.parent FROM up u JOIN branch b ON b.child = u.tree)"
        " SELECT CAST(:run AS TEXT), d.digest, CAST(:read AS TEXT), u.trust, min(u.detail)"
        " FROM up u JOIN dataset d ON d.tree = u.tree WHERE true GROUP BY d.digest, u.trust"
        " ON CONFLICT (child, parent, role) DO NOTHING",
        run=digest,
        read=READ,
    )


def connect_changed(store: Store, run: Run) -> None:
    """Tie what a run read, and nobody is known to have made, to what an earlier run wrote at that path.

    Something that was not seen changed the file in between: so the edge is ``inferred``.
    """
    made_up = [each for each in run.inputs if not _is_explained(store, each.digest)] if run.inputs else []
    for each, row in _written_before(store, run, {use.path: use for use in made_up}):
        connect(store, each.digest, row["child"], CHANGED_FROM, detail=each.path, trust="inferred")


def _is_explained(store: Store, digest: Digest) -> bool:
    """Tell whether a file is known to come from something, or to be in a dataset."""
    return bool(store.database.run("SELECT child FROM edge WHERE child = :digest LIMIT 1", digest=digest)) or bool(
        holders(store, [digest])
    )


def _written_before(store: Store, run: Run, uses: dict[str, FileUse]) -> Iterator[tuple[FileUse, Row]]:
    """Yield each of ``uses`` with what the newest of the last runs wrote at its path, on the same machine."""
    rows = store.database.run(
        "SELECT e.child, e.detail, r.started_at FROM ("
        " SELECT digest, started_at FROM run WHERE host = :host AND digest IS NOT NULL AND started_at <= :at"
        " AND id <> :id ORDER BY started_at DESC, id DESC LIMIT :limit) r"
        " JOIN edge e ON e.parent = r.digest AND e.role = :written ORDER BY r.started_at DESC",
        host=run.host,
        at=run.started_at,
        id=run.id,
        limit=_EARLIER_RUNS if uses else 0,
        written=WRITTEN_BY,
    )
    left = dict(uses)
    for row in rows:
        if use := left.pop(row["detail"], None):
            yield use, row


def connect_steps(store: Store, run: Run, digest: Digest) -> None:
    """Tie a run to the run within which it was started, and to those that were started within it, whichever ends first."""
    pairs = store.database.run(
        "SELECT r.digest AS child, CAST(:digest AS TEXT) AS parent FROM run_relation x JOIN run r ON r.id = x.run"
        " WHERE x.role = 'parent' AND x.other = :own AND r.digest IS NOT NULL"
        " UNION ALL SELECT CAST(:digest AS TEXT), r.digest FROM run r WHERE r.id = :parent AND r.digest IS NOT NULL",
        digest=digest,
        own=run.id,
        parent=run.parent,
    )
    for each in pairs:
        connect(store, each["child"], each["parent"], STARTED_BY)


def _connect_objects(store: Store, digest: Digest, run: Run) -> None:
    read, written = places.read_by(run), places.written_by(run)
    places.note_used(store, (*read, *written))
    store.database.many(
        _ADD_EDGE,
        [
            *(_edge(digest, places.node_of(each), READ, each.uri, places.trust_in(each)) for each in read),
            *(_edge(places.node_of(each), digest, WRITTEN_BY, each.uri, places.trust_in(each)) for each in written),
        ],
    )
    places.connect_run(store, digest, read=READ, written=WRITTEN_BY)


def connect_source(store: Store, dataset: Digest, source: Source) -> None:
    """Tie a dataset to what it refers to, and to the runs that read or wrote the same, also when they ended before."""
    connect(store, dataset, store.put_object(source), PINNED_AT)
    places.note_pinned(store, dataset, source)
    places.connect_dataset(store, dataset, read=READ, written=WRITTEN_BY)
    write_origins_downstream(store, dataset)


def connect_dataset(store: Store, dataset: Digest, tree: Digest) -> None:
    """Tie a dataset to the runs that read or wrote its files, also when they ended before it was added."""
    store.database.run(
        "INSERT INTO edge (child, parent, role, trust, detail)"
        f" {NODES} SELECT f.child, CAST(:dataset AS TEXT), f.role, f.trust, min(f.detail)"
        # CROSS JOIN: of files that runs used there are few, of files in a tree there may be millions.
        " FROM edge f CROSS JOIN member m JOIN down d ON d.tree = m.tree"
        " WHERE m.blob = substr(f.parent, 8, 32) AND f.role = :read GROUP BY f.child, f.role, f.trust"
        " ON CONFLICT (child, parent, role) DO NOTHING",
        dataset=dataset,
        tree=tree,
        read=READ,
    )
    store.database.run(
        "INSERT INTO edge (child, parent, role, trust, detail)"
        f" {NODES} SELECT CAST(:dataset AS TEXT), f.parent, f.role, f.trust, min(f.detail)"
        # CROSS JOIN: of files that runs used there are few, of files in a tree there may be millions.
        " FROM edge f CROSS JOIN member m JOIN down d ON d.tree = m.tree"
        " WHERE m.blob = substr(f.child, 8, 32) AND f.role = :written GROUP BY f.parent, f.role, f.trust"
        " ON CONFLICT (child, parent, role) DO NOTHING",
        dataset=dataset,
        tree=tree,
        written=WRITTEN_BY,
    )
    write_origins_downstream(store, dataset)


def connect_files(store: Store, dataset: Digest, files: Iterable[Digest]) -> None:
    """Tie files to the dataset that they were fetched from, though the store does not hold them."""
    store.database.many(_ADD_EDGE, [_edge(each, dataset, FETCHED_FROM, "", "verified") for each in files])
    write_origins_downstream(store, dataset)


def write_origins_downstream(store: Store, node: str) -> None:
    """Write down the datasets upstream of every model version that came from ``node``."""
    for version in _versions_downstream(store, node):
        write_origins(store, version)


def write_origins(store: Store, version: str) -> None:
    """Write down every dataset version upstream of a model version, so that search need not walk."""
    store.database.run(
        "WITH RECURSIVE upstream (node) AS ("
        " SELECT CAST(:version AS TEXT)"
        " UNION SELECT e.parent FROM upstream u JOIN edge e ON e.child = u.node)"
        " INSERT INTO origin (version, dataset)"
        " SELECT DISTINCT CAST(:version AS TEXT), d.digest FROM upstream u JOIN dataset d ON d.digest = u.node"
        " WHERE true ON CONFLICT (version, dataset) DO NOTHING",
        version=version,
    )


def _versions_downstream(store: Store, node: str) -> list[str]:
    rows = store.database.run(
        "WITH RECURSIVE downstream (node) AS ("
        " SELECT CAST(:node AS TEXT)"
        " UNION SELECT e.child FROM downstream d JOIN edge e ON e.parent = d.node)"
        " SELECT DISTINCT v.digest FROM downstream d JOIN version v ON v.digest = d.node",
        node=node,
    )
    return [row["digest"] for row in rows]


def _edge(child: str, parent: str, role: str, detail: str, trust: str) -> dict[str, str]:
    return {"child": child, "parent": parent, "role": role, "trust": trust, "detail": detail}


@operation("lineage", effect="reads", about={"reference": "reference"})
def lineage(store: Store, reference: str, *, depth: int = 20) -> Lineage:
    """Show how something came to be, from raw data to deployments, and what came of it.

    Args:
        reference: a version, run, dataset or deployment.
        depth: how many steps to follow, each way.
    """
    kind, row = find_any(store, reference)
    start = f"deployment:{row['id']}" if kind == "deployment" else row.get("digest")
    if kind == "model" or not start:
        newest = store.database.run(
            "SELECT digest FROM version WHERE model = :name"
            f" ORDER BY CASE WHEN {RELEASES} THEN 0 ELSE 1 END, {NEWEST_FIRST} LIMIT 1",
            name=row["name"],
        )
        start = newest[0]["digest"] if newest else row["name"]
    found = around(store, start, depth, reference)
    if kind == "dataset":  # the same content may have other names too; this is the one that was asked for
        name = dataset_reference(row)
        nodes = (
            msgspec.structs.replace(each, reference=name) if each.digest == start else each for each in found.nodes
        )
        return msgspec.structs.replace(found, nodes=tuple(nodes))
    return found


def around(store: Store, start: str, depth: int, reference: str) -> Lineage:
    """Return the graph around a node, so many steps each way."""
    upstream = _reach(store, start, "child", "parent", depth)
    downstream = _reach(store, start, "parent", "child", depth)
    depths = {**{node: -steps for node, steps in downstream.items()}, **upstream, start: 0}
    edges = _edges_between(store, start, depth)
    is_cut = len(edges) > _EDGES_MAX
    edges = _without_files_of_datasets(store, edges[:_EDGES_MAX])
    shown = {start} | {each.child for each in edges} | {each.parent for each in edges}
    nodes = _named(store, {node: steps for node, steps in depths.items() if node in shown}, edges)
    return Lineage(reference=reference, nodes=nodes, edges=tuple(edges), truncated=is_cut)


def _walk(near: str, far: str) -> str:
    # Pairs of node and depth, never paths: a diamond of any size stays small.
    return (
        "WITH RECURSIVE reached (node, depth) AS ("
        " SELECT CAST(:start AS TEXT), 0"
        f" UNION SELECT e.{far}, r.depth + 1 FROM reached r JOIN edge e ON e.{near} = r.node WHERE r.depth < :depth)"
    )


def _reach(store: Store, start: str, near: str, far: str, depth: int) -> dict[str, int]:
    rows = store.database.run(
        f"{_walk(near, far)} SELECT node, min(depth) AS steps FROM reached GROUP BY node ORDER BY steps LIMIT :limit",
        start=start,
        depth=depth,
        limit=_EDGES_MAX,
    )
    return {row["node"]: row["steps"] for row in rows}


def _edges_between(store: Store, start: str, depth: int) -> list[Edge]:
    found: dict[tuple[str, str, str], Edge] = {}
    for near, far in (("child", "parent"), ("parent", "child")):
        rows = store.database.run(
            f"{_walk(near, far)} SELECT DISTINCT e.child, e.parent, e.role, e.trust, e.detail"
            f" FROM reached r JOIN edge e ON e.{near} = r.node WHERE r.depth < :depth"
            " ORDER BY e.child, e.parent, e.role LIMIT :limit",
            start=start,
            depth=depth,
            limit=_EDGES_MAX + 1,
        )
        found |= {(row["child"], row["parent"], row["role"]): Edge(**row) for row in rows}
    return list(found.values())


def _without_files_of_datasets(store: Store, edges: list[Edge]) -> list[Edge]:
    """Leave out the plain file behind an edge when a dataset that holds it stands there already."""
    things = {each.parent for each in edges if each.role == READ} | {e.child for e in edges if e.role == WRITTEN_BY}
    held = holders(store, {each for each in things if each.startswith("sha256:")})
    held |= places.holders(store, {each for each in things if "://" in each})
    by_run: dict[tuple[str, str], set[str]] = {}
    for each in edges:
        run, thing = (each.child, each.parent) if each.role == READ else (each.parent, each.child)
        by_run.setdefault((run, each.role), set()).add(thing)

    def is_plain(each: Edge) -> bool:
        if each.role not in {READ, WRITTEN_BY}:
            return True
        run, thing = (each.child, each.parent) if each.role == READ else (each.parent, each.child)
        return not any((other, thing) in held for other in by_run[run, each.role])

    return [each for each in edges if is_plain(each)]


def holders(store: Store, files: Iterable[str]) -> set[tuple[str, str]]:
    """Return each dataset with each of ``files`` that it holds."""
    found = set[tuple[str, str]]()
    rest = iter(sorted(files))
    while asked := list(islice(rest, _ASKED_AT_ONCE)):
        marks = ", ".join(f":f{index}" for index in range(len(asked)))
        rows = store.database.run(
            "WITH RECURSIVE up (blob, tree) AS ("
            f" SELECT m.blob, m.tree FROM member m WHERE m.blob IN ({marks})"
            " UNION SELECT u.blob, b.parent FROM up u JOIN branch b ON b.child = u.tree)"
            " SELECT DISTINCT d.digest AS dataset, u.blob AS blob FROM up u JOIN dataset d ON d.tree = u.tree",
            **{f"f{index}": blob_of(each) for index, each in enumerate(asked)},
        )
        named = {blob_of(each): each for each in asked}
        found |= {(row["dataset"], named[row["blob"]]) for row in rows}
    return found


def _place(row: Row) -> str:
    return decode_source(row["body"].encode()).place


def _run(row: Row) -> str:
    run = decode(row["body"], Run)
    return f"run:{run.id}" if run.id else short(row["digest"])


_NAMES: tuple[tuple[str, str, Callable[[Row], str]], ...] = (
    # Of a run that told of itself there may be several objects, one for each time when a version was made of it.
    ("run", "SELECT digest, body FROM object WHERE kind = 'run' AND digest IN ({marks})", _run),
    ("dataset", "SELECT * FROM dataset WHERE digest IN ({marks}) ORDER BY name, number", dataset_reference),
    ("version", "SELECT * FROM version WHERE digest IN ({marks})", version_reference),
    ("evaluation", "SELECT digest, kind FROM statement WHERE digest IN ({marks})", lambda row: short(row["digest"])),
    ("source", "SELECT * FROM object WHERE kind LIKE '%-source' AND digest IN ({marks})", _place),
)
"""How to find what kind of thing a digest names, and the reference by which people know it."""


def _named(store: Store, depths: dict[str, int], edges: list[Edge]) -> tuple[Node, ...]:
    """Return the nodes with their kinds and references; a digest that names no object is that of a plain file."""
    digests = [node for node in depths if node.startswith("sha256:")]
    marks = ", ".join(f":n{index}" for index in range(len(digests)))
    values = {f"n{index}": node for index, node in enumerate(digests)}
    known: dict[str, tuple[str, str]] = {}
    for kind, sql, name in _NAMES if digests else ():
        for row in store.database.run(sql.format(marks=marks), **values):
            known[row["digest"]] = (kind, name(row))
    paths = {each.parent: each.detail for each in edges if each.role == READ}
    paths |= {each.child: each.detail for each in edges if each.role in {WRITTEN_BY, CHANGED_FROM}}
    found = []
    for node, depth in sorted(depths.items(), key=lambda each: (-each[1], each[0])):
        kind, reference = known.get(node, ("file", paths.get(node) or short(node)))
        if node.startswith("deployment:"):
            kind, reference = "deployment", node
        elif "://" in node:
            kind, reference = "object", node.removesuffix("@")
        found.append(Node(digest=node, kind=kind, reference=reference, depth=depth))
    return tuple(found)

"""Trees in a store: nodes are blobs, and rows say which of them hold which bytes.

A node's rows are written after those of the nodes below it, so a node that has its row is known with everything below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from lineal.formats import trees
from lineal.objects.canonical import decode
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.files import Entry, Tree
from lineal.storage.blobs.blobs import BlobStore, Bundle
from lineal.storage.database.database import Database

ROOTS = (
    "WITH RECURSIVE up (tree) AS ("
    " SELECT m.tree FROM member m WHERE m.blob = substr(:digest, 8, 32)"
    " UNION SELECT b.parent FROM up u JOIN branch b ON b.child = u.tree)"
)
"""Begins a statement: ``up`` holds every tree that holds the bytes ``:digest``, parts of trees among them."""

NODES = (
    "WITH RECURSIVE down (tree) AS ("
    " SELECT CAST(:tree AS TEXT)"
    " UNION SELECT b.child FROM down d JOIN branch b ON b.parent = d.tree)"
)
"""Begins a statement: ``down`` holds every node of the tree ``:tree``."""

_BATCH_NODES = 200
_BATCH_ENTRIES = 50_000
"""The rows of so many entries are one change. They lie everywhere in their index, so that each change writes all of its pages
anew: with few rows at a time, a million would be written ten times."""

_MADE_NODES_MAX = 1_000


def put(blobs: BlobStore, entries: Iterable[Entry]) -> Digest:
    """Store the nodes of the tree that holds ``entries``, without rows; return the root. Raises Invalid."""
    with blobs.bundle() as bundle:
        root = put_nodes(blobs, bundle, trees.grow(entries))
    assert root  # noqa: S101 - every tree has a node
    return root


def put_nodes(
    blobs: BlobStore, bundle: Bundle, nodes: Iterable[trees.Node], made: dict[Digest, Tree] | None = None
) -> Digest | None:
    """Give those of ``nodes`` to ``bundle`` that are not stored; return the last, which is the root.

    The first nodes, up to a number, are kept in ``made`` too: whoever writes their rows need not read them again.
    """
    root: Digest | None = None
    rest = iter(nodes)
    while batch := {node.digest: node for node in islice(rest, _BATCH_NODES)}:
        *_, root = batch
        present = blobs.has(batch)
        for digest, node in batch.items():
            if digest not in present:
                bundle.put(digest, node.body)
            if made is not None and len(made) < _MADE_NODES_MAX:
                made[digest] = node.tree
    return root


def epoch_of(database: Database) -> int:
    """Return the number that grows whenever a store lets go of bytes."""
    return int(database.run("SELECT epoch FROM store WHERE id = 1")[0]["epoch"])


def hold_epoch(database: Database) -> int:
    """Return the same number, which stays so until the transaction ends."""
    return int(database.run("UPDATE store SET epoch = epoch WHERE id = 1 RETURNING epoch")[0]["epoch"])


def keep(
    database: Database,
    blobs: BlobStore,
    root: Digest,
    *,
    at: int,
    epoch: int | None = None,
    anew: bool = False,
    made: Mapping[Digest, Tree] = {},
) -> None:
    """Write the rows of a tree whose nodes are stored; what is known already is not read.

    Args:
        database: where the rows go.
        blobs: where the nodes are.
        root: the tree.
        at: the time, in milliseconds since 1970.
        epoch: the store's epoch when the files were last known to be there; without it they are looked for.
        anew: whether what is known is read all the same, because it may have been lost.
        made: nodes that the caller made itself and need not be read.

    Raises:
        NotFound: a node is not here.
        Corrupt: one is no node.
        Invalid: one holds paths that cannot be in a tree, or a file is not here.
    """
    # Each batch is a change of its own: a node without its root is as harmless as a blob without a name.
    rest = _nodes(database, blobs, root, made, anew=anew)
    while batch := _batch(rest):
        with database.transaction():
            # In the same change as the rows, so that nobody lets go of a file in between.
            if hold_epoch(database) != epoch:
                _check(blobs, batch)
            _insert(database, batch, at)


def _batch(nodes: Iterator[tuple[Digest, Tree]]) -> list[tuple[Digest, Tree]]:
    """Take the next nodes, as many as are worth a change."""
    batch, entries = list[tuple[Digest, Tree]](), 0
    for each in nodes:
        batch.append(each)
        entries += len(each[1].entries)
        if entries >= _BATCH_ENTRIES:
            break
    return batch


def _check(blobs: BlobStore, nodes: list[tuple[Digest, Tree]]) -> None:
    """Look whether nodes that somebody else made can be true, and whether their files are here."""
    for _, tree in nodes:
        trees.check_node(tree)
    needed = {each.digest for _, tree in nodes for each in tree.entries if each.mode != "directory"}
    if missing := needed - blobs.has(needed):
        raise Invalid(f"{len(missing)} files of the tree are not here, such as {min(missing)}", hint="send them first")


def _nodes(
    database: Database, blobs: BlobStore, root: Digest, made: Mapping[Digest, Tree], *, anew: bool
) -> Iterator[tuple[Digest, Tree]]:
    """Yield every node, or each without a row, those below before those above, each once; read level by level."""
    above, level = list[tuple[Digest, Tree]](), [root]
    while level:
        below = list[Digest]()
        rest = iter(dict.fromkeys(level))
        while asked := list(islice(rest, _BATCH_NODES)):
            known = {} if anew else _rows(database, asked)
            unknown = [each for each in asked if each not in known]
            read = blobs.get_many([each for each in unknown if each not in made])
            ours = ((each, made[each]) for each in unknown if each in made)
            for digest, tree in chain(ours, ((digest, decode(body, Tree)) for digest, body in read)):
                if tree.branches:
                    above.append((digest, tree))
                    below += (each.digest for each in tree.branches)
                else:
                    yield digest, tree
        level = below
    yield from reversed(above)


def _rows(database: Database, nodes: list[Digest]) -> dict[Digest, int]:
    """Return the numbers of those of ``nodes`` that are known."""
    marks = ", ".join(f":n{index}" for index in range(len(nodes)))
    rows = database.run(
        f"SELECT digest, number FROM node WHERE digest IN ({marks})",
        **{f"n{index}": each for index, each in enumerate(nodes)},
    )
    return {row["digest"]: row["number"] for row in rows}


def _insert(database: Database, nodes: list[tuple[Digest, Tree]], at: int) -> None:
    branches = ({"parent": digest, "child": each.digest} for digest, tree in nodes for each in tree.branches)
    numbers = _numbered(database, [digest for digest, _ in nodes], at)
    # An empty directory has no bytes that something else could hold.
    held = {
        (blob_of(each.digest), numbers[digest])
        for digest, tree in nodes
        for each in tree.entries
        if each.mode != "directory"
    }
    database.many("INSERT INTO branch (parent, child) VALUES (:parent, :child) ON CONFLICT DO NOTHING", branches)
    # In the order of the index, which is written several times faster so.
    ordered = ({"blob": blob, "node": node} for blob, node in sorted(held))
    database.many("INSERT INTO held (blob, node) VALUES (:blob, :node) ON CONFLICT DO NOTHING", ordered)


def _numbered(database: Database, nodes: list[Digest], at: int) -> dict[Digest, int]:
    """Return the number of each node; those that have none get the next ones. Only under the store's epoch."""
    known = _rows(database, nodes)
    last = int(database.run("SELECT COALESCE(MAX(number), 0) AS last FROM node")[0]["last"])
    new = {digest: number for number, digest in enumerate((each for each in nodes if each not in known), last + 1)}
    database.many(
        "INSERT INTO node (number, digest, created_at) VALUES (:number, :digest, :at)",
        ({"number": number, "digest": digest, "at": at} for digest, number in new.items()),
    )
    return known | new


def blob_of(digest: str) -> str:
    """Return how the table ``held`` knows the bytes ``digest``."""
    return digest[7:39]

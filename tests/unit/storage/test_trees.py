"""Rows of trees: a node that has its row is known with all that is below it, whatever interrupted whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lineal.formats import trees as formats
from lineal.formats.tree_edits import edit
from lineal.objects.canonical import canonical_bytes
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, Invalid, NotFound
from lineal.objects.files import NOTHING, Branch, Entry, Tree
from lineal.storage import trees
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from lineal.testing.contracts.blobs_together import bundled
from lineal.testing.faults import Crash, FailingRows

FILES = [b"%d" % (number % 90) for number in range(20_000)]
ENTRIES = [
    Entry(path=f"{number:05}", digest=digest_of(data), size_bytes=len(data)) for number, data in enumerate(FILES)
]
EMPTY = Entry(path="~empty", digest=NOTHING, size_bytes=0, mode="directory")
NODES = list(formats.grow([*ENTRIES, EMPTY]))
ROOT = NODES[-1].digest
AT = 1_700_000_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Sqlite | Postgres]:
    """Tables without rows."""
    made = Sqlite(MEMORY) if request.param == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    migrate(made, phase="pre")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _several_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of this size is written in several changes."""
    monkeypatch.setattr(trees, "_BATCH_ENTRIES", 5_000)


@pytest.fixture
def blobs() -> MemoryBlobs:
    """A store with the tree and its files."""
    made = MemoryBlobs()
    bundled(made, [*{*FILES}, *(each.body for each in NODES)])
    return made


def rows(database: Sqlite | Postgres) -> tuple[set[str], set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the nodes, the branches and the members that have rows."""
    nodes = {row["digest"] for row in database.run("SELECT digest FROM node")}
    branches = {(row["parent"], row["child"]) for row in database.run("SELECT * FROM branch")}
    members = {(row["blob"], row["tree"]) for row in database.run("SELECT * FROM member")}
    return nodes, branches, members


def expected() -> tuple[set[str], set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the rows of the whole tree."""
    return (
        {each.digest for each in NODES},
        {(each.digest, child.digest) for each in NODES for child in each.tree.branches},
        {
            (trees.blob_of(entry.digest), each.digest)
            for each in NODES
            for entry in each.tree.entries
            if entry.mode != "directory"
        },
    )


def keep(database: Sqlite | Postgres | FailingRows, blobs: MemoryBlobs, root: Digest = ROOT) -> None:
    trees.keep(database, blobs, root, at=AT)


def test_a_large_tree_has_rows_for_its_nodes_its_branches_and_what_they_hold(
    database: Sqlite | Postgres, blobs: MemoryBlobs
) -> None:
    keep(database, blobs)
    assert expected() == rows(database)

    keep(database, blobs)
    assert expected() == rows(database)


def test_whoever_dies_leaves_no_node_above_one_that_is_not_known(
    database: Sqlite | Postgres, blobs: MemoryBlobs
) -> None:
    children = {each.digest: {child.digest for child in each.tree.branches} for each in NODES}
    for changes in range(12):
        with pytest.raises(Crash):
            keep(FailingRows(database, after=changes, fault=Crash), blobs)
        nodes, _, members = rows(database)

        assert all(children[each] <= nodes for each in nodes)
        assert all({(trees.blob_of(entry.digest), each.digest) for entry in each.tree.entries if entry.mode != "directory"} <= members
                   for each in NODES if each.digest in nodes)  # fmt: skip
        if nodes:
            break
    keep(database, blobs)
    assert expected() == rows(database)


def test_a_change_has_many_rows_or_those_of_the_rest(
    database: Sqlite | Postgres, blobs: MemoryBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, insert = list[int](), trees._insert

    def noting(to: Sqlite, nodes: list[tuple[Digest, Tree]], at: int) -> None:
        written.append(sum(len(each.entries) for _, each in nodes))
        insert(to, nodes, at)

    monkeypatch.setattr(trees, "_insert", noting)
    keep(database, blobs)

    assert len(ENTRIES) + 1 == sum(written)
    assert 4 == len(written)
    assert all(each >= 5_000 for each in written[:-1])


def test_every_tree_that_holds_some_bytes_is_found_and_every_node_of_a_tree(
    database: Sqlite | Postgres, blobs: MemoryBlobs
) -> None:
    keep(database, blobs)
    other = Entry(path="00000", digest=blobs.put(b"other"), size_bytes=5)
    changed = list(edit(ROOT, [("00000", other)], blobs.get_many))
    bundled(blobs, [each.body for each in changed])
    keep(database, blobs, changed[-1].digest)

    def roots(digest: Digest) -> set[str]:
        return {row["tree"] for row in database.run(f"{trees.ROOTS} SELECT tree FROM up", digest=digest)}

    # An edit may give nodes again that the tree had before.
    assert {each.digest for each in changed} - {each.digest for each in NODES} == roots(other.digest)
    assert {ROOT, changed[-1].digest} <= roots(ENTRIES[7].digest)
    assert {each.digest for each in NODES} == {
        row["tree"] for row in database.run(f"{trees.NODES} SELECT tree FROM down", tree=ROOT)
    }


def test_only_nodes_that_are_new_are_read(database: Sqlite | Postgres, blobs: MemoryBlobs) -> None:
    keep(database, blobs)
    changed = list(edit(ROOT, [("00000", None)], blobs.get_many))
    known = {each.digest for each in NODES} - {each.digest for each in changed}
    bundled(blobs, [each.body for each in changed])
    for digest in known - {child.digest for each in changed for child in each.tree.branches}:
        blobs.delete(digest)
    for digest in known & {child.digest for each in changed for child in each.tree.branches}:
        blobs.spoil(digest, b"whoever reads this raises")
    keep(database, blobs, changed[-1].digest)

    assert {each.digest for each in changed} <= rows(database)[0]


def test_a_tree_of_which_something_is_missing_or_wrong_is_refused(
    database: Sqlite | Postgres, blobs: MemoryBlobs
) -> None:
    blobs.delete(digest_of(b"7"))
    with pytest.raises(Invalid, match=f"files of the tree are not here, such as {digest_of(b'7')}"):
        keep(database, blobs)
    blobs.put(b"7")
    blobs.delete(NODES[3].digest)
    with pytest.raises(NotFound, match=NODES[3].digest):
        keep(database, blobs)
    blobs.spoil(NODES[3].digest, b"{}")
    with pytest.raises(Corrupt):
        keep(database, blobs)
    assert ROOT not in rows(database)[0]


@pytest.mark.parametrize(
    "tree",
    [
        Tree(entries=(Entry(path="../x", digest=digest_of(b"1"), size_bytes=1),)),
        Tree(entries=tuple(Entry(path=each, digest=digest_of(b"1"), size_bytes=1) for each in ("a", "a/b"))),
        Tree(
            entries=(ENTRIES[0],),
            branches=(Branch(digest=ROOT, first="a", file_count=1, size_bytes=1),),
        ),
    ],
)
def test_a_node_that_cannot_be_true_is_refused(tree: Tree, database: Sqlite | Postgres, blobs: MemoryBlobs) -> None:
    digest = blobs.put(canonical_bytes(tree))
    with pytest.raises(Invalid):
        keep(database, blobs, digest)

    assert digest not in rows(database)[0]

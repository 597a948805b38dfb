"""Values and trees: stored once, read back verified, bytes before names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from lineal.client.connect import init
from lineal.objects.canonical import Object, canonical_bytes, object_digest
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, Invalid, NotFound, Unavailable
from lineal.objects.files import Entry, Tree
from lineal.objects.runs import Code, Run
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.clock import FixedClock
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from lineal.storage.store import ROLES, Actor, Store, kind_of
from lineal.storage.trees import blob_of
from lineal.testing.faults import Crash, Failing, FailingRows
from lineal.testing.strategies import any_object, trees

A, B = digest_of(b"a"), digest_of(b"b")
TREE = Tree(entries=(Entry(path="a", digest=A, size_bytes=1), Entry(path="b/c", digest=B, size_bytes=1)))


def in_memory() -> Store:
    database = Sqlite(MEMORY)
    migrate(database, phase="pre")
    return Store(blobs=MemoryBlobs(), database=database, clock=FixedClock(), actor=Actor("ada", "admin"))


def rows(store: Store) -> tuple[list[str], list[str]]:
    """Return the nodes and the members that have rows, in order."""
    nodes = store.database.run("SELECT digest FROM node ORDER BY digest")
    members = store.database.run("SELECT blob FROM member ORDER BY blob")
    return [each["digest"] for each in nodes], [each["blob"] for each in members]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    made = in_memory()
    if request.param == "postgresql":
        made = msgspec.structs.replace(made, database=Postgres(request.getfixturevalue("postgres_url")))
        migrate(made.database, phase="pre")
    yield made
    made.database.close()


MEMORY_STORE = in_memory()


@given(any_object())
def test_every_object_comes_back(value: Object) -> None:
    digest = MEMORY_STORE.put_object(value)

    assert object_digest(value) == digest
    assert value == MEMORY_STORE.get_object(digest, type(value))


@given(trees())
def test_every_tree_comes_back_and_has_a_row_for_each_of_its_blobs(tree: Tree) -> None:
    digest = MEMORY_STORE.put_tree(tree)
    rows = MEMORY_STORE.database.run("SELECT blob FROM member WHERE tree = :tree ORDER BY blob", tree=digest)

    assert digest_of(canonical_bytes(tree)) == digest
    assert tree == MEMORY_STORE.get_tree(digest)
    blobs = {blob_of(each.digest) for each in tree.entries if each.mode != "directory"}
    assert sorted(blobs) == [each["blob"] for each in rows]


def test_storing_again_changes_nothing(store: Store) -> None:
    for _ in range(2):
        store.put_object(Code(commit="x"))
        store.put_tree(TREE)
    (row,) = store.database.run("SELECT * FROM object")

    assert object_digest(Code(commit="x")) == row["digest"]
    assert ("code", len(row["body"].encode())) == (row["kind"], row["size_bytes"])
    assert ([object_digest(TREE)], sorted([blob_of(A), blob_of(B)])) == rows(store)


def test_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match=A):
        store.get_object(A, Code)
    with pytest.raises(NotFound, match=A):
        store.get_tree(A)


def test_an_object_of_another_kind_is_not_found(store: Store) -> None:
    digest = store.put_object(Code())
    with pytest.raises(NotFound, match=f"{digest} is a code, not a run"):
        store.get_object(digest, Run)


def test_a_changed_body_is_corrupt_and_named(store: Store) -> None:
    digest = store.put_object(Code(commit="before"))
    store.database.run("UPDATE object SET body = replace(body, 'before', 'after')")
    with pytest.raises(Corrupt, match=f"the row of the code {digest} in the table object holds other bytes"):
        store.get_object(digest, Code)


def test_a_flipped_byte_of_a_tree_is_named(store: Store) -> None:
    digest = store.put_tree(TREE)
    assert isinstance(store.blobs, MemoryBlobs)
    store.blobs.spoil(digest, canonical_bytes(TREE).replace(b"b/c", b"b/d"))
    with pytest.raises(Corrupt, match=digest):
        store.get_tree(digest)


def test_parts_of_objects_are_not_stored_alone(store: Store) -> None:
    with pytest.raises(Invalid, match="Entry is a part"):
        store.put_object(TREE.entries[0])

    assert "tree" == kind_of(Tree)


@pytest.mark.parametrize(
    "paths",
    [["b", "a"], ["a", "a"], [""], ["/etc/passwd"], ["../x"], ["a/../../x"], ["a//b"], ["a/"], ["./a"], ["a\0b"]],
)
def test_a_tree_that_leaves_its_directory_or_is_out_of_order_is_invalid(store: Store, paths: list[str]) -> None:
    tree = Tree(entries=tuple(Entry(path=path, digest=A, size_bytes=1) for path in paths))
    with pytest.raises(Invalid) as caught:
        store.put_tree(tree)

    assert repr(paths[-1]) in caught.value.message
    assert [] == list(store.blobs.list())
    assert ([], []) == rows(store)


def test_a_path_that_looks_strange_is_still_a_path(store: Store) -> None:
    paths = ["...", "..a", "a b", "a\nb", "back\\slash", "ünï"]
    tree = Tree(entries=tuple(Entry(path=path, digest=A, size_bytes=1) for path in sorted(paths)))

    assert tree == store.get_tree(store.put_tree(tree))


@pytest.mark.parametrize("fault", [Crash, lambda: Unavailable("down")])
def test_bytes_come_before_the_rows_that_name_them(store: Store, fault: type[BaseException]) -> None:
    without_rows = msgspec.structs.replace(store, database=FailingRows(store.database, after=0, fault=fault))
    with pytest.raises((Crash, Unavailable)):
        without_rows.put_tree(TREE)

    assert [object_digest(TREE)] == list(store.blobs.list())
    assert ([], []) == rows(store)
    assert object_digest(TREE) == store.put_tree(TREE)
    assert ([object_digest(TREE)], sorted([blob_of(A), blob_of(B)])) == rows(store)


def test_no_row_names_bytes_that_could_not_be_stored(store: Store) -> None:
    without_bytes = msgspec.structs.replace(store, blobs=Failing(store.blobs, after=0))
    with pytest.raises(Unavailable, match="No space left"):
        without_bytes.put_tree(TREE)

    assert ([], []) == rows(store)


def test_rows_of_a_tree_are_part_of_the_transaction(store: Store) -> None:
    with pytest.raises(Crash), store.database.transaction():  # noqa: PT012 - a block is what is tested
        store.put_tree(TREE)
        raise Crash

    assert ([], []) == rows(store)
    assert TREE == store.get_tree(object_digest(TREE))


def test_acting_as_somebody_else_shares_everything_but_the_name(store: Store) -> None:
    other = store.acting(Actor("bob", "reader"))

    assert (other.blobs, other.database, other.clock) == (store.blobs, store.database, store.clock)
    assert ("bob", "ada") == (other.actor.name, store.actor.name)
    assert ROLES == ("none", "reader", "writer", "approver", "admin")


def test_digests_are_not_trusted_to_be_paths(store: Store) -> None:
    with pytest.raises(NotFound):
        store.get_tree(Digest("../../etc/passwd"))


def test_a_large_tree_may_be_kept_within_a_transaction(tmp_path: Path) -> None:
    with init(tmp_path) as repository:
        entries = tuple(Entry(path=f"{number:05}", digest=A, size_bytes=1) for number in range(4_000))
        with repository.store.database.transaction():
            digest = repository.store.put_tree(Tree(entries=entries))

        assert entries == tuple(repository.store.entries(digest))

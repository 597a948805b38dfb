"""Verbs of datasets: add, list and log their versions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from lineal.formats.tables import delimited
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.files import Tree
from lineal.objects.reference import check_name
from lineal.operations import lineage
from lineal.operations.answers import DatasetAnswer
from lineal.operations.operation import Upload, Uploadable, operation
from lineal.operations.references import Row, dataset_reference, find_dataset
from lineal.storage.store import Store


@operation("data add", effect="writes")
def add(store: Store, path: Uploadable, *, name: str = "", message: str = "") -> DatasetAnswer:
    """Add a file or directory as the next version of a dataset.

    The content is stored once, however often it is added; unchanged content keeps its version.

    Args:
        path: the file or directory.
        name: the dataset's name; by default the file's name without its suffix.
        message: why this version came to be.

    Raises:
        Invalid: the path is empty or its name cannot name a dataset.
    """
    assert isinstance(path, Upload)  # noqa: S101 - the seam uploads every path
    tree = store.get_tree(path.tree)
    if not tree.entries:
        raise Invalid(f"{path.name!r} holds no file", hint="add a file, or a directory that holds one")
    name = check_name(name or PurePosixPath(path.name).stem, "dataset")
    newest = store.database.run("SELECT * FROM dataset WHERE name = :name ORDER BY number DESC LIMIT 1", name=name)
    value = _described(store, path.tree, tree)
    digest = store.put_object(value)
    if newest and newest[0]["digest"] == digest:
        return _answer(store, newest[0])
    row: Row = {
        "name": name,
        "number": newest[0]["number"] + 1 if newest else 1,
        "digest": digest,
        "tree": path.tree,
        "added_by": store.actor.name,
        "message": message,
        "created_at": store.clock.now(),
    }
    store.database.run(
        "INSERT INTO dataset (name, number, digest, tree, added_by, message, created_at)"
        " VALUES (:name, :number, :digest, :tree, :added_by, :message, :created_at)",
        **row,
    )
    lineage.connect_dataset(store, digest, path.tree)
    return _answer(store, row, created=True)


def _described(store: Store, digest: Digest, tree: Tree) -> DatasetVersion:
    """Return the dataset version of a tree; a single table is described by its columns and rows."""
    facts = None
    if len(tree.entries) == 1 and tree.entries[0].mode != "symlink":
        facts = delimited.describe(_pieces(store, tree.entries[0].digest))
    return DatasetVersion(
        tree=digest,
        size_bytes=tree.size_bytes,
        file_count=len(tree.entries),
        columns=facts.columns if facts else (),
        row_count=facts.row_count if facts else None,
    )


def _pieces(store: Store, digest: Digest) -> Iterator[bytes]:
    return store.blobs.open(digest)


@operation("data list", effect="reads")
def list_datasets(store: Store) -> tuple[DatasetAnswer, ...]:
    """List the datasets, each with its newest version."""
    rows = store.database.run(
        "SELECT d.* FROM dataset d WHERE d.number ="
        " (SELECT max(number) FROM dataset WHERE name = d.name) ORDER BY d.name"
    )
    return tuple(_answer(store, row) for row in rows)


@operation("data log", effect="reads")
def log(store: Store, name: str) -> tuple[DatasetAnswer, ...]:
    """Show every version of a dataset, newest first: who added what, and when.

    Args:
        name: the dataset, as data:NAME or NAME.
    """
    newest = find_dataset(store, name if name.startswith("data:") else f"data:{name}")
    rows = store.database.run("SELECT * FROM dataset WHERE name = :name ORDER BY number DESC", name=newest["name"])
    return tuple(_answer(store, row) for row in rows)


@operation("data show", effect="reads")
def show(store: Store, name: str) -> DatasetAnswer:
    """Show one version of a dataset: its columns, what read it, and which models came from it.

    Args:
        name: the dataset version, as data:NAME, data:NAME@2 or a digest.
    """
    return show_row(store, find_dataset(store, name if ":" in name else f"data:{name}"))


def show_row(store: Store, row: Row) -> DatasetAnswer:
    """Return everything about the dataset version of a row."""
    readers = store.database.run(
        "SELECT r.id FROM edge e JOIN run r ON r.digest = e.child WHERE e.parent = :digest ORDER BY r.id DESC LIMIT 50",
        digest=row["digest"],
    )
    writers = store.database.run(
        "SELECT r.id FROM edge e JOIN run r ON r.digest = e.parent WHERE e.child = :digest ORDER BY r.id DESC LIMIT 50",
        digest=row["digest"],
    )
    models = store.database.run(
        "SELECT v.* FROM origin o JOIN version v ON v.digest = o.version WHERE o.dataset = :digest"
        " ORDER BY v.created_at DESC LIMIT 50",
        digest=row["digest"],
    )
    return _answer(
        store,
        row,
        read_by=tuple(f"run:{each['id']}" for each in readers),
        written_by=tuple(f"run:{each['id']}" for each in writers),
        origin_of=tuple(f"{v['model']}:{v['major']}.{v['minor']}.{v['patch']}" for v in models),
    )


@operation("data tree", effect="reads", internal=True)
def tree_of(store: Store, name: str) -> Tree:
    """Return the files of a dataset version, for whoever fetches them.

    Args:
        name: the dataset version.
    """
    row = find_dataset(store, name)
    return store.get_tree(store.get_object(row["digest"], DatasetVersion).tree)


def _answer(store: Store, row: Row, *, created: bool = False, **found: tuple[str, ...]) -> DatasetAnswer:
    return DatasetAnswer(
        reference=dataset_reference(row),
        name=row["name"],
        number=row["number"],
        digest=row["digest"],
        dataset=store.get_object(row["digest"], DatasetVersion),
        added_by=row["added_by"],
        created_at=row["created_at"],
        message=row["message"],
        created=created,
        **found,
    )

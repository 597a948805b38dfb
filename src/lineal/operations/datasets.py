"""Verbs of datasets: add, list and log their versions."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from lineal.formats.summaries import columns, summarise
from lineal.formats.tables import delimited
from lineal.formats.tables.formats import has_arrays, reader_of
from lineal.formats.tables.table import part_key
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.files import Entry, Tree
from lineal.objects.profiles import Profile, Table
from lineal.objects.reference import check_name
from lineal.operations import lineage
from lineal.operations.answers import DatasetAnswer, TableAnswer
from lineal.operations.derived import keep, known
from lineal.operations.operation import Upload, Uploadable, operation
from lineal.operations.references import Row, dataset_reference, find_dataset
from lineal.operations.tables import NOT_YET, Profiling, entries, is_table, quick_bytes, tables_of
from lineal.storage.store import Store


def _prepare(store: Store, path: Upload, **_: object) -> None:
    """Look at the table before the transaction: it may be large, and nobody should wait for it to write."""
    _described(store, path.tree)


@operation("data add", effect="writes", prepare=_prepare)
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
    if next(entries(store, path.tree), None) is None:
        raise Invalid(f"{path.name!r} holds no file", hint="add a file, or a directory that holds one")
    name = check_name(name or PurePosixPath(path.name).stem, "dataset")
    newest = store.database.run("SELECT * FROM dataset WHERE name = :name ORDER BY number DESC LIMIT 1", name=name)
    value = _described(store, path.tree)
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


def _described(store: Store, tree: Digest) -> DatasetVersion:
    """Return the dataset version of a tree; a single table of text is described by its columns and rows.

    What a version says of itself is part of its digest, so it must be the same wherever it is added, and with every
    later Lineal: no more than text tells, and told without any package. All else is told by ``tables_of``.
    """
    subject = part_key("dataset", tree.encode(), ())
    if found := known(store, subject, DatasetVersion):
        return found
    sizes = [each.size_bytes for each in entries(store, tree)]
    facts = _columns(store, next(entries(store, tree))) if len(sizes) == 1 else None
    value = DatasetVersion(
        tree=tree,
        size_bytes=sum(sizes),
        file_count=len(sizes),
        columns=facts.columns if facts else (),
        row_count=facts.row_count if facts else None,
    )
    keep(store, subject, value)
    return value


def _columns(store: Store, entry: Entry) -> delimited.TableFacts | None:
    """Return the columns and rows of a file that is a table of text, or None when it is none."""
    if entry.mode == "symlink":
        return None
    if entry.size_bytes > quick_bytes() and not has_arrays():
        return delimited.describe(store.blobs.open(entry.digest))
    try:
        profile = Profiling(store, None).file(entry, reader_of("csv"))
    except Invalid:
        return None
    return delimited.TableFacts(columns(profile, is_text=True), profile.row_count) if is_table(profile) else None


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
    """Show one version of a dataset: its tables and what is in them, what read it, and which models came from it.

    Args:
        name: the dataset version, as data:NAME, data:NAME@2 or a digest.
    """
    return show_row(store, find_dataset(store, name if ":" in name else f"data:{name}"))


@operation("data profile", effect="acts")
def profile(store: Store, name: str) -> DatasetAnswer:
    """Profile every table of a dataset version, however large, so that it can be shown and compared.

    What was profiled before is not read again: of a table that has grown, only what is new.

    Args:
        name: the dataset version, as data:NAME, data:NAME@2 or a digest.
    """
    row = find_dataset(store, name if ":" in name else f"data:{name}")
    tables_of(store, row["tree"])
    return show_row(store, row)


def _tables(store: Store, row: Row) -> dict[str, Any]:
    """Return what is said of the tables of a dataset version."""
    found = tables_of(store, row["tree"], most_bytes=quick_bytes())
    hint = f"; lineal data profile {dataset_reference(row)} does that"
    notes = (each + hint if each.endswith(NOT_YET) else each for each in found.notes)
    return {
        "tables": tuple(table_answer(each, found.profiles[each.name]) for each in found.tables.tables),
        "gaps": (*found.tables.gaps, *notes),
    }


def table_answer(table: Table, profile: Profile) -> TableAnswer:
    """Return a table with everything that its profile tells."""
    return TableAnswer(
        name=table.name,
        format=table.format,
        file_count=table.file_count,
        size_bytes=table.size_bytes,
        row_count=profile.row_count,
        columns=columns(profile, is_text=table.format == "csv"),
        profile=table.profile,
        partitions=table.partitions,
        summaries=tuple(map(summarise, profile.columns)),
    )


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
        **_tables(store, row),
    )


@operation("data tree", effect="reads", internal=True)
def tree_of(store: Store, name: str) -> Tree:
    """Return the files of a dataset version, for whoever fetches them.

    Args:
        name: the dataset version.
    """
    row = find_dataset(store, name)
    return store.get_tree(store.get_object(row["digest"], DatasetVersion).tree)


def _answer(store: Store, row: Row, *, created: bool = False, **found: Any) -> DatasetAnswer:
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

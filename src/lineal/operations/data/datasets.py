"""Verbs of datasets: add, list and log their versions."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from lineal.formats import trees
from lineal.formats.summaries import columns, summarise
from lineal.formats.tables import delimited
from lineal.formats.tables.formats import has_arrays, reader_of
from lineal.formats.tables.table import part_key
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid
from lineal.objects.files import Entry
from lineal.objects.profiles import Profile, Table
from lineal.objects.reference import check_name
from lineal.objects.sources import Source, decode_source
from lineal.objects.statements import Sighting
from lineal.operations.answers.data import DatasetAnswer, TableAnswer
from lineal.operations.asking import lineage
from lineal.operations.data.derived import keep, known
from lineal.operations.data.tables import NOT_YET, Profiling, is_table, quick_bytes, tables_of
from lineal.operations.operation import Upload, Uploadable, operation
from lineal.operations.references import Row, dataset_reference, find_dataset, version_reference
from lineal.operations.statements import said
from lineal.storage.store import Store

_BEGINNING_BYTES = 4_096


def _prepare(store: Store, path: Upload, **_: object) -> None:
    """Look at the table before the transaction: it may be large, and nobody should wait for it to write."""
    described(store, path.tree)


@operation("data add", effect="writes", prepare=_prepare, about={})
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
    name = name or PurePosixPath(path.name).stem
    return keep_files(store, path, name, by=store.actor.name, at=store.clock.now(), message=message)


def keep_files(store: Store, files: Upload, name: str, *, by: str, at: int, message: str) -> DatasetAnswer:
    """Make files the next version of a dataset, unless the newest holds the same; ``by`` and ``at`` say who and when."""
    if not store.database.run("SELECT digest FROM node WHERE digest = :tree", tree=files.tree):
        raise Conflict(f"{files.name!r} was let go of before it had a name", hint="add it again")
    value = described(store, files.tree)
    if not value.file_count:
        raise Invalid(f"{files.name!r} holds no file", hint="add a file, or a directory that holds one")
    return add_version(store, name, value, message, by=by, at=at)


def add_version(
    store: Store, name: str, value: DatasetVersion, message: str, *, by: str = "", at: int = 0
) -> DatasetAnswer:
    """Make ``value`` the next version of the dataset ``name``; the one that is the newest already stays it.

    Args:
        store: where.
        name: the dataset's name.
        value: the version.
        message: why it came to be.
        by: who added it; by default who acts.
        at: when, in milliseconds since 1970; by default now.

    Raises:
        Invalid: nothing can have that name.
    """
    check_name(name, "dataset")
    newest = store.database.run("SELECT * FROM dataset WHERE name = :name ORDER BY number DESC LIMIT 1", name=name)
    digest = store.put_object(value)
    if newest and newest[0]["digest"] == digest:
        return answer_of(store, newest[0])
    row: Row = {
        "name": name,
        "number": newest[0]["number"] + 1 if newest else 1,
        "digest": digest,
        "tree": value.tree,
        "added_by": by or store.actor.name,
        "message": message,
        "created_at": at or store.clock.now(),
    }
    insert_version(store, row)
    lineage.connect_dataset(store, digest, value.tree)
    return answer_of(store, row, created=True)


def insert_version(store: Store, row: Row) -> None:
    """Write the row of a dataset version. Raises Conflict when its number is taken."""
    store.database.run(
        "INSERT INTO dataset (name, number, digest, tree, added_by, message, created_at)"
        " VALUES (:name, :number, :digest, :tree, :added_by, :message, :created_at)",
        **row,
    )


def described(store: Store, tree: Digest) -> DatasetVersion:
    """Return the dataset version of a tree; a single table of text is described by its columns and rows.

    What a version says of itself is part of its digest, so it must be the same wherever it is added, and with every
    later Lineal: no more than text tells, and told without any package. All else is told by ``tables_of``.
    """
    root = trees.read_node(tree, store.blobs.get)
    if root.file_count != 1:
        return DatasetVersion(tree=tree, size_bytes=root.size_bytes, file_count=root.file_count)
    subject = part_key("dataset", tree.encode(), ())
    if found := known(store, subject, DatasetVersion):
        return found
    facts = _columns(store, root.entries[0])
    value = DatasetVersion(
        tree=tree,
        size_bytes=root.size_bytes,
        file_count=root.file_count,
        columns=facts.columns if facts else (),
        row_count=facts.row_count if facts else None,
    )
    keep(store, subject, value)
    return value


def _columns(store: Store, entry: Entry) -> delimited.TableFacts | None:
    """Return the columns and rows of a file that is a table of text, or None when it is none."""
    if entry.mode in {"symlink", "directory"}:
        return None
    # Before anything that reads tables is loaded: that takes a tenth of a second.
    if not delimited.may_be_text(b"".join(store.blobs.open(entry.digest, start=0, size=_BEGINNING_BYTES))):
        return None
    if entry.size_bytes > quick_bytes() and not has_arrays():
        return delimited.describe(store.blobs.open(entry.digest))
    try:
        profile = Profiling(store, None).file(entry, reader_of("csv"))
    except Invalid:
        return None
    return delimited.TableFacts(columns(profile, is_text=True), profile.row_count) if is_table(profile) else None


@operation("data list", effect="reads", about={})
def list_datasets(store: Store) -> tuple[DatasetAnswer, ...]:
    """List the datasets, each with its newest version."""
    rows = store.database.run(
        "SELECT d.* FROM dataset d WHERE d.number ="
        " (SELECT max(number) FROM dataset WHERE name = d.name) ORDER BY d.name"
    )
    return tuple(answer_of(store, row) for row in rows)


@operation("data log", effect="reads", about={"name": "contents"})
def log(store: Store, name: str) -> tuple[DatasetAnswer, ...]:
    """Show every version of a dataset, newest first: who added what, and when.

    Args:
        name: the dataset, as data:NAME or NAME.
    """
    newest = find_dataset(store, name if name.startswith("data:") else f"data:{name}")
    rows = store.database.run("SELECT * FROM dataset WHERE name = :name ORDER BY number DESC", name=newest["name"])
    return tuple(answer_of(store, row) for row in rows)


@operation("data show", effect="reads", about={"name": "contents"})
def show(store: Store, name: str) -> DatasetAnswer:
    """Show one version of a dataset: its tables and what is in them, what read it, and which models came from it.

    Args:
        name: the dataset version, as data:NAME, data:NAME@2 or a digest.
    """
    return show_row(store, find_dataset(store, name if ":" in name else f"data:{name}"))


@operation("data profile", effect="acts", about={"name": "contents"})
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
    return answer_of(
        store,
        row,
        read_by=tuple(f"run:{each['id']}" for each in readers),
        written_by=tuple(f"run:{each['id']}" for each in writers),
        origin_of=tuple(map(version_reference, models)),
        **_tables(store, row),
    )


def answer_of(store: Store, row: Row, *, created: bool = False, **found: Any) -> DatasetAnswer:
    """Return what is known of the dataset version of a row."""
    dataset = store.get_object(row["digest"], DatasetVersion)
    sightings = said(store, row["digest"], Sighting) if dataset.source else ()
    return DatasetAnswer(
        reference=dataset_reference(row),
        name=row["name"],
        number=row["number"],
        digest=row["digest"],
        dataset=dataset,
        added_by=row["added_by"],
        created_at=row["created_at"],
        message=row["message"],
        created=created,
        source=source_at(store, dataset.source) if dataset.source else None,
        seen=sightings[0][1] if sightings else None,
        **found,
    )


def source_at(store: Store, digest: Digest) -> Source | None:
    """Return the source that ``digest`` names; None for one that did not come along with a copy of its content.

    Raises:
        Corrupt: its bytes are not those that the digest names.
        Unsupported: a newer Lineal wrote it.
    """
    rows = store.database.run("SELECT body FROM object WHERE digest = :digest", digest=digest)
    if rows:
        return decode_source(rows[0]["body"].encode())
    # A dataset version that was pulled brings the document in its tree.
    return decode_source(store.blobs.get(digest)) if store.blobs.has((digest,)) else None

"""Verbs of datasets: add, list and log their versions."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from lineal.formats import trees
from lineal.formats.tables.beginnings import may_be_text
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid
from lineal.objects.files import Entry
from lineal.objects.reference import check_name
from lineal.objects.sources import Sighting, Source, decode_source
from lineal.operations.answers.data import DatasetAnswer
from lineal.operations.asking import lineage
from lineal.operations.data.derived import keep, known
from lineal.operations.operation import Upload, Uploadable, operation
from lineal.operations.references import Row, dataset_reference, find_dataset, version_reference
from lineal.storage.store import Store

if TYPE_CHECKING:
    from lineal.formats.tables.delimited import TableFacts

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
    from lineal.formats.tables.table import part_key  # noqa: PLC0415 - a directory has nothing that is told so

    subject = part_key("dataset", tree.encode(), ())
    if found := known(store, subject, DatasetVersion):
        return found
    facts = _text_facts(store, root.entries[0])
    value = DatasetVersion(
        tree=tree,
        size_bytes=root.size_bytes,
        file_count=root.file_count,
        columns=facts.columns if facts else (),
        row_count=facts.row_count if facts else None,
    )
    keep(store, subject, value)
    return value


def _text_facts(store: Store, entry: Entry) -> TableFacts | None:
    if entry.mode in {"symlink", "directory"}:
        return None
    if not may_be_text(b"".join(store.blobs.open(entry.digest, start=0, size=_BEGINNING_BYTES))):
        return None
    from lineal.operations.data.dataset_tables import text_facts  # noqa: PLC0415 - it reads tables, as few files are

    return text_facts(store, entry)


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
    from lineal.operations.data.tables import tables_of  # noqa: PLC0415 - as above

    row = find_dataset(store, name if ":" in name else f"data:{name}")
    tables_of(store, row["tree"])
    return show_row(store, row)


def show_row(store: Store, row: Row) -> DatasetAnswer:
    """Return everything about the dataset version of a row."""
    from lineal.operations.data.dataset_tables import tables_told  # noqa: PLC0415 - as above

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
        **tables_told(store, row),
    )


def answer_of(store: Store, row: Row, *, created: bool = False, **found: Any) -> DatasetAnswer:
    """Return what is known of the dataset version of a row."""
    dataset = store.get_object(row["digest"], DatasetVersion)
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
        seen=_seen(store, row) if dataset.source else None,
        **found,
    )


def _seen(store: Store, row: Row) -> Sighting | None:
    """Return when the source of a version was last seen to hold it."""
    from lineal.operations.statements import said  # noqa: PLC0415 - most versions have no source

    found = said(store, row["digest"], Sighting)
    return found[0][1] if found else None


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

"""Verbs for the repository itself: tell whether every byte is still what it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from lineal.formats import trees
from lineal.formats.transparency.notes import parse_checkpoint
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Invalid, LinealError
from lineal.operations.answers.upkeep import Problem, Verification
from lineal.operations.data.journal_checks import read_journal
from lineal.operations.data.stores import packed_of, remote_of
from lineal.operations.data.transparency import log_of
from lineal.operations.operation import operation
from lineal.operations.recording.artifacts import SHARED
from lineal.operations.references import dataset_reference, find_version, version_reference
from lineal.operations.versioning.version_checks import verify_version
from lineal.storage import checking
from lineal.storage.remotes.checking import check as check_remote
from lineal.storage.repository import on_disk
from lineal.storage.store import Store
from lineal.storage.trees import ROOTS, blob_of

_PAGE = 1_000
_ASKED_AT_ONCE = 10_000


@operation("verify", effect="reads")
def verify(
    store: Store,
    reference: str = "",
    *,
    sample: float = 1.0,
    log: bool = False,
    checkpoint: str = "",
    remote: str = "",
) -> Verification:
    """Read everything and check it: each file and object against its digest, each name, the journal.

    What is wrong is named, with the versions, datasets and runs that need it.

    Args:
        reference: only this version: its files, its object and statements, and its signatures.
        sample: which share of the bytes to read, from 0 to 1, chosen by chance; names and rows are always checked.
        log: check the journal only, with the statements and versions that it names.
        checkpoint: the text of a checkpoint that was kept elsewhere: everything it covers must still be there.
        remote: read what this remote holds instead, for whatever repository: its name or address.

    Raises:
        Invalid: the share is none, or the checkpoint is none of this repository.
    """
    if not 0 <= sample <= 1:
        raise Invalid(f"{sample} is no share", hint="--sample with a number from 0 to 1, such as 0.01")
    problems: list[Problem] = []
    if remote:
        return _remote(store, remote, sample)
    if reference:
        return verify_version(store, find_version(store, reference))
    if log:
        return _verified(store, problems, checkpoint)
    objects = _objects(store, problems)
    blobs, size_bytes, damaged = _blobs(store, problems, sample)
    problems += _missing(store, damaged)
    return _verified(store, problems, checkpoint, objects=objects, blobs=blobs, size_bytes=size_bytes)


def _remote(store: Store, name: str, sample: float) -> Verification:
    """Read a remote."""
    found = remote_of(store, name)
    with _scratch(packed_of(store).scratch) as scratch:
        checked = check_remote(found, scratch, sample=sample, progress=store.progress)
    return Verification(
        objects=0,
        blobs=checked.files,
        size_bytes=checked.size_bytes,
        journal_entries=0,
        remote=found.url,
        problems=tuple(Problem(what=each.message, where=found.url, used_by=each.used_by) for each in checked.damages),
    )


@contextmanager
def _scratch(own: Path) -> Iterator[Path]:
    """Give a directory for files that are read: the repository's own, but where that may only be read."""
    if os.access(own, os.W_OK) or not own.exists():
        yield own
        return
    import tempfile  # noqa: PLC0415 - hardly anybody needs it

    with tempfile.TemporaryDirectory(prefix="lineal-") as name:
        yield Path(name)


def _verified(
    store: Store, problems: list[Problem], checkpoint: str, *, objects: int = 0, blobs: int = 0, size_bytes: int = 0
) -> Verification:
    """Read the journal, and return what was found by then."""
    kept = parse_checkpoint(checkpoint) if checkpoint else None
    if kept and kept.origin != (origin := log_of(store).origin):
        raise Invalid(f"this is a checkpoint of {kept.origin}, and this repository is {origin}", hint="give its own")
    journal = read_journal(store, problems, (kept,) if kept else ())
    return Verification(
        objects=objects,
        blobs=blobs,
        size_bytes=size_bytes,
        journal_entries=journal.tree.size,
        root=journal.root.hex(),
        since=kept.size if kept else None,
        problems=tuple(problems),
    )


def verify_store(store: Store) -> tuple[Problem, ...]:
    """Return everything that is wrong with the bytes of a store."""
    problems: list[Problem] = []
    _, _, damaged = _blobs(store, problems, 1.0)
    problems += _missing(store, damaged)
    return tuple(problems)


def _objects(store: Store, problems: list[Problem]) -> int:
    count, after = 0, ""
    while rows := store.database.run(
        "SELECT digest, kind, body FROM object WHERE digest > :after ORDER BY digest LIMIT :page",
        after=after,
        page=_PAGE,
    ):
        count, after = count + len(rows), rows[-1]["digest"]
        problems += [
            Problem(
                what=f"the {row['kind']} {row['digest']} holds other bytes",
                where="database, table object",
                used_by=_users(store, row["digest"]),
            )
            for row in rows
            if digest_of(row["body"].encode()) != row["digest"]
        ]
    return count


def _blobs(store: Store, problems: list[Problem], sample: float) -> tuple[int, int, set[str]]:
    """Read blobs; return how many, how many bytes, and the digests of those that were found damaged."""
    blobs = on_disk(store)
    if blobs is None:
        return _every_blob(store, problems)
    found = checking.check(blobs, sample=sample, progress=store.progress)
    for damage in found.damages:
        problems += (
            (
                Problem(what=damage.message, where=_name(store, each), used_by=_users(store, each))
                for each in damage.lost
            )
            if damage.lost
            else (Problem(what=damage.message, where=f"{damage.kind} {damage.digest}"),)
        )
    for digest in blobs.recipes.list():
        try:
            for _ in blobs.open(digest) if sample == 1 else ():
                pass
        except LinealError as error:
            problems.append(Problem(what=error.message, where=_name(store, digest), used_by=_users(store, digest)))
    return found.blobs, found.size_bytes, {each for damage in found.damages for each in damage.lost}


def _every_blob(store: Store, problems: list[Problem]) -> tuple[int, int, set[str]]:
    count, size_bytes, damaged = 0, 0, set[str]()
    for digest in store.blobs.list():
        count += 1
        try:
            size_bytes += sum(len(piece) for piece in store.blobs.open(digest))
        except LinealError as error:
            damaged.add(digest)
            problems.append(Problem(what=error.message, where=_name(store, digest), used_by=_users(store, digest)))
    return count, size_bytes, damaged


def _missing(store: Store, told: set[str]) -> Iterator[Problem]:
    """Yield a problem for each blob that a tree names, or that is a dataset or a file, and that is not here."""
    rest = _named(store)
    while asked := {Digest(digest): path for path, digest in islice(rest, _ASKED_AT_ONCE)}:
        for digest in sorted(asked.keys() - store.blobs.has(asked) - told):
            told.add(digest)
            what = f"the file {asked[digest]} is missing"
            if lost := blobs.shared.lost(digest) if (blobs := on_disk(store)) else None:
                what = f"{what}: {lost.message}; lineal repair fetches it again"
            yield Problem(what=what, where=f"blob {digest}", used_by=_users(store, digest))


def _named(store: Store) -> Iterator[tuple[str, str]]:
    """Yield everything that trees name, and what is kept as a file, with the path by which people know it."""
    for row in store.database.run("SELECT DISTINCT tree, name FROM dataset"):
        yield row["name"], row["tree"]
    after = ""
    while rows := store.database.run(
        "SELECT digest, min(path) AS path FROM artifact WHERE digest > :after GROUP BY digest ORDER BY digest LIMIT :page",
        after=after,
        page=_PAGE,
    ):
        after = rows[-1]["digest"]
        yield from ((row["path"], row["digest"]) for row in rows)
    after = ""
    while rows := store.database.run(
        "SELECT digest FROM node WHERE digest > :after ORDER BY digest LIMIT :page", after=after, page=_PAGE
    ):
        after = rows[-1]["digest"]
        for row in rows:
            with suppress(LinealError):  # a node that is gone or damaged was told already
                tree = trees.read_node(row["digest"], store.blobs.get)
                yield from ((each.first, each.digest) for each in tree.branches)
                yield from ((each.path, each.digest) for each in tree.entries if each.mode != "directory")


def _name(store: Store, digest: str) -> str:
    """Return the path that the bytes ``digest`` have in a tree: what people know them by."""
    for row in store.database.run("SELECT tree FROM member WHERE blob = :blob LIMIT 1", blob=blob_of(digest)):
        with suppress(LinealError):
            tree = trees.read_node(row["tree"], store.blobs.get)
            return "the file " + next(each.path for each in tree.entries if each.digest == digest)
    return f"blob {digest}"


def _users(store: Store, digest: str) -> tuple[str, ...]:
    """Return the references of the datasets, versions and runs that need the bytes or the object ``digest``."""
    holders = {digest, *(row["tree"] for row in store.database.run(f"{ROOTS} SELECT tree FROM up", digest=digest))}
    datasets = [
        row
        for holder in sorted(holders)
        for row in store.database.run(
            "SELECT DISTINCT name, number FROM dataset WHERE digest = :holder OR tree = :holder", holder=holder
        )
    ]
    runs = store.database.run(
        "SELECT DISTINCT r.id FROM run r JOIN edge e ON r.digest IN (e.child, e.parent)"
        " WHERE r.digest = :digest OR e.child = :digest OR e.parent = :digest ORDER BY r.id",
        digest=digest,
    )
    keepers = store.database.run(
        "SELECT DISTINCT subject FROM artifact WHERE digest = :digest ORDER BY subject", digest=digest
    )
    # A version's weights are outputs of its run: the tree and the version's object both lead to it.
    versions = [
        row
        for holder in sorted(holders)
        for row in store.database.run(
            "SELECT DISTINCT v.model, v.major, v.minor, v.patch, v.pre FROM version v JOIN object o ON o.digest = v.digest"
            " WHERE v.digest = :holder OR o.body LIKE '%' || :holder || '%'",
            holder=holder,
        )
    ]
    owners = (each if ":" in each else f"run:{each}" for each in (row["subject"] for row in keepers) if each != SHARED)
    return (
        *sorted({version_reference(row) for row in versions}),
        *sorted({dataset_reference(row) for row in datasets}),
        *dict.fromkeys((*(f"run:{row['id']}" for row in runs), *owners)),
    )

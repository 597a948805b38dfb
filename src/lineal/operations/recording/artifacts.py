"""Verbs of artifacts: files that runs and logged models keep, by path. Their bytes are in the store before they are named.

Whose they are is told by the *subject*: the id of a run, ``logged:`` and the id of a logged model, ``version:`` and the
digest of a version, whose files can only be read, or ``shared`` for what belongs to nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lineal.formats.trees import fits
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.objects.files import Entry, Tree
from lineal.objects.versions import Version
from lineal.operations.answers.tracking import ArtifactAnswer, ArtifactLine
from lineal.operations.operation import operation
from lineal.operations.recording.model_metrics import missing_model
from lineal.operations.recording.run_rows import missing
from lineal.operations.references import Row
from lineal.storage.store import Store
from lineal.storage.trees import hold_epoch

LOGGED = "logged:"
"""Begins the subject of a logged model."""

VERSION = "version:"
"""Begins the subject of a version."""

SHARED = "shared"
"""The subject of files that belong to nothing else."""

PATH_BYTES_MAX = 2_000
"""So much of a path fits into the indexes of every database."""


@operation("artifacts check", effect="records", internal=True, about={"subject": "files"})
def check(store: Store, subject: str, path: str) -> None:
    """Tell whether a file may be put there, before its bytes are sent. Raises what ``artifacts put`` raises.

    Args:
        subject: whose file.
        path: where.
    """
    _check_place(store, subject, path)


@operation("artifacts put", effect="records", internal=True, about={"subject": "files"})
def put(store: Store, subject: str, path: str, *, digest: Digest, size_bytes: int) -> None:
    """Name bytes that the store holds: from now on they are the file at that path.

    Args:
        subject: whose file.
        path: where.
        digest: the bytes.
        size_bytes: how many.

    Raises:
        NotFound: there is no such run or logged model.
        Invalid: the path is none, or leads through a file, or is a directory.
        Conflict: what is there was sealed, or the bytes went away meanwhile.
    """
    # Nobody lets go of bytes, and nobody else puts a file in the way, until this is done.
    hold_epoch(store.database)
    if not store.blobs.has((digest,)):
        raise Conflict(f"the bytes of '{path}' went away before they had a name", hint="send them again")
    name(store, subject, path, digest=digest, size_bytes=size_bytes)


def name(store: Store, subject: str, path: str, *, digest: Digest, size_bytes: int) -> None:
    """Name bytes, as ``artifacts put`` does, in a transaction that holds the epoch and has seen that they are there."""
    _check_place(store, subject, path)
    store.database.run(
        "INSERT INTO artifact (subject, path, parent, digest, size_bytes, at)"
        " VALUES (:subject, :path, :parent, :digest, :size_bytes, :at) ON CONFLICT (subject, path) DO UPDATE SET"
        " digest = excluded.digest, size_bytes = excluded.size_bytes, at = excluded.at",
        subject=subject,
        path=path,
        parent=_parent(path),
        digest=digest,
        size_bytes=size_bytes,
        at=store.clock.now(),
    )
    store.database.many(
        "INSERT INTO artifact_directory (subject, path, parent) VALUES (:subject, :path, :parent)"
        " ON CONFLICT (subject, path) DO NOTHING",
        [{"subject": subject, "path": each, "parent": _parent(each)} for each in _above(path)],
    )


@operation("artifacts list", effect="reads", internal=True, about={"subject": "files"})
def list_artifacts(store: Store, subject: str, *, under: str = "") -> tuple[ArtifactLine, ...]:
    """List one level of a directory, by path; nothing when there is no such directory.

    Args:
        subject: whose files.
        under: the directory; empty for the topmost one.
    """
    if subject.startswith(VERSION):
        return _level_of_version(store, subject, under)
    return _level(store, subject, under)


@operation("artifacts show", effect="reads", internal=True, about={"subject": "files"})
def show(store: Store, subject: str, path: str) -> ArtifactAnswer:
    """Show one file.

    Args:
        subject: whose file.
        path: where it is.

    Raises:
        NotFound: there is none.
    """
    if subject.startswith(VERSION):
        return _file_of_version(store, subject, path)
    rows = store.database.run(
        "SELECT * FROM artifact WHERE subject = :subject AND path = :path", subject=subject, path=path
    )
    if not rows:
        raise _missing(path)
    row = rows[0]
    return ArtifactAnswer(
        subject=subject,
        path=path,
        digest=row["digest"],
        size_bytes=row["size_bytes"],
        at=row["at"],
        is_sealed=bool(row["sealed"]),
    )


@operation("artifacts remove", effect="writes", internal=True, about={"subject": "files"})
def remove(store: Store, subject: str, path: str = "") -> None:
    """Take a file, or a directory with everything below it, away. Its bytes stay until they are collected.

    Args:
        subject: whose file.
        path: where it is; empty for all there are.

    Raises:
        NotFound: there is nothing.
        Conflict: it was sealed, or a part of it.
    """
    if subject.startswith(VERSION):
        raise _sealed(path)
    hold_epoch(store.database)
    rows = _rows(store, subject, path)
    if any(row["sealed"] for row in rows):
        raise _sealed(path)
    if not rows:
        raise _missing(path)
    below, values = _below(path)
    for table in ("artifact", "artifact_directory"):
        store.database.run(f"DELETE FROM {table} WHERE subject = :subject AND {below}", subject=subject, **values)
    for each in reversed(list(_above(path))):
        if _level(store, subject, each):
            return
        store.database.run(
            "DELETE FROM artifact_directory WHERE subject = :subject AND path = :path", subject=subject, path=each
        )


def tree_of(store: Store, subject: str, under: str = "") -> Digest:
    """Keep a tree of the files below ``under``, with paths relative to it, and return its digest.

    Not for within a transaction: the nodes of a large tree are written in ones of their own.

    Args:
        store: where they are.
        subject: whose files.
        under: a directory, or one file, which then stands in the tree by its name; empty for all there are.

    Raises:
        NotFound: there are none.
    """
    rows = _rows(store, subject, under)
    if not rows:
        raise _missing(under)
    entries = [
        Entry(path=_relative(row["path"], under), digest=row["digest"], size_bytes=row["size_bytes"]) for row in rows
    ]
    return store.put_tree(Tree(entries=tuple(sorted(entries, key=lambda each: each.path))))


def seal(store: Store, subject: str, under: str = "") -> None:
    """Let nothing below ``under`` be replaced, removed or added from now on; sealing again changes nothing.

    Args:
        store: where they are.
        subject: whose files.
        under: a directory, or one file; empty for all there are.
    """
    below, values = _below(under)
    with store.database.transaction():
        # A file that comes at this moment is either sealed as well, or refused.
        hold_epoch(store.database)
        store.database.run(
            "INSERT INTO artifact_seal (subject, path) VALUES (:subject, :under) ON CONFLICT (subject, path) DO NOTHING",
            subject=subject,
            under=under,
        )
        store.database.run(
            f"UPDATE artifact SET sealed = 1 WHERE subject = :subject AND {below}", subject=subject, **values
        )


def _level(store: Store, subject: str, under: str) -> tuple[ArtifactLine, ...]:
    files = store.database.run(
        "SELECT path, size_bytes FROM artifact WHERE subject = :subject AND parent = :under",
        subject=subject,
        under=under,
    )
    directories = store.database.run(
        "SELECT path FROM artifact_directory WHERE subject = :subject AND parent = :under",
        subject=subject,
        under=under,
    )
    found = [ArtifactLine(row["path"], is_dir=False, size_bytes=row["size_bytes"]) for row in files]
    found += [ArtifactLine(row["path"], is_dir=True) for row in directories]
    # Databases disagree about the order of texts.
    return tuple(sorted(found, key=lambda each: each.path))


def _entries_of_version(store: Store, subject: str, under: str) -> Iterator[Entry]:
    version = store.get_object(Digest(subject.removeprefix(VERSION)), Version)
    return (each for each in store.entries(version.weights, under=under) if each.mode in {"file", "executable"})


def _level_of_version(store: Store, subject: str, under: str) -> tuple[ArtifactLine, ...]:
    found, start = dict[str, ArtifactLine](), len(under) + 1 if under else 0
    for each in _entries_of_version(store, subject, under):
        if each.path != under:
            name, slash, _ = each.path[start:].partition("/")
            path = each.path[:start] + name
            found[path] = ArtifactLine(path, is_dir=bool(slash), size_bytes=0 if slash else each.size_bytes)
    return tuple(found[path] for path in sorted(found))


def _file_of_version(store: Store, subject: str, path: str) -> ArtifactAnswer:
    for each in _entries_of_version(store, subject, path):
        if each.path == path:
            return ArtifactAnswer(
                subject=subject, path=path, digest=each.digest, size_bytes=each.size_bytes, at=0, is_sealed=True
            )
    raise _missing(path)


def _rows(store: Store, subject: str, under: str) -> list[Row]:
    below, values = _below(under)
    return store.database.run(
        f"SELECT path, digest, size_bytes, sealed FROM artifact WHERE subject = :subject AND {below}",
        subject=subject,
        **values,
    )


def _below(under: str) -> tuple[str, dict[str, Any]]:
    """Return the SQL of a path and all that is below it, and its values."""
    if not under:
        return "1 = 1", {}
    prefix = f"{under}/"
    return "(path = :under OR substr(path, 1, CAST(:size AS INTEGER)) = :prefix)", {
        "under": under,
        "prefix": prefix,
        "size": len(prefix),
    }


def _check_place(store: Store, subject: str, path: str) -> None:
    """Refuse what no file may be called, or where none may stand. Raises Invalid, NotFound, Conflict."""
    if not fits(path) or len(path.encode("utf-8", "surrogatepass")) > PATH_BYTES_MAX:
        raise Invalid("Invalid path", hint=f"a relative path of at most {PATH_BYTES_MAX:,} bytes, without '.' and '..'")
    _check_subject(store, subject)
    above = list(_above(path))
    if _among(store, "artifact_seal", subject, ["", *above, path]):
        raise _sealed(path)
    if files := _among(store, "artifact", subject, above):
        raise Invalid(f"'{files[0]}' is a file, so that nothing can be below it", hint="choose another path")
    if _among(store, "artifact_directory", subject, [path]):
        raise Invalid(f"'{path}' is a directory", hint="choose another path")


def _check_subject(store: Store, subject: str) -> None:
    """Look whether there is such a run or logged model. Raises NotFound, and Conflict for a version."""
    if subject == SHARED:
        return
    if subject.startswith(VERSION):
        raise _sealed("")
    if subject.startswith(LOGGED):
        model = subject.removeprefix(LOGGED)
        if not store.database.run("SELECT 1 FROM logged_model WHERE id = :id AND deleted_at IS NULL", id=model):
            raise missing_model(model)
    elif not store.database.run("SELECT 1 FROM run WHERE id = :id", id=subject):
        raise missing(subject)


def _among(store: Store, table: str, subject: str, paths: list[str]) -> list[str]:
    """Return those of ``paths`` that a table has."""
    if not paths:
        return []
    marks = ", ".join(f":p{place}" for place in range(len(paths)))
    rows = store.database.run(
        f"SELECT path FROM {table} WHERE subject = :subject AND path IN ({marks})",
        subject=subject,
        **{f"p{place}": each for place, each in enumerate(paths)},
    )
    return [row["path"] for row in rows]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _above(path: str) -> Iterator[str]:
    """Yield the directories that a path leads through, the topmost one first."""
    at = path.find("/")
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _relative(path: str, under: str) -> str:
    return path.rpartition("/")[2] if path == under else path[len(under) + 1 :] if under else path


def _missing(path: str) -> NotFound:
    return NotFound(f"No such artifact: '{path}'", hint="list what there is")


def _sealed(path: str) -> Conflict:
    # People read the message alone, wherever it is shown.
    return Conflict(
        f"The artifact '{path or '/'}' cannot be changed: it belongs to a model that is ready or registered."
        " Log another model, or write to another path.",
        hint="log another model, or write to another path",
    )

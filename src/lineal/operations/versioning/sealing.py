"""Make values of what a program told of itself while it ran: the run as it is known now, and the version made of it.

A run that tells of itself may go on after a version was made of it. What a version is bound to is what was known then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lineal.formats import mlmodel
from lineal.objects.digest import Digest
from lineal.objects.files import Entry, Tree
from lineal.objects.runs import IMPORTED, Code, FileUse, ModelFacts, Run, RunState, Runtime
from lineal.objects.versions import Version
from lineal.operations.asking import lineage
from lineal.operations.recording.runs import read_metrics
from lineal.operations.recording.summaries import read_tags
from lineal.operations.references import Row
from lineal.operations.versioning.choosing import MODEL_SUFFIXES
from lineal.operations.versioning.registration import data_of
from lineal.storage.made_with import note_made_with
from lineal.storage.store import Store

_STATES: dict[str, RunState] = {"scheduled": "running"}
"""What a state is called in the object of a run, where that differs."""

_COMMIT, _BRANCH, _REPOSITORY, _NAME = (
    "mlflow.source.git.commit",
    "mlflow.source.git.branch",
    "mlflow.source.git.repoURL",
    "mlflow.source.name",
)
_TOLD = "nobody saw this run: it told of itself"
_GOES_ON = "it had not ended when a version was made of it"
_UNKNOWN = "whoever registered the version named no run"


NO_FILES = Tree(entries=())
"""The tree of files that are not here."""


class Files(NamedTuple):
    """The files of a model: their tree, the one that a server loads, and what they say of themselves."""

    tree: Digest
    main: str = ""
    entries: tuple[Entry, ...] = ()
    facts: ModelFacts = ModelFacts()
    runtime: Runtime = Runtime()


def read_files(store: Store, tree: Digest) -> Files:
    """Return what is in a tree, and what the descriptions in it say."""
    entries = tuple(store.entries(tree))
    by_path = {each.path: each for each in entries if each.mode != "directory"}
    said = mlmodel.describe(_read(store, by_path.get(mlmodel.MLMODEL)))
    packages = mlmodel.pinned(_read(store, by_path.get(mlmodel.REQUIREMENTS)))
    main = (
        said.weights
        if said.weights in by_path
        else min(by_path, key=lambda path: _rank(path, said.weights), default="")
    )
    return Files(tree, main, entries, said.facts, Runtime(python=said.python, packages=packages))


def _rank(path: str, weights: str) -> tuple[bool, bool, str]:
    """Put the file that is likely the weights first: where the description says, and called like a model."""
    is_model = path[path.rfind(".") :] in MODEL_SUFFIXES if "." in path else False
    return not (weights and path.startswith(f"{weights.rstrip('/')}/")), not is_model, path


def _read(store: Store, entry: Entry | None) -> bytes:
    return store.blobs.get(entry.digest) if entry and entry.size_bytes <= mlmodel.BYTES_MAX else b""


def seal_run(store: Store, row: Row | None, files: Files, under: str) -> tuple[Digest, Run]:
    """Keep a run as it is known now, and return its digest and it.

    Args:
        store: where.
        row: the row of the run; None when nobody knows which it was.
        files: those of the model that it made.
        under: where they are among the files of the run.
    """
    if row and row["digest"] and (seen := store.get_object(row["digest"], Run)).capture_level != IMPORTED:
        return row["digest"], seen  # somebody saw more of it than it tells
    tags = read_tags(store.database, row["id"]) if row else {}
    code = Code(
        entry_point=tags.get(_NAME, ""),
        commit=tags.get(_COMMIT, ""),
        branch=tags.get(_BRANCH, ""),
        remote=tags.get(_REPOSITORY, ""),
    )
    outputs = tuple(_use(each, under) for each in files.entries if each.mode != "directory")
    told = _told(store, row, tags) if row else _NOBODY
    run = msgspec.structs.replace(
        told,
        code=store.put_object(code),
        runtime=store.put_object(files.runtime),
        outputs=outputs,
        models={_joined(under, files.main): files.facts} if files.facts != ModelFacts() else {},
    )
    digest = store.put_object(run)
    if row:
        note_made_with(store.database, row["id"], code, files.runtime)
    lineage.connect_run(store, digest, run)
    if row and row["state"] not in {"running", "scheduled"}:
        store.database.run("UPDATE run SET digest = :digest WHERE id = :id", digest=digest, id=row["id"])
    return digest, run


_NOBODY = Run(
    id="",
    name="",
    command=(),
    directory="",
    state="finished",
    started_at=0,
    ended_at=0,
    exit_status=None,
    code=Digest(""),
    runtime=Digest(""),
    capture_level=IMPORTED,
    gaps=(_UNKNOWN,),
)


def _told(store: Store, row: Row, tags: dict[str, str]) -> Run:
    params = store.database.run("SELECT key, value FROM param WHERE subject = :run", run=row["id"])
    return msgspec.structs.replace(
        _NOBODY,
        id=row["id"],
        name=row["name"],
        state=_STATES.get(row["state"], row["state"]),
        started_at=row["started_at"],
        # When it ends is not known yet. The time now would make another value of it each time.
        ended_at=row["started_at"] if row["ended_at"] is None else row["ended_at"],
        user=row["started_by"],
        inputs=tuple(_inputs(store, row["id"])),
        params={each["key"]: each["value"] for each in params},
        metrics=read_metrics(store, row["id"]),
        tags=tags,
        gaps=(_TOLD, *((_GOES_ON,) if row["ended_at"] is None else ())),
    )


def _inputs(store: Store, run: str) -> Iterator[FileUse]:
    """Yield what a run said that it used: each dataset by what it said of it, which is kept, for its bytes are not."""
    rows = store.database.run(
        "SELECT d.name, d.digest, d.source_type, d.source, d.schema, i.context"
        " FROM run_input i JOIN named_dataset d ON d.id = i.input WHERE i.run = :run ORDER BY i.context, d.name, d.digest",
        run=run,
    )
    for row in rows:
        context = row.pop("context")
        text = msgspec.json.encode(row, order="sorted")
        yield FileUse(path=_joined(context, row["name"]), digest=store.blobs.put(text), size_bytes=len(text))


def _use(entry: Entry, under: str) -> FileUse:
    return FileUse(path=_joined(under, entry.path), digest=entry.digest, size_bytes=entry.size_bytes, mode=entry.mode)


def _joined(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def version_of_files(store: Store, made_by: Digest, run: Run, files: Files, source: str) -> Version:
    """Return the version that a run made.

    Args:
        store: where.
        made_by: the digest of the run.
        run: the run.
        files: those of the model.
        source: the address of the files where they are not here.
    """
    return Version(
        weights=files.tree,
        main_file=files.main,
        run=made_by,
        code=run.code,
        runtime=run.runtime,
        data=data_of(store, run.inputs),
        params=run.params,
        metrics=run.metrics,
        facts=files.facts,
        source=source or None,
    )


def copy_numbers(store: Store, run: str, version: Digest) -> None:
    """Let parameters of a version be found as those of its run are: texts that are numbers also as numbers."""
    store.database.run(
        "UPDATE param SET number = (SELECT p.number FROM param p WHERE p.subject = :run AND p.key = param.key)"
        " WHERE subject = :version AND number IS NULL",
        run=run,
        version=version,
    )

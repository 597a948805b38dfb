"""A stage of a ``dvc.lock`` as a run: what it says it read and wrote, with which parameters, under which commit."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lineal.client.dvc.history import Commit, History
from lineal.client.dvc.taking import entries_of
from lineal.formats.dvc import directory, pipeline, yaml12
from lineal.formats.dvc.digests import HASHERS, md5_of
from lineal.formats.dvc.lock import Stage
from lineal.formats.dvc.pipeline import Pipeline
from lineal.formats.dvc.pointer import Out
from lineal.objects.canonical import Number, Scalar, number, object_digest
from lineal.objects.errors import Conflict, Corrupt, Invalid, LinealError, NotFound
from lineal.objects.files import Entry
from lineal.objects.runs import IMPORTED, Code, FileUse, Run, Runtime
from lineal.objects.ulid import ulid
from lineal.storage.dvc.project import Project, Tracked

if TYPE_CHECKING:
    from lineal.client.connect import Repository

FILES_MAX = 1_000
"""So many files of a directory are listed in a run; the dataset or the later run that holds one of them holds all."""

_METRICS_BYTES_MAX = 1 << 20
_DEFAULT_PARAMS = "params.yaml"
_INTEGER_MAX = 1 << 63
_SOURCES = (".py", ".sh", ".R", ".ipynb", ".jl")


_GAP = (
    "imported from {lock.path} of commit {lock.commit.short}: only what the stage declares is known, and not when it ran, "
    "on which machine or with which packages"
)


class Lock(NamedTuple):
    """A ``dvc.lock`` as a commit left it, and the ``dvc.yaml`` beside it. ``experiment`` is what DVC calls the commit."""

    commit: Commit
    path: str
    pipeline: Pipeline
    experiment: str = ""


class Told(NamedTuple):
    """A run as DVC tells it, with what its digests name."""

    run: Run
    code: Code
    runtime: Runtime


def key_of(path: str, name: str, stage: Stage) -> str:
    """Return what tells a run of a stage from every other: the same words in the same lock are the same run."""
    said = msgspec.json.encode((path, name, stage), order="sorted")
    return hashlib.sha256(said).hexdigest()


class Stages:
    """Makes runs of stages.

    Args:
        repository: where the files go.
        project: where DVC has them.
        history: where Git has them.
        remote: a remote of DVC to look into before the default one.
    """

    def __init__(self, repository: Repository, project: Project, history: History, remote: str) -> None:
        self._repository = repository
        self._project = project
        self._history = history
        self._remote = remote
        self._origin = history.remote

    def told(self, lock: Lock, name: str, stage: Stage) -> Told:
        """Return the run that a stage of a lock was. What it read or wrote and nobody has any more is a gap."""
        folder = os.path.normpath(f"{os.path.dirname(lock.path) or '.'}/{lock.pipeline.stage_of(name).wdir}")  # noqa: PTH120 - a path of Git
        gaps = [_GAP.format(lock=lock)]
        inputs, outputs = (tuple(self._uses(lock.commit, each, folder, gaps)) for each in (stage.deps, stage.outs))
        code = Code(entry_point=_entry_point(stage), commit=lock.commit.id, remote=self._origin)
        runtime = Runtime()
        place = os.path.dirname(lock.path)  # noqa: PTH120 - as above
        run = Run(
            id=ulid(lock.commit.at, bytes.fromhex(key_of(lock.path, name, stage))[:10]),
            name="/".join(each for each in (lock.experiment, place, name) if each),
            command=("sh", "-c", "\n".join(stage.commands)),
            directory=folder,
            state="finished",
            started_at=lock.commit.at,
            ended_at=lock.commit.at,
            exit_status=0,
            code=object_digest(code),
            runtime=object_digest(runtime),
            user=lock.commit.author,
            inputs=inputs,
            outputs=outputs,
            params=dict(_params(stage.params)),
            metrics=self._metrics(lock.pipeline, name, folder, outputs),
            capture_level=IMPORTED,
            gaps=tuple(gaps),
        )
        return Told(run, code, runtime)

    def _uses(self, commit: Commit, outs: Iterable[Out], folder: str, gaps: list[str]) -> Iterator[FileUse]:
        """Yield the files of deps or outs: those in Git from there, the others from DVC."""
        places = {os.path.normpath(f"{folder}/{each.path}"): each for each in outs}
        in_git = self._history.files(commit.id, places)
        for place, out in places.items():
            try:
                found = self._entries(commit, place, out, folder, in_git.get(place))
            except (NotFound, Corrupt, Conflict, Invalid) as error:
                gaps.append(f"files: {place} ({out.algorithm}:{out.md5}) is not known by its content: {error.message}")
                continue
            if len(found) > FILES_MAX:
                gaps.append(f"files: {place} holds {len(found):,} files, of which the first {FILES_MAX:,} are listed")
            for each in found[:FILES_MAX]:
                path = f"{place}/{each.path}" if out.is_directory else place
                yield FileUse(path=path, digest=each.digest, size_bytes=each.size_bytes, mode=each.mode)

    def _entries(self, commit: Commit, place: str, out: Out, folder: str, data: bytes | None) -> tuple[Entry, ...]:
        if data is not None and _is(data, out):
            return (Entry(path=place, digest=self._repository.blobs.put(data), size_bytes=len(data)),)
        if out.is_directory and (listed := self._history.listed(commit.id, place)):
            contents = self._history.read(listed.values())
            files = {path: contents[blob] for path, blob in listed.items() if blob in contents}
            if directory.name_of(directory.write(directory.Member(md5_of(d), p) for p, d in files.items())) == out.md5:
                return tuple(
                    Entry(path=path, digest=self._repository.blobs.put(each), size_bytes=len(each))
                    for path, each in sorted(files.items())
                )
        tracked = Tracked(out, self._history.root / "dvc.lock", folder)
        return entries_of(self._repository, self._project, tracked, self._remote)

    def _metrics(self, said: Pipeline, name: str, folder: str, outputs: Iterable[FileUse]) -> dict[str, Number]:
        """Return the numbers in the files that a pipeline calls metrics; for one name the later file wins."""
        templates = [os.path.normpath(f"{folder}/{each}") for each in said.stage_of(name).metrics]
        templates += [os.path.normpath(each) for each in said.metrics]
        found: dict[str, Number] = {}
        for each in outputs:
            if each.size_bytes <= _METRICS_BYTES_MAX and any(pipeline.fits(one, each.path) for one in templates):
                found |= dict(_numbers(_read(each.path, self._repository.blobs.get(each.digest))))
        return found


def _is(data: bytes, out: Out) -> bool:
    """Tell whether bytes are those of an out."""
    hasher = HASHERS[out.algorithm]()
    hasher.update(data)
    return hasher.names(out.md5)


def _entry_point(stage: Stage) -> str:
    """Return the script that a stage runs, or its first word."""
    try:
        words = shlex.split(" ".join(stage.commands))
    except ValueError:  # a quote that is not closed, which a shell might read in its own way
        words = " ".join(stage.commands).split()
    return next((each for each in words if each.endswith(_SOURCES)), words[0] if words else "")


def _params(params: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Scalar]]:
    """Yield parameters by their dotted keys; those that are not in the usual file with its name before them."""
    for file, values in params.items():
        for key, value in _flat(values):
            yield key if file == _DEFAULT_PARAMS else f"{file}:{key}", _scalar(value)


def _flat(value: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(each, f"{before}.{key}" if before else str(key))
    else:
        yield before, value


def _scalar(value: Any) -> Scalar:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) >= _INTEGER_MAX:
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else json.dumps(value, default=str)


def _numbers(content: Any) -> Iterator[tuple[str, Number]]:
    if isinstance(content, Mapping):
        for key, value in _flat(content):
            if type(value) in {int, float}:
                yield key, number(float(value))


def _read(path: str, data: bytes) -> Any:
    """Return what a file of metrics holds; nothing when it cannot be read: an output may hold anything."""
    suffix = path.rpartition(".")[2].lower()
    try:
        if suffix == "json":
            return json.loads(data)
        if suffix == "toml":
            return tomllib.loads(data.decode())
        return yaml12.load(data, path) if suffix in {"yaml", "yml"} else None
    except (ValueError, RecursionError, LinealError):
        return None

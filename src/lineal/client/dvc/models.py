"""Tags of GTO as versions and aliases of models: what is registered in Git is registered here, with its numbers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from lineal.client.dvc.history import Commit, History
from lineal.client.dvc.history import Tag as GitTag
from lineal.client.dvc.remembered import SYSTEM, Remembered
from lineal.client.dvc.stages import Lock, Stages, Told, key_of
from lineal.formats.dvc import artifacts, gto, lock, pipeline, pointer
from lineal.objects.canonical import object_digest
from lineal.objects.errors import Conflict, Invalid, NotFound, Unsupported
from lineal.objects.reference import check_name
from lineal.objects.runs import IMPORTED, Code, FileUse, ModelFacts, Run, Runtime
from lineal.objects.semantic import SemanticVersion, parse_semantic
from lineal.objects.ulid import ulid
from lineal.operations.migration.imports import Item
from lineal.operations.references import STAGES

if TYPE_CHECKING:
    from lineal.client.connect import Repository


class _Registered(NamedTuple):
    """A tag that holds: no later one took it back."""

    git: GitTag
    said: gto.Tag

    @property
    def model(self) -> str:
        """What the model is called here."""
        return "/".join(each for each in (self.said.directory.strip("./"), self.said.name) if each)

    @property
    def folder(self) -> str:
        """Where its ``dvc.yaml`` is."""
        return self.said.directory.strip("/") or "."

    @property
    def item(self) -> str:
        """What the import remembers it by."""
        return f"tag:{self.git.name}"


def bring_models(repository: Repository, history: History, stages: Stages | None, remembered: Remembered) -> None:
    """Register what GTO's tags register, and point aliases where they assign stages.

    Args:
        repository: where to.
        history: where the tags are.
        stages: makes runs of what DVC keeps; None where there is no DVC.
        remembered: what is here.
    """
    versions, assigned = _holding(history.tags())
    by_commit: dict[tuple[str, str], str] = {}
    for tag in versions:
        reference = remembered.known.get(tag.item) or _bring_version(repository, history, stages, remembered, tag)
        if reference:
            by_commit[tag.model, tag.git.commit] = reference
    for tag in assigned:
        if remembered.has(tag.item):
            continue
        if reference := by_commit.get((tag.model, tag.git.commit), ""):
            _bring_alias(repository, remembered, tag, reference)
        else:
            remembered.leave_out(f"the tag {tag.git.name}: no version of {tag.model} is registered on its commit")


def _holding(tags: Iterable[GitTag]) -> tuple[list[_Registered], list[_Registered]]:
    """Return the tags of versions and those of stages that no later tag took back."""
    versions: dict[tuple[str, str], _Registered] = {}
    stages: dict[tuple[str, str], _Registered] = {}
    for git in tags:
        said = gto.parse(git.name)
        if said is None:
            continue
        tag = _Registered(git, said)
        into, key = (stages, said.stage) if said.stage else (versions, said.version)
        if said.action in {"register", "assign"}:
            into.pop((tag.model, key), None)  # the place in the order is that of the last one
            into[tag.model, key] = tag
        elif said.action in {"deregister", "unassign"}:
            into.pop((tag.model, key), None)
    # Git's times are whole seconds: within one, a pre-release came before its release.
    in_order = sorted(versions.values(), key=lambda each: (each.git.at, _order(each.said.version)))
    return in_order, list(stages.values())


def _order(version: str) -> SemanticVersion:
    return parse_semantic(version.partition("+")[0])


def _bring_version(
    repository: Repository, history: History, stages: Stages | None, remembered: Remembered, tag: _Registered
) -> str:
    """Register a version and return its reference; empty when it is left out."""
    try:
        check_name(tag.model, "model")
        path = _path(history, tag)
        run = (
            _run_that_made(history, remembered.known, tag, path)
            or _committed(repository, history, remembered, tag, path)
            or _added(repository, history, stages, remembered, tag, path)
        )
        answer = repository.imports.version(
            run=run, name=tag.model, file=path, semantic=tag.said.version, item=_item(tag)
        )
    except (NotFound, Invalid, Conflict, Unsupported) as error:
        remembered.leave_out(f"the tag {tag.git.name}: {error.message}")
        return ""
    remembered.add(tag.item, answer.reference)
    if answer.semantic != tag.said.version:
        remembered.leave_out(f"the tag {tag.git.name}: it names the same files of the same run as {answer.reference}")
    return answer.reference


def _bring_alias(repository: Repository, remembered: Remembered, tag: _Registered, version: str) -> None:
    stage = tag.said.stage
    if stage in STAGES:
        remembered.leave_out(
            f"the stage {stage} of {version}, which has a gate here: lineal promote {version} --to {stage}"
        )
        return
    try:
        answer = repository.imports.alias(version=version, name=stage, item=_item(tag))
    except Invalid as error:
        remembered.leave_out(f"the tag {tag.git.name}: {error.message}")
        return
    remembered.add(tag.item, f"{answer.model}@{stage}")


def _path(history: History, tag: _Registered) -> str:
    """Return where the file of a tag is. Raises NotFound when nothing says so."""
    folder = tag.folder
    place = os.path.normpath(f"{folder}/dvc.yaml")
    said = pipeline.parse(history.files(tag.git.commit, [place]).get(place, b""), place)
    artifact = said.artifacts.get(tag.said.name) or _older(history, tag)
    if artifact is None:
        raise NotFound(f"{place} of its commit has no artifact {tag.said.name}", hint="write it there, and tag again")
    return os.path.normpath(f"{folder}/{artifact.path}")


def _older(history: History, tag: _Registered) -> pipeline.Artifact | None:
    """Return what an ``artifacts.yaml`` says of a tag's artifact."""
    place = os.path.normpath(f"{tag.folder}/{artifacts.NAME}")
    return artifacts.parse(history.files(tag.git.commit, [place]).get(place, b""), place).get(tag.said.name)


def _committed(repository: Repository, history: History, remembered: Remembered, tag: _Registered, path: str) -> str:
    """Return a run that stands for whatever made files that Git itself keeps; empty when it does not."""
    files = history.files(tag.git.commit, [path])
    if not files:
        listed = history.listed(tag.git.commit, path)
        contents = history.read(listed.values())
        files = {f"{path}/{name}": contents[blob] for name, blob in listed.items() if blob in contents}
    if not files:
        return ""
    item = f"file:{path} of {tag.git.commit}"
    if not remembered.has(item):
        commit = history.commit(tag.git.commit)
        outputs = tuple(
            FileUse(path=each, digest=repository.blobs.put(data), size_bytes=len(data))
            for each, data in sorted(files.items())
        )
        told = _run_of(commit, path, outputs, history.remote)
        by = Item(system=SYSTEM, name=item, by=commit.author, at=commit.at)
        remembered.add(
            item, repository.imports.run(run=told.run, code=told.code, runtime=told.runtime, item=by).reference
        )
    return remembered.known[item]


def _run_of(commit: Commit, path: str, outputs: tuple[FileUse, ...], origin: str) -> Told:
    code, runtime = Code(commit=commit.id, remote=origin), Runtime()
    is_directory = outputs[0].path != path
    run = Run(
        id=ulid(commit.at, hashlib.sha256(f"{commit.id} {path}".encode()).digest()[:10]),
        name=path.rpartition("/")[2],
        command=("git", "commit"),
        directory=".",
        state="finished",
        started_at=commit.at,
        ended_at=commit.at,
        exit_status=0,
        code=object_digest(code),
        runtime=object_digest(runtime),
        user=commit.author,
        outputs=outputs,
        models={path: ModelFacts()} if is_directory else {},
        capture_level=IMPORTED,
        gaps=(f"imported from {path} of commit {commit.short}: nobody saw what made it",),
    )
    return Told(run, code, runtime)


def _run_that_made(history: History, known: Mapping[str, str], tag: _Registered, path: str) -> str:
    """Return the run of the stage that wrote a file; empty when no stage did."""
    locks = [os.path.normpath(f"{each}/dvc.lock") for each in _upwards(tag.folder)]
    for where, data in history.files(tag.git.commit, locks).items():
        for name, stage in lock.parse(data, where).stages.items():
            if path in _outs(history, tag.git.commit, where, name, stage):
                return known.get(f"stage:{key_of(where, name, stage)}", "")
    return ""


def _added(
    repository: Repository,
    history: History,
    stages: Stages | None,
    remembered: Remembered,
    tag: _Registered,
    path: str,
) -> str:
    """Return a run that stands for whatever made a file that somebody added by hand.

    Raises:
        NotFound: DVC did not keep the file in the commit of the tag.
    """
    place = f"{path}.dvc"
    data = history.files(tag.git.commit, [place]).get(place)
    if data is None or stages is None:
        raise NotFound(f"neither Git nor DVC keeps {path} in its commit", hint="register it from a run of Lineal")
    name = path.rpartition("/")[2]
    stage = lock.Stage(cmd=f"dvc add {name}", outs=pointer.parse(data, place).outs)
    item = f"stage:{key_of(place, name, stage)}"
    if not remembered.has(item):
        commit = history.commit(tag.git.commit)
        run, code, runtime = stages.told(Lock(commit, place, pipeline.Pipeline()), name, stage)
        by = Item(system=SYSTEM, name=item, by=commit.author, at=commit.at)
        remembered.add(item, repository.imports.run(run=run, code=code, runtime=runtime, item=by).reference)
    return remembered.known[item]


def _outs(history: History, commit: str, where: str, name: str, stage: lock.Stage) -> Iterator[str]:
    folder = where.rpartition("/")[0] or "."
    beside = os.path.normpath(f"{folder}/dvc.yaml")
    said = pipeline.parse(history.files(commit, [beside]).get(beside, b""), beside)
    return (os.path.normpath(f"{folder}/{said.stage_of(name).wdir}/{each.path}") for each in stage.outs)


def _upwards(folder: str) -> Iterator[str]:
    while folder not in {"", "."}:
        yield folder
        folder = folder.rpartition("/")[0]
    yield "."


def _item(tag: _Registered) -> Item:
    return Item(system=SYSTEM, name=tag.item, by=tag.git.by, at=tag.git.at, message=tag.git.message)

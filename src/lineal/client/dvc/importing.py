"""Bring the history of a DVC repository: every dataset version of every commit, runs of stages, registered models.

Each commit's author, time and message are kept. It can be stopped at any time and done again: what is here is passed
over. What DVC itself has lost is left out, and named.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.client.dvc.history import Change, Commit, History
from lineal.client.dvc.models import bring_models
from lineal.client.dvc.naming import Names, item_of
from lineal.client.dvc.places import need_project
from lineal.client.dvc.remembered import SYSTEM, Remembered
from lineal.client.dvc.stages import Lock, Stages, key_of
from lineal.client.dvc.taking import SUFFIX, take_out
from lineal.formats.dvc import lock, pipeline, pointer
from lineal.objects.errors import Conflict, Corrupt, Invalid, NotFound, Unsupported
from lineal.operations.answers.data import DatasetAnswer
from lineal.operations.migration.imports import Item
from lineal.storage.dvc.project import Project, Tracked

if TYPE_CHECKING:
    from lineal.client.connect import Repository


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What is here of a DVC repository. ``new`` items came now; ``left_out`` says in plain words what could not be had."""

    directory: str
    commits: int
    datasets: int
    dataset_versions: int
    runs: int
    model_versions: int
    aliases: int
    new: int
    left_out: tuple[str, ...] = ()


def import_history(
    repository: Repository, directory: Path, *, remote: str = "", variables: Mapping[str, str] = os.environ
) -> Imported:
    """Bring the history of the DVC repository around ``directory``.

    Args:
        repository: where to.
        directory: a place in the DVC repository.
        remote: a remote of DVC to look into before the default one.
        variables: the environment's.

    Raises:
        NotFound: there is no DVC repository.
        Invalid: it is not in Git.
        Unavailable: Git, the cache or the remote cannot be reached.
        Corrupt: at the end, not everything is here that was brought.
    """
    project = need_project(directory, variables)
    history = History(project.root)
    remembered = Remembered(repository)
    if history.is_cut:
        remembered.leave_out("what came before the oldest commit of this clone; git fetch --unshallow brings it")
    changes = tuple(history.changes())
    pointers = _Pointers(project, history, changes, remembered)
    datasets = _Datasets(repository, project, remote, remembered, pointers)
    stages = Stages(repository, project, history, remote)
    for commit, group in groupby(changes, key=lambda each: each.commit):
        changed = tuple(group)
        # Data before the runs that read it.
        for change in (each for each in changed if each.path.endswith(SUFFIX)):
            for tracked in pointers.of(change):
                datasets.bring(commit, tracked)
        for change in (each for each in changed if not each.path.endswith(SUFFIX)):
            _bring_stages(repository, history, stages, remembered, change)
    for experiment, change in history.experiments():
        _bring_stages(repository, history, stages, remembered, change, experiment=experiment)
    datasets.restore(history.head(), changes)
    bring_models(repository, history, stages, remembered)
    return _counted(repository, project, remembered, len({each.commit for each in changes}))


class _Pointers:
    """What every pointer of a history names, each content read once."""

    def __init__(self, project: Project, history: History, changes: Iterable[Change], remembered: Remembered) -> None:
        self._project = project
        wanted = [each for each in changes if each.path.endswith(SUFFIX)]
        contents = history.read(each.blob for each in wanted)
        self._found: dict[tuple[str, str], tuple[Tracked, ...]] = {}
        for each in wanted:
            if (each.path, each.blob) not in self._found:
                try:
                    found = self._tracked(each.path, contents.get(each.blob, b""), each.commit)
                except Invalid as error:
                    remembered.leave_out(error.message)
                    found = ()
                self._found[each.path, each.blob] = found

    def _tracked(self, path: str, data: bytes, commit: Commit) -> tuple[Tracked, ...]:
        said = pointer.parse(data, f"{path} of commit {commit.short}")
        folder = os.path.normpath(f"{_folder(path)}/{said.wdir}")
        found = (Tracked(each, self._project.root / path, folder) for each in said.outs)
        return tuple(each for each in found if not each.path.startswith("../"))

    def of(self, change: Change) -> tuple[Tracked, ...]:
        """Return what a pointer names after a change."""
        return self._found.get((change.path, change.blob), ())

    @property
    def paths(self) -> list[str]:
        """Every path that a pointer names, in the order of the history."""
        return [each.path for found in self._found.values() for each in found]


class _Datasets:
    """Brings the versions of datasets, and leaves the newest one where it was."""

    def __init__(
        self, repository: Repository, project: Project, remote: str, remembered: Remembered, pointers: _Pointers
    ) -> None:
        self._repository = repository
        self._project = project
        self._remote = remote
        self._remembered = remembered
        self._pointers = pointers
        self._names = Names(remembered.known, pointers.paths)
        self._before: dict[str, DatasetAnswer | None] = {}

    def bring(self, commit: Commit, tracked: Tracked) -> None:
        """Bring what a commit says of a path, unless it is here."""
        item, name = item_of(commit.id, tracked.path), self._names[tracked.path]
        if self._remembered.has(item):
            return
        try:
            tree = take_out(self._repository, self._project, tracked, remote=self._remote)
        except (NotFound, Corrupt, Invalid, Conflict) as error:
            self._remembered.leave_out(f"{tracked.path} of commit {commit.short}: {error.message}")
            return
        if name not in self._before:
            self._before[name] = self._newest(name)
        answer = self._repository.imports.dataset(name=name, tree=tree, item=_item(commit, item))
        self._remembered.add(item, answer.reference)

    def _newest(self, name: str) -> DatasetAnswer | None:
        try:
            return self._repository.data.show(f"data:{name}")
        except NotFound:
            return None

    def restore(self, head: Mapping[str, str], changes: Sequence[Change]) -> None:
        """Make the newest version of each dataset what it was before somebody imported, else what is checked out.

        The newest commit need not be an ancestor of the one that people work on.
        """
        last = {(each.path, each.blob): each for each in changes}
        checked_out = {
            self._names[tracked.path]: (last[place].commit, tracked)
            for place in head.items()
            if place in last
            for tracked in self._pointers.of(last[place])
        }
        for name, before in self._before.items():
            newest = self._newest(name)
            if before and before.reference not in self._remembered.references:
                tree, item = (
                    before.dataset.tree,
                    Item(system=SYSTEM, name="", by=before.added_by, at=before.created_at, message=before.message),
                )
            elif name in checked_out:
                commit, tracked = checked_out[name]
                if not self._remembered.has(item_of(commit.id, tracked.path)):
                    continue
                tree, item = take_out(self._repository, self._project, tracked, remote=self._remote), _item(commit, "")
            else:
                continue
            if newest and newest.dataset.tree != tree:
                self._repository.imports.dataset(name=name, tree=tree, item=item)


def _item(commit: Commit, name: str) -> Item:
    message = f"{commit.subject} (commit {commit.short})".strip()
    return Item(system=SYSTEM, name=name, by=commit.author, at=commit.at, message=message)


def _bring_stages(
    repository: Repository,
    history: History,
    stages: Stages,
    remembered: Remembered,
    change: Change,
    *,
    experiment: str = "",
) -> None:
    """Bring the stages of a lock that no earlier commit had in the same words."""
    beside = "/".join(each for each in (_folder(change.path).strip("."), "dvc.yaml") if each)
    what = f"{change.path} of commit {change.commit.short}"
    try:
        said = lock.parse(history.read([change.blob]).get(change.blob, b""), what)
    except (Invalid, Unsupported) as error:
        remembered.leave_out(error.message)
        return
    new = {name: each for name, each in said.stages.items() if not remembered.has(_stage_item(change.path, name, each))}
    if not new:
        return
    try:
        pipelines = pipeline.parse(history.files(change.commit.id, [beside]).get(beside, b""), beside)
    except Invalid:  # it may be in the middle of being written; the lock says what was run
        pipelines = pipeline.Pipeline()
    for name, each in new.items():
        item = _stage_item(change.path, name, each)
        run, code, runtime = stages.told(Lock(change.commit, change.path, pipelines, experiment), name, each)
        answer = repository.imports.run(run=run, code=code, runtime=runtime, item=_item(change.commit, item))
        remembered.add(item, answer.reference)


def _stage_item(path: str, name: str, stage: lock.Stage) -> str:
    return f"stage:{key_of(path, name, stage)}"


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def _counted(repository: Repository, project: Project, remembered: Remembered, commits: int) -> Imported:
    """Look whether the repository knows everything that was brought, and count it. Raises Corrupt."""
    known = repository.imports.known(SYSTEM)
    if lost := remembered.known.keys() - known.keys():
        raise Corrupt(
            f"{len(lost)} of {len(remembered.known)} items that were imported are not here, such as {min(lost)}",
            hint="lineal verify tells what is wrong; then import again",
        )
    kinds = remembered.by_kind(known)
    return Imported(
        directory=str(project.root),
        commits=commits,
        datasets=len({each.rpartition("@")[0] for each in kinds["data"]}),
        dataset_versions=len(kinds["data"]),
        runs=len(kinds["run"]),
        model_versions=len(kinds["version"]),
        aliases=len(kinds["alias"]),
        new=remembered.added,
        left_out=tuple(remembered.left_out),
    )

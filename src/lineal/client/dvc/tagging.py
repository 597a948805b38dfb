"""Versions and stages as Git tags in GTO's format: what is missing is made, what is there is never moved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lineal.client.dvc import git
from lineal.client.dvc.history import History
from lineal.client.dvc.history import Tag as GitTag
from lineal.formats.dvc import gto
from lineal.objects.errors import Invalid, LinealError
from lineal.operations.answers.tags import TaggedModel, TaggedVersion
from lineal.operations.references import NO_STAGE

if TYPE_CHECKING:
    from lineal.client.connect import Repository

_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9/_-]*[a-zA-Z0-9])?", re.ASCII)
_PUSHED_AT_ONCE = 200


class GitTags(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the tags of a repository: those that were ``made``, and in plain words what could not be, or ``told``."""

    directory: str
    made: tuple[str, ...] = ()
    pushed: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def write_tags(
    repository: Repository, directory: Path, models: tuple[str, ...] = (), *, pre_releases: bool = False, push: str = ""
) -> GitTags:
    """Make the tags that Git lacks of the versions of models, and of each time that one came to a stage or left it.

    Args:
        repository: whose versions.
        directory: a place in the Git repository whose commits their runs recorded.
        models: which; by default all.
        pre_releases: whether pre-releases are tagged too.
        push: the remote of Git that new tags are sent to; empty for none.

    Raises:
        NotFound: there is no such model.
        Invalid: the directory is in no Git repository.
        Unavailable: Git is not installed.
    """
    history = History(directory)
    names = models or tuple(each.name for each in repository.model.list())
    made, told = list[str](), list[str]()
    for name in names:
        if not _NAME.fullmatch(name):
            told.append(f"{name} has no tags: GTO's names hold letters, digits, '-', '_' and '/' only")
            continue
        writer = _Writer(history, repository.exports.tags(name), told)
        made += writer.write(pre_releases=pre_releases)
    pushed = _pushed(directory, made, push, told) if push else ()
    return GitTags(directory=str(directory), made=tuple(made), pushed=tuple(pushed), told=tuple(told))


def _pushed(directory: Path, made: list[str], remote: str, told: list[str]) -> Iterator[str]:
    """Send tags and yield those that arrived. Git refuses one that is another there, and it is not forced."""
    for start in range(0, len(made), _PUSHED_AT_ONCE):
        batch = made[start : start + _PUSHED_AT_ONCE]
        try:
            git.ask(directory, "push", "--quiet", remote, *(f"refs/tags/{each}" for each in batch))
        except LinealError as error:
            told.append(f"{error.message}; the tags are here: git push {remote} --tags")
        else:
            yield from batch


class _Event(NamedTuple):
    """A version came to a stage, or left it."""

    at: int
    action: gto.Action
    stage: str
    version: TaggedVersion


class _Writer:
    """Makes the tags of one model."""

    def __init__(self, history: History, model: TaggedModel, told: list[str]) -> None:
        self._history = history
        self._model = model
        self._told = told
        known = [(each, said) for each in history.tags() if (said := gto.parse(each.name))]
        self._known = [(each, said) for each, said in known if said.name == model.name and not said.directory]
        self._counter = max((said.counter or 0 for _, said in self._known), default=0)

    def write(self, *, pre_releases: bool) -> Iterator[str]:
        """Make what is missing, and yield the names."""
        commits = dict[str, str]()
        for each in self._model.versions:
            if pre_releases or "-" not in each.semantic:
                yield from self._version(each, commits)
        yield from self._stages(commits)
        yield from self._deprecated(next(reversed(commits.values()), ""))

    def _deprecated(self, commit: str) -> Iterator[str]:
        """Make the tag of a model that was deleted, on the commit of its newest version."""
        at = self._model.deleted_at
        if at is None or not commit or any(said.action == "deprecate" for _, said in self._known):
            return
        name = gto.write(gto.Tag(action="deprecate", name=self._model.name))
        self._make(name, commit, at, "deleted", by="")
        yield name

    def _version(self, version: TaggedVersion, commits: dict[str, str]) -> Iterator[str]:
        """Make the tag of a version, and take note of the commit that has it."""
        name = gto.write(gto.Tag(action="register", name=self._model.name, version=version.semantic))
        there = next((each for each, said in self._known if each.name == name), None)
        if version.removed_at is not None:
            yield from self._deregister(version, there)
        elif there is not None:
            if version.commit and there.commit != version.commit:
                self._tell(
                    f"the tag {name} is on commit {there.commit[:12]}, and is not moved; the run says {version.commit[:12]}"
                )
            commits[version.semantic] = there.commit
        elif not version.commit:
            self._tell(
                f"{self._model.name}:{version.semantic} has no tag: nobody knows the commit that it was made with"
            )
        elif not self._is_here(version.commit):
            self._tell(
                f"{self._model.name}:{version.semantic} has no tag: its commit {version.commit[:12]} is not in"
                f" {self._history.root}; git fetch may bring it"
            )
        elif other := self._other(version, commits):
            self._tell(
                f"{self._model.name}:{version.semantic} has no tag: its commit has version {other}, and GTO knows one a"
                " commit; commit before each run"
            )
        else:
            changed = "The code that ran had changes that the commit does not have." if version.is_changed else ""
            if changed:
                self._tell(
                    f"the code of {self._model.name}:{version.semantic} had changes that its commit does not have"
                )
            said = "\n".join(filter(None, (version.why, version.digest, changed)))
            self._make(name, version.commit, version.at, said, by=version.by)
            commits[version.semantic] = version.commit
            yield name

    def _deregister(self, version: TaggedVersion, there: GitTag | None) -> Iterator[str]:
        name = gto.write(gto.Tag(action="deregister", name=self._model.name, version=version.semantic))
        said = any(each.action == "deregister" and each.version == version.semantic for _, each in self._known)
        if there is not None and not said:
            self._make(name, there.commit, version.removed_at or 0, f"removed\n{version.digest}", by=version.by)
            yield name

    def _other(self, version: TaggedVersion, commits: dict[str, str]) -> str:
        """Return which other version a commit has; empty when none."""
        own = (said.version for each, said in self._known if said.version and each.commit == version.commit)
        new = (semantic for semantic, commit in commits.items() if commit == version.commit)
        return next((each for each in (*own, *new) if each != version.semantic), "")

    def _stages(self, commits: dict[str, str]) -> Iterator[str]:
        """Make the tags of stages, in the order of what happened; one that is there says it by its commit and its second."""
        there = Counter(
            (said.action, said.stage, each.commit, each.at // 1000) for each, said in self._known if said.stage
        )
        for event in sorted(self._events(), key=lambda each: each.at):
            commit = commits.get(event.version.semantic)
            if commit is None:
                continue
            key = (event.action, event.stage, commit, event.at // 1000)
            if there[key]:
                there[key] -= 1
                continue
            self._counter += 1
            tag = gto.Tag(action=event.action, name=self._model.name, stage=event.stage, counter=self._counter)
            name = gto.write(tag)
            self._make(name, commit, event.at, f"{event.version.semantic}\n{event.version.digest}", by="")
            yield name

    def _events(self) -> Iterator[_Event]:
        for version in self._model.versions:
            for stay in (each for each in version.stays if each.stage != NO_STAGE):
                yield _Event(stay.since, "assign", stay.stage, version)
                if stay.until is not None:
                    yield _Event(stay.until, "unassign", stay.stage, version)

    def _is_here(self, commit: str) -> bool:
        return git.ask(self._history.root, "cat-file", "-t", commit, statuses=(0, 128)).strip() == b"commit"

    def _make(self, name: str, commit: str, at: int, said: str, *, by: str) -> None:
        """Make an annotated tag, dated when what it tells of happened."""
        who = {"GIT_COMMITTER_NAME": by} if by else {}
        message = f"{name}\n\n{said}"
        when = {"GIT_COMMITTER_DATE": f"{at // 1000} +0000"}
        try:
            git.ask(
                self._history.root, "tag", "--annotate", "--message", message, name, commit, variables={**who, **when}
            )
        except Invalid as error:
            raise Invalid(f"the tag {name} could not be made: {error.message}", hint=error.hint) from None

    def _tell(self, sentence: str) -> None:
        self._told.append(sentence)

"""The history of a DVC repository: each change of a pointer or a lock, with who made it, when and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lineal.client.dvc import git
from lineal.objects.errors import Invalid

_PATHS = ("*.dvc", "dvc.lock", "*/dvc.lock")
_FIELD = "\x1f"
_BATCH = 1_000
_REGULAR = "100"
"""What the mode of a file begins with that is no link and no repository of its own."""


class Commit(NamedTuple):
    """A commit. ``at`` is when its author made it, in milliseconds since 1970."""

    id: str
    author: str
    email: str
    at: int
    subject: str

    @property
    def short(self) -> str:
        """The beginning of its id, as people read it."""
        return self.id[:12]


class Change(NamedTuple):
    """A file as a commit left it. ``path`` is from the top of the DVC repository, ``blob`` is Git's id of its content."""

    commit: Commit
    path: str
    blob: str


class Tag(NamedTuple):
    """A tag of Git, what it points at, and who set it when."""

    name: str
    commit: str
    by: str
    at: int
    message: str


class History:
    """What Git knows of the pointers and locks of a DVC repository.

    Args:
        root: the top of the DVC repository.

    Raises:
        Invalid: it is not in Git.
    """

    def __init__(self, root: Path) -> None:
        if git.top_of(root) is None:
            raise Invalid(
                f"{root} is in no Git repository", hint="without Git, lineal data add PATH.dvc takes what is there"
            )
        self.root = root
        self._prefix = git.ask(root, "rev-parse", "--show-prefix").decode().rstrip("\n")

    @property
    def is_cut(self) -> bool:
        """Whether this clone has only the end of the history."""
        return git.ask(self.root, "rev-parse", "--is-shallow-repository").strip() == b"true"

    @property
    def remote(self) -> str:
        """Where the repository came from; empty when nobody knows."""
        return (
            git.ask(self.root, "config", "--get", "remote.origin.url", statuses=(0, 1))
            .decode("utf-8", "replace")
            .strip()
        )

    def head(self) -> dict[str, str]:
        """Return the pointers and locks of the commit that is checked out: the blob of each by its path."""
        if git.ask(self.root, "rev-parse", "--quiet", "--verify", "HEAD", statuses=(0, 1)) == b"":
            return {}
        found = {}
        for line in _texts(git.ask(self.root, "ls-tree", "-r", "-z", "HEAD")):
            head, _, path = line.partition("\t")
            mode, _, blob = head.split(" ")
            if mode.startswith(_REGULAR) and (path.endswith(".dvc") or path.rpartition("/")[2] == "dvc.lock"):
                found[path] = blob
        return found

    def changes(self) -> Iterator[Change]:
        """Yield every change in every commit of every branch and tag, parents before their children."""
        refs = ("HEAD",) if self.head() else ()
        listed = git.ask(
            self.root, "rev-list", "--full-history", "--date-order", "--reverse", *refs, "--branches", "--tags", "--remotes",
            "--", *_PATHS,
        )  # fmt: skip
        ids = listed.decode().split()
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            commits = self._commits(batch)
            for commit, path, blob in self._changed(batch):
                yield Change(commits[commit], path, blob)

    def experiments(self) -> Iterator[tuple[str, Change]]:
        """Yield each change of a lock in an experiment, which DVC keeps outside of branches, with the experiment's name."""
        told = git.ask(self.root, "for-each-ref", f"--format=%(objectname){_FIELD}%(refname)%00", "refs/exps")
        names: dict[str, str] = {}
        for line in _texts(told):
            commit, ref = line.strip("\n").split(_FIELD)
            if not ref.startswith("refs/exps/exec/"):
                names[commit] = ref.rpartition("/")[2]
        commits = self._commits(names) if names else {}
        for commit, path, blob in self._changed(names) if names else ():
            if not path.endswith(".dvc"):
                yield names[commit], Change(commits[commit], path, blob)

    def commit(self, name: str) -> Commit:
        """Return the commit with an id. Raises Invalid when there is none."""
        return self._commits([name])[name]

    def _commits(self, ids: Iterable[str]) -> Mapping[str, Commit]:
        form = _FIELD.join(("%H", "%an", "%ae", "%at", "%s"))
        given = "".join(f"{each}\n" for each in ids).encode()
        told = git.ask(self.root, "log", "--no-walk=unsorted", "--stdin", "-z", f"--format={form}", given=given)
        found = {}
        for line in _texts(told):
            commit, author, email, at, subject = line.split(_FIELD, 4)
            found[commit] = Commit(commit, author, email, int(at) * 1000, subject)
        return found

    def _changed(self, ids: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """Yield the commit, path and blob of each file that a commit added or changed, against each of its parents."""
        given = "".join(f"{each}\n" for each in ids).encode()
        told = git.ask(
            self.root, "diff-tree", "--stdin", "-r", "-z", "-m", "--root", "--no-renames", "--relative",
            "--", *_PATHS, given=given,
        )  # fmt: skip
        words, commit, seen = iter(_texts(told)), "", set[tuple[str, str]]()
        for word in words:
            if not word.startswith(":"):
                commit = word.strip()
                continue
            _, mode, _, blob, _ = word.split(" ")
            path = next(words)
            if mode.startswith(_REGULAR) and (commit, path) not in seen:
                seen.add((commit, path))
                yield commit, path, blob

    def read(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """Return the content of blobs by their ids."""
        return {name: data for name, data in git.contents(self.root, blobs) if data is not None}

    def files(self, commit: str, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the files of a commit at ``paths``, of those that are there."""
        names = {f"{commit}:{self._prefix}{path}": path for path in paths}
        return {names[name]: data for name, data in git.contents(self.root, names) if data is not None}

    def listed(self, commit: str, folder: str) -> dict[str, str]:
        """Return the blobs of the files below a folder in a commit, by their paths inside of it."""
        told = git.ask(self.root, "ls-tree", "-r", "-z", commit, "--", f"{folder}/")
        found = {}
        for line in _texts(told):
            head, _, path = line.partition("\t")
            mode, _, blob = head.split(" ")
            if mode.startswith(_REGULAR):
                found[path.removeprefix(f"{folder}/")] = blob
        return found

    def tags(self) -> Iterator[Tag]:
        """Yield the tags in the order in which they were set."""
        form = _FIELD.join(("%(refname:lstrip=2)", "%(objectname)", "%(*objectname)", "%(creatordate:unix)", "%(taggername)", "%(subject)"))  # fmt: skip
        told = git.ask(self.root, "for-each-ref", "--sort=creatordate", f"--format={form}%00", "refs/tags")
        for line in _texts(told):
            name, own, target, at, by, subject = line.strip("\n").split(_FIELD, 5)
            if name:
                yield Tag(name, target or own, by, int(at or 0) * 1000, subject)


def _texts(told: bytes) -> Iterator[str]:
    """Yield what stands between zeros; a name that is no UTF-8 cannot name a dataset either, and is only shown."""
    return (each for each in told.decode("utf-8", "replace").split("\0") if each.strip("\n"))

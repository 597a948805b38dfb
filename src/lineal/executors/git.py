"""Write to a Git repository without touching anybody's checkout: commits are made of objects, a branch is moved last."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from lineal.objects.errors import Conflict, NotFound, Unavailable

_SECONDS_MAX = 120
_NOTHING = "0" * 40
_LINE_CHARACTERS_MAX = 300


class Person(NamedTuple):
    """Who wrote or made a commit."""

    name: str
    email: str


class Commit(NamedTuple):
    """A commit: its id, who made it, and how its message begins."""

    id: str
    committer: Person
    subject: str


class GitRepository:
    """A Git repository, bare or with a checkout.

    Args:
        directory: where it is.

    Raises:
        NotFound: there is none.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        if self.ask("rev-parse", "--git-dir") is None:
            raise NotFound(f"{directory} is no Git repository", hint="git init makes one")

    def ask(self, *arguments: str) -> str | None:
        """Return what a command of Git's answers; None when it fails."""
        try:
            return self.do(*arguments)
        except Conflict:
            return None

    def do(self, *arguments: str, told: bytes = b"", variables: Mapping[str, str] | None = None) -> str:
        """Carry out a command of Git's, and return what it answers.

        Raises:
            Conflict: it failed; the message has what it said.
            Unavailable: Git is not here, or it took too long.
        """
        # A hook of Git's is told by variables where it runs, and this may be about another repository.
        ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        ours |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(variables or {})}
        command = ("git", "-c", "core.quotePath=false", "-c", "core.hooksPath=/dev/null", *arguments)
        try:
            ended = subprocess.run(
                command,
                cwd=self._directory,
                input=told,
                env=ours,
                capture_output=True,
                timeout=_SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(f"git {arguments[0]} took longer than {_SECONDS_MAX} seconds", hint="try again") from None
        except OSError as error:
            raise Unavailable(f"git cannot be started: {error.strerror}", hint="install Git") from None
        if ended.returncode:
            said = ended.stderr.decode(errors="replace").strip().splitlines()
            last = (said[-1] if said else f"exit status {ended.returncode}")[:_LINE_CHARACTERS_MAX]
            raise Conflict(f"git {arguments[0]}: {last}", hint=f"look at {self._directory}")
        return ended.stdout.decode(errors="replace")

    def tip(self, reference: str) -> str:
        """Return the id of the commit that a name leads to; empty when there is none."""
        return (self.ask("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}") or "").strip()

    def commit(self, reference: str) -> Commit:
        """Return a commit. Raises NotFound."""
        if not reference.startswith("-") and (id_ := self.tip(reference)):
            name, email, subject = self.do("show", "-s", "--format=%cn%x00%ce%x00%s", id_).rstrip("\n").split("\0")
            return Commit(id_, Person(name, email), subject)
        raise NotFound(f"there is no commit {reference!r} in {self._directory}", hint="git log lists them")

    def files(self, commit: str, folder: str) -> dict[str, str]:
        """Return the text of each file directly in a folder, by its path; none where there is no such folder or commit."""
        listed = self.ask("ls-tree", "-z", commit, f"{folder}/") if commit else None
        found = dict[str, str]()
        for line in filter(None, (listed or "").split("\0")):
            kind, path = line.split("\t", 1)
            if kind.split()[1] == "blob":
                found[path] = self.do("cat-file", "blob", kind.split()[2])
        return found

    def write(self, branch: str, parent: str, files: Mapping[str, str], author: Person, message: str) -> str:
        """Commit files on top of a commit of a branch, and move the branch there; return the new commit.

        Args:
            branch: the branch.
            parent: the commit that it leads to now; empty where there is none.
            files: the text of each file by path.
            author: who did what is recorded.
            message: what is said of it.

        Raises:
            Conflict: the branch was moved by somebody else just now.
        """
        by = {"AUTHOR": author, "COMMITTER": Person("Lineal", "lineal@localhost")}
        people = {f"GIT_{who}_{part}": value for who, each in by.items() for part, value in each._asdict().items()}
        people = {name.upper(): value for name, value in people.items()}
        with TemporaryDirectory(prefix="lineal-git-") as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
            if parent:
                self.do("read-tree", parent, variables=index)
            lines = [
                f"100644 {self.do('hash-object', '-w', '--stdin', told=text.encode()).strip()}\t{path}\n"
                for path, text in sorted(files.items())
            ]
            self.do("update-index", "--index-info", told="".join(lines).encode(), variables=index)
            tree = self.do("write-tree", variables=index).strip()
        parents = ("-p", parent) if parent else ()
        made = self.do("commit-tree", tree, *parents, told=message.encode(), variables=people).strip()
        self.do("update-ref", "-m", "lineal", f"refs/heads/{branch}", made, parent or _NOTHING)
        return made

    def follow(self, branch: str, remote: str) -> None:
        """Take over what a remote has on a branch.

        Raises:
            Conflict: both have commits that the other lacks.
        """
        # A remote without the branch is a new one.
        listed = self.do("ls-remote", remote, f"refs/heads/{branch}")
        if not listed.strip():
            return
        self.do("fetch", "--quiet", "--no-tags", remote, f"refs/heads/{branch}")
        theirs, ours = self.tip("FETCH_HEAD"), self.tip(f"refs/heads/{branch}")
        if ours in {"", theirs} or self.ask("merge-base", "--is-ancestor", ours, theirs) is not None:
            self.do("update-ref", "-m", "lineal", f"refs/heads/{branch}", theirs, ours or _NOTHING)
        elif self.ask("merge-base", "--is-ancestor", theirs, ours) is None:
            raise Conflict(
                f"the branch {branch} here and that of {remote} went different ways",
                hint="merge them with Git; nothing was overwritten",
            )

    def push(self, branch: str, remote: str, before: str) -> None:
        """Push a branch; when the remote has moved on, take back what was committed since ``before``, and tell.

        Raises:
            Conflict: it was refused.
        """
        try:
            self.do("push", "--quiet", remote, f"refs/heads/{branch}:refs/heads/{branch}")
        except Conflict:
            if before and (made := self.tip(f"refs/heads/{branch}")) != before:
                with suppress(Conflict):  # it is committed anew on what the remote has then
                    self.do("update-ref", "-m", "lineal", f"refs/heads/{branch}", before, made)
            raise

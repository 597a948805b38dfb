"""Ask Git about a repository, without changing anything in it or in the user's settings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SECONDS_MAX = 30

# Optional locks off: looking must not rewrite the index under the user's own Git. A monitor of files would be started
# and stay. A clone that leaves blobs at its remote must not fetch them now, and nobody is there to be asked.
_QUIETLY = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_VARIABLES = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

# Without its program, the filter of Git LFS makes every question about a changed file fail.
_NO_LFS = ("-c", "filter.lfs.required=false", "-c", "filter.lfs.clean=", "-c", "filter.lfs.process=")

_IN_PROGRESS = {
    "MERGE_HEAD": "merging",
    "rebase-merge": "rebasing",
    "rebase-apply": "rebasing",
    "CHERRY_PICK_HEAD": "cherry-picking",
    "BISECT_LOG": "bisecting",
}


class Changed(msgspec.Struct, frozen=True):
    """A path that differs from the commit. ``submodule`` is Git's word for what changed in one, or ``N...``."""

    path: str
    submodule: str = "N..."


class Status(msgspec.Struct, kw_only=True):
    """What one question to Git answers."""

    commit: str = ""
    branch: str = ""
    is_detached: bool = False
    changed: list[Changed] = []
    untracked: list[str] = []


class TooLarge(Exception):
    """Git's answer is larger than what is kept."""


class Git:
    """Git, as it answers about the repository at ``root``.

    Raises:
        OSError: there is no Git (each method).
        subprocess.SubprocessError: it refused or took too long (each method).
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._options: tuple[str, ...] = (*_QUIETLY, *(() if shutil.which("git-lfs") else _NO_LFS))

    def answer(
        self, *arguments: str, statuses: tuple[int, ...] = (0,), given: bytes = b"", at_most: int | None = None
    ) -> bytes:
        """Return what ``git arguments`` prints. Raises TooLarge when that is more than ``at_most`` bytes."""
        try:
            return self._answer(arguments, statuses, given, at_most)
        except subprocess.CalledProcessError as error:
            # The repository belongs to somebody else. Whoever runs its programs trusts it; their settings stay.
            if b"safe.directory" not in (error.stderr or b"") or "safe.directory=*" in self._options:
                raise
            self._options = ("-c", "safe.directory=*", *self._options)
            return self._answer(arguments, statuses, given, at_most)

    def _answer(
        self, arguments: tuple[str, ...], statuses: tuple[int, ...], given: bytes, at_most: int | None
    ) -> bytes:
        command = ("git", *self._options, "-C", str(self.root), *arguments)
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment()) as process:
            try:
                if at_most is None:
                    said, complaint = process.communicate(given, timeout=_SECONDS_MAX)
                else:
                    said, complaint = _first(process, at_most)
            except BaseException:
                process.kill()
                raise
        if process.returncode not in statuses:
            raise subprocess.CalledProcessError(process.returncode, command, said, complaint)
        return said

    def text(self, *arguments: str, statuses: tuple[int, ...] = (0,)) -> str:
        """Return what ``git arguments`` prints, as a text without the last line's end."""
        return self.answer(*arguments, statuses=statuses).decode("utf-8", "surrogateescape").strip()

    def status(self) -> Status:
        """Return commit, branch, changes and untracked files, all of one moment."""
        answer = self.answer("status", "--porcelain=v2", "-z", "--branch", "--untracked-files=all")
        status = Status()
        fields = iter(answer.decode("utf-8", "surrogateescape").split("\0"))
        for field in fields:
            kind, _, rest = field.partition(" ")
            if field.startswith("# branch.oid "):
                status.commit = "" if field.endswith("(initial)") else field.rpartition(" ")[2]
            elif field.startswith("# branch.head "):
                status.is_detached = field.endswith("(detached)")
                status.branch = "" if status.is_detached else field.rpartition(" ")[2]
            elif kind == "?":
                status.untracked.append(rest)
            elif kind in _PATH_AT:
                parts = field.split(" ", _PATH_AT[kind])
                status.changed.append(Changed(parts[-1], parts[2]))
                if kind == "2":
                    next(fields, None)  # a rename is followed by the old path
        return status

    def state(self, status: Status) -> tuple[str, ...]:
        """Return what is special about the repository, in words that `objects.code.Code` lists."""
        here, common, shallow = self.text(
            "rev-parse", "--absolute-git-dir", "--path-format=absolute", "--git-common-dir", "--is-shallow-repository"
        ).splitlines()
        sparse = self.text("config", "--bool", "core.sparseCheckout", statuses=(0, 1))
        words = {
            "detached": status.is_detached,
            "shallow": shallow == "true",
            "sparse": sparse == "true",
            "worktree": here != common,
            **dict.fromkeys(_IN_PROGRESS.values(), False),
        }
        for name, word in _IN_PROGRESS.items():
            words[word] |= os.path.exists(os.path.join(here, name))
        return tuple(word for word, holds in words.items() if holds)

    def remote(self) -> str:
        """Return the address of ``origin``, else of the first remote; without credentials."""
        lines = self.text("config", "--get-regexp", r"^remote\..*\.url$", statuses=(0, 1)).splitlines()
        names = [line.partition(" ") for line in lines]
        origin = (address for name, _, address in names if name == "remote.origin.url")
        return without_credentials(next(origin, names[0][2] if names else ""))

    def known(self, paths: Iterable[str]) -> frozenset[str]:
        """Return those of ``paths``, relative to the root, that Git tracks."""
        listed = [f":(literal){each}" for each in paths]
        found: set[str] = set()
        for at in range(0, len(listed), _PATHS_AT_ONCE):
            answer = self.answer("ls-files", "-z", "--", *listed[at : at + _PATHS_AT_ONCE])
            found.update(answer.decode("utf-8", "surrogateescape").split("\0"))
        return frozenset(found - {""})


_PATHS_AT_ONCE = 500
_PATH_AT = {"1": 8, "2": 9, "u": 10}
"""At which blank the path of a changed file begins, by the kind of its line."""


def _first(process: subprocess.Popen[bytes], at_most: int) -> tuple[bytes, bytes]:
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: S101,PT018
    late = threading.Timer(_SECONDS_MAX, process.kill)
    late.start()
    try:
        process.stdin.close()
        said = process.stdout.read(at_most + 1)
        if len(said) > at_most:
            raise TooLarge
        complaint = process.stderr.read()
        process.wait()
    finally:
        late.cancel()
    return said, complaint


def _environment() -> dict[str, str]:
    return {**os.environ, **_VARIABLES}


def complaint(error: OSError | subprocess.SubprocessError) -> str:
    """Return the first line of what Git complained of."""
    said = getattr(error, "stderr", None) or str(error).encode()
    return bytes(said).decode("utf-8", "replace").strip().partition("\n")[0]


def without_credentials(remote: str) -> str:
    """Return the address ``remote`` without a user's name or password (an ssh user name stays: it names no person)."""
    remote = re.sub(r"^(https?://)[^/@]*@", r"\1", remote)
    return mask(re.sub(r"^(\w+://[^/:@]+):[^/@]*@", r"\1@", remote))[0]

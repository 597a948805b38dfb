"""A Git repository as a program finds it: commit, changes, sources it does not know, and the repositories inside it."""

from __future__ import annotations

import hashlib
import os
import subprocess
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.code.found import CodeFound, Sources, SubmoduleFound, by_name, is_source, read_sources, with_sources
from lineal.capture.code.git import Git, Status, TooLarge, complaint
from lineal.capture.code.stripping import NOTEBOOK, stripped
from lineal.capture.gaps import named
from lineal.capture.secrets import mask_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIFF_BYTES_MAX = 20 << 20
FILE_DIFF_BYTES_MAX = 1 << 20
"""Where all changes are too many, those of one file are kept up to this size."""

_FILES_ALONE_MAX = 200
_SUBMODULES_MAX = 100
_DIFF = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short", "--ignore-submodules=dirty")
_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_LINK_MODE = "160000"


def read_repository(root: Path, entry: str) -> CodeFound:
    """Return what the Git repository at ``root`` holds for a program whose file is ``entry``.

    Raises:
        OSError: there is no Git.
        subprocess.SubprocessError: it refused, or took too long.
    """
    git = Git(root)
    status = git.status()
    changes = _Changes(git, status)
    code = CodeFound(
        root=root,
        is_in_git=True,
        entry_point=entry,
        commit=status.commit,
        branch=status.branch,
        remote=git.remote(),
        state=git.state(status),
        gaps=() if status.commit else ("code: the Git repository has no commit yet",),
    )
    names = [*changes.whole, *(each for each in status.untracked if is_source(each))]
    if entry and (root / entry).is_file() and entry not in names:
        if not (root / entry).is_relative_to(root):
            outside = f"code: the program {entry} is outside {root}; it is kept if it is a module of Python"
            code = msgspec.structs.replace(code, gaps=(*code.gaps, outside))
        elif git.answer("check-ignore", "--", entry, statuses=(0, 1)):
            names.insert(0, entry)
    code = with_sources(code, read_sources(by_name(root, names)))
    code = with_sources(code, Sources(files=changes.pointers, masked_secrets=changes.masked_secrets))
    found = _with_submodules(msgspec.structs.replace(code, diff=changes.diff), git, status, "")
    return msgspec.structs.replace(found, gaps=tuple(dict.fromkeys((*found.gaps, *changes.gaps))))


class _Changes:
    """What differs from the commit: a diff, notebooks that are kept whole (``whole``), and pointers of Git LFS."""

    def __init__(self, git: Git, status: Status) -> None:
        self.diff, self.masked_secrets = b"", 0
        self.whole: list[str] = []
        self.pointers: dict[str, bytes] = {}
        self.gaps: list[str] = []
        if not status.changed:
            return
        # Changes before the first commit are those against an empty tree.
        self._against = status.commit or git.text("hash-object", "-t", "tree", os.devnull)
        self._git = git
        paths = [each.path for each in status.changed]
        large = self._lfs(paths)
        apart = {*large, *(each for each in paths if each.endswith(NOTEBOOK) and (git.root / each).is_file())}
        self.whole = sorted(each for each in apart - large if self._has_other_cells(each))
        self.pointers = {each: pointer for each in sorted(large) if (pointer := self._pointer(each))}
        diff = self._whole_diff(paths, apart) if set(paths) - apart else b""
        self.diff, self.masked_secrets = mask_bytes(diff)

    def _whole_diff(self, paths: list[str], apart: set[str]) -> bytes:
        without = [f":(exclude,literal,top){each}" for each in sorted(apart)]
        try:
            return self._git.answer(*_DIFF, "--binary", self._against, "--", ":(top)", *without, at_most=DIFF_BYTES_MAX)
        except TooLarge:
            return b"".join(self._diffs_alone([each for each in paths if each not in apart]))

    def _diffs_alone(self, paths: list[str]) -> Iterator[bytes]:
        """Yield the changes of each file whose changes are small, as far as there is room."""
        room, large = DIFF_BYTES_MAX, paths[_FILES_ALONE_MAX:]
        for path in paths[:_FILES_ALONE_MAX]:
            one = ("--binary", "--no-renames", self._against, "--", f":(literal,top){path}")
            try:
                diff = self._git.answer(*_DIFF, *one, at_most=min(room, FILE_DIFF_BYTES_MAX))
            except TooLarge:
                large.append(path)
                continue
            room -= len(diff)
            yield diff
        if large:
            self.gaps.append(f"code: the changes of {named(large)} are too large to be kept")

    def _has_other_cells(self, path: str) -> bool:
        """Tell whether more than the outputs of a notebook changed."""
        try:
            before = self._git.answer("cat-file", "blob", f"{self._against}:{path}")
        except subprocess.CalledProcessError:
            return True
        return stripped(before) != stripped((self._git.root / path).read_bytes())

    def _lfs(self, paths: list[str]) -> set[str]:
        """Return those of ``paths`` that Git LFS keeps; a diff would hold them whole, or fail."""
        if not (self._git.root / ".gitattributes").is_file():
            return set()
        given = "\0".join(paths).encode("utf-8", "surrogateescape")
        answer = self._git.answer("check-attr", "-z", "--stdin", "filter", given=given)
        fields = answer.decode("utf-8", "surrogateescape").split("\0")
        return {path for path, kind in zip(fields[::3], fields[2::3], strict=False) if kind == "lfs"}

    def _pointer(self, path: str) -> bytes:
        """Return what Git LFS would write for a file as it is now; nothing where that is what the commit has."""
        file = self._git.root / path
        if not file.is_file():
            return b""
        with file.open("rb") as opened:
            is_pointer = opened.read(len(_POINTER)) == _POINTER
            opened.seek(0)
            oid = hashlib.file_digest(opened, "sha256").hexdigest()
        pointer = file.read_bytes() if is_pointer else b"%soid sha256:%s\nsize %d\n" % (
            _POINTER, oid.encode(), file.stat().st_size
        )  # fmt: skip
        try:
            before = self._git.answer("cat-file", "blob", f"{self._against}:{path}")
        except subprocess.CalledProcessError:
            before = b""
        return b"" if before == pointer else pointer


def _with_submodules(code: CodeFound, git: Git, status: Status, prefix: str) -> CodeFound:
    """Return ``code`` with the repositories inside the one that ``git`` is asked about, and those inside them."""
    has_any = (git.root / ".gitmodules").is_file() or any(each.submodule[0] == "S" for each in status.changed)
    for path, expected in _links(git) if has_any else ():
        if len(code.submodules) == _SUBMODULES_MAX:
            gap = f"code: only {_SUBMODULES_MAX} submodules are listed"
            return msgspec.structs.replace(code, gaps=tuple(dict.fromkeys((*code.gaps, gap))))
        name, top = prefix + path, git.root / path
        if not (top / ".git").exists():
            gap = f"code: the submodule {name} is not checked out"
            code = _added(code, SubmoduleFound(path=name), gaps=(gap,))
            continue
        try:
            code = _with_submodule(code, Git(top), name, expected)
        except (OSError, subprocess.SubprocessError) as error:
            gap = f"code: git did not answer about the submodule {name}: {complaint(error)}"
            code = _added(code, SubmoduleFound(path=name), gaps=(gap,))
    return code


def _with_submodule(code: CodeFound, git: Git, name: str, expected: str) -> CodeFound:
    status = git.status()
    changes = _Changes(git, status)
    names = [*changes.whole, *(each for each in status.untracked if is_source(each))]
    sources = read_sources(by_name(git.root, names))
    found = SubmoduleFound(
        path=name,
        commit=status.commit,
        remote=git.remote(),
        is_moved=status.commit != expected,
        is_changed=bool(status.changed or status.untracked),
        diff=changes.diff,
        sources={**sources.files, **changes.pointers},
    )
    count = sources.masked_secrets + changes.masked_secrets
    code = _added(code, found, gaps=(*sources.gaps, *changes.gaps), masked_secrets=count)
    return _with_submodules(code, git, status, f"{name}/")


def _added(code: CodeFound, found: SubmoduleFound, *, gaps: tuple[str, ...], masked_secrets: int = 0) -> CodeFound:
    return msgspec.structs.replace(
        code,
        submodules=(*code.submodules, found),
        gaps=(*code.gaps, *gaps),
        masked_secrets=code.masked_secrets + masked_secrets,
    )


def _links(git: Git) -> list[tuple[str, str]]:
    """Return path and commit of each submodule, as the index has them."""
    entries = git.answer("ls-files", "--stage", "-z").decode("utf-8", "surrogateescape").split("\0")
    links = (each.partition("\t") for each in entries if each.startswith(_LINK_MODE))
    return [(path, about.split(" ")[1]) for about, _, path in links]

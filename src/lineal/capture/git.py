"""The code of a program: the commit, what was changed since, and the sources that Git does not know."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.places import IGNORED_DIRECTORIES, SOURCE_SUFFIXES, shown
from lineal.capture.secrets import mask_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SOURCE_BYTES_MAX = 1 << 20
"""A larger source file is left out and noted: nobody writes a mebibyte by hand."""

SOURCES_BYTES_MAX = 20 << 20
_GIT_SECONDS_MAX = 30


class CodeFound(msgspec.Struct, frozen=True, kw_only=True):
    """The code that a program started from, read before it started.

    ``root`` is the top of the Git repository, else the directory of the run. ``untracked`` are sources that Git
    neither knows nor ignores; ``sources`` are their bytes by path below ``root``. ``diff`` (against the commit, staged
    and unstaged, binary files too) and ``sources`` have their secrets masked; ``masked_secrets`` counts them.
    """

    root: Path
    entry_point: str = ""
    commit: str = ""
    branch: str = ""
    remote: str = ""
    diff: bytes = b""
    untracked: tuple[Path, ...] = ()
    sources: dict[str, bytes] = {}
    masked_secrets: int = 0
    gaps: tuple[str, ...] = ()


class _Status(msgspec.Struct):
    commit: str = ""
    branch: str = ""
    is_changed: bool = False
    untracked: list[str] = []


def find_code(directory: Path, command: Sequence[str]) -> CodeFound:
    """Return the code behind ``command``, run in ``directory``. What Git does not know is a gap."""
    directory = directory.resolve()
    root = next((each for each in (directory, *directory.parents) if (each / ".git").exists()), None)
    gaps: list[str] = []
    if root is not None:
        try:
            return _from_git(root, directory, command)
        except FileNotFoundError:
            gaps.append("code: git is not installed, so the commit is not known")
        except (OSError, subprocess.SubprocessError) as error:
            gaps.append(f"code: git did not answer, so the commit is not known: {_complaint(error)}")
    else:
        gaps.append(f"code: {directory} is in no Git repository, so only the sources beside the program were kept")
    entry = entry_point(directory, directory, command)
    program = [directory / entry] if (directory / entry).is_file() else []
    if os.path.isabs(entry):
        if Path(entry).suffix.lower() in SOURCE_SUFFIXES:
            gaps.append(f"code: the program {entry} is outside {directory} and was not kept")
        program = []
    beside = program[0].parent if program else directory
    found = sorted(each for each in beside.glob("*.py") if each.is_file())
    return _with_sources(CodeFound(root=directory, entry_point=entry, gaps=tuple(gaps)), [*program, *found])


def _from_git(root: Path, directory: Path, command: Sequence[str]) -> CodeFound:
    status = _status(root)
    entry = entry_point(root, directory, command)
    diff = b""
    if status.is_changed:
        against = status.commit or _git(root, "hash-object", "-t", "tree", os.devnull).decode().strip()
        diff = _git(root, "diff", "--binary", "--no-color", "--no-ext-diff", "--no-textconv", against, "--")
    masked, count = mask_bytes(diff)
    gaps = [] if status.commit else ["code: the Git repository has no commit yet"]
    untracked = [root / each for each in status.untracked if _is_source(each)]
    program = root / entry
    if program.is_file() and program not in untracked:
        if not program.is_relative_to(root):
            gaps.append(f"code: the program {entry} is outside {root} and was not kept")
        elif _git(root, "check-ignore", "--", entry, statuses=(0, 1)):
            untracked.insert(0, program)
    remote = _git(root, "config", "--get", "remote.origin.url", statuses=(0, 1)).decode("utf-8", "replace").strip()
    code = CodeFound(
        root=root,
        entry_point=entry,
        commit=status.commit,
        branch=status.branch,
        remote=without_credentials(remote),
        diff=masked,
        masked_secrets=count,
        gaps=tuple(gaps),
    )
    return _with_sources(code, untracked)


def _status(root: Path) -> _Status:
    """Read the one status that answers commit, branch, changes and untracked files at once."""
    answer = _git(root, "status", "--porcelain=v2", "-z", "--branch", "--untracked-files=all")
    status = _Status()
    fields = iter(answer.decode("utf-8", "surrogateescape").split("\0"))
    for field in fields:
        kind, _, rest = field.partition(" ")
        if field.startswith("# branch.oid "):
            status.commit = "" if field.endswith("(initial)") else field.rpartition(" ")[2]
        elif field.startswith("# branch.head "):
            status.branch = "" if field.endswith("(detached)") else field.rpartition(" ")[2]
        elif kind == "?":
            status.untracked.append(rest)
        elif kind in {"1", "2", "u"}:
            status.is_changed = True
            if kind == "2":
                next(fields, None)  # a rename is followed by the old path
    return status


def _git(root: Path, *arguments: str, statuses: tuple[int, ...] = (0,)) -> bytes:
    # Optional locks off: looking at the repository must not rewrite its index under the user's own git.
    command = ("git", "--no-optional-locks", "-C", str(root), *arguments)
    done = subprocess.run(command, capture_output=True, check=False, timeout=_GIT_SECONDS_MAX, stdin=subprocess.DEVNULL)
    if done.returncode not in statuses:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


def _complaint(error: OSError | subprocess.SubprocessError) -> str:
    said = getattr(error, "stderr", None) or str(error).encode()
    return bytes(said).decode("utf-8", "replace").strip().partition("\n")[0]


def _is_source(path: str) -> bool:
    parts = path.split("/")
    return Path(path).suffix.lower() in SOURCE_SUFFIXES and IGNORED_DIRECTORIES.isdisjoint(parts[:-1])


def _with_sources(code: CodeFound, paths: Iterable[Path]) -> CodeFound:
    """Return ``code`` with the bytes of ``paths``, as far as the limits allow."""
    sources: dict[str, bytes] = {}
    kept: list[Path] = []
    gaps, count, total = list(code.gaps), code.masked_secrets, 0
    for path in paths:
        name = shown(path, code.root)
        if name in sources:
            continue
        try:
            data = path.read_bytes() if path.stat().st_size <= SOURCE_BYTES_MAX else None
        except OSError as error:
            gaps.append(f"code: {name} could not be read: {error.strerror}")
            continue
        if data is None or total + len(data) > SOURCES_BYTES_MAX:
            gaps.append(f"code: {name} is too large to be kept as source")
            continue
        total += len(data)
        sources[name], found = mask_bytes(data)
        count += found
        kept.append(path)
    return msgspec.structs.replace(code, untracked=tuple(kept), sources=sources, masked_secrets=count, gaps=tuple(gaps))


def entry_point(root: Path, directory: Path, command: Sequence[str]) -> str:
    """Return what ``command`` runs: a source file below ``root``, a module (``-m name``), or its first word."""
    for position, word in enumerate(command):
        if word == "-m" and position + 1 < len(command):
            module = command[position + 1]
            stem = directory / module.replace(".", "/")
            files = (stem.with_name(stem.name + ".py"), stem / "__main__.py")
            return next((shown(each, root) for each in files if each.is_file()), f"-m {module}")
        if word == "-c":
            break
        path = directory / word
        if path.suffix.lower() in SOURCE_SUFFIXES and path.is_file():
            return shown(path, root)
    first = command[0] if command else ""
    return shown(directory / first, root) if os.sep in first and (directory / first).is_file() else first


def without_credentials(remote: str) -> str:
    """Return the address ``remote`` without a user's name or password (an ssh user name stays: it names no person)."""
    remote = re.sub(r"^(https?://)[^/@]*@", r"\1", remote)
    return re.sub(r"^(\w+://[^/:@]+):[^/@]*@", r"\1@", remote)

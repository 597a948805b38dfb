"""Move files between a directory and a store: what is there already is not sent, and nothing escapes its directory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import Protocol

from lineal.objects.digest import Digest, Hasher, digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable
from lineal.objects.files import Entry, Mode, Tree
from lineal.operations.operation import Upload
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.blobs.reading import file_pieces

SKIPPED = frozenset((".lineal", ".git"))
"""What is never part of a tree: a store inside itself, and a history whose hooks would run where it is fetched."""

_BATCH_FILES = 1_000
_NEAR_MAX = 3


class PutTree(Protocol):
    """Stores a tree whose files the store holds."""

    def __call__(self, tree: Tree) -> Digest:
        """Return the tree's digest."""


def upload_path(blobs: BlobStore, put_tree: PutTree, path: PathLike[str] | str) -> Upload:
    """Put the file or directory at ``path`` into a store; only what it does not hold yet is sent.

    Args:
        blobs: where the bytes go.
        put_tree: where the tree goes.
        path: a file, or a directory, in which symbolic links are kept as links. A link that is named here itself
            means what it points at.

    Raises:
        NotFound: there is nothing at ``path``; the hint lists what is near.
        Invalid: it holds a device, a socket or a pipe, a name that is no UTF-8, or a file that may not be read.
        Conflict: a file changed while it was read.
    """
    named = Path(path)
    top = _found(named)
    # "." and ".." are called what the directory is called.
    name = _name(named.name if named.name not in {"", ".."} else named.resolve().name)
    files = sorted(_walk(top), key=lambda each: str(each[0])) if top.is_dir() else [(PurePosixPath(name), top)]
    return Upload(put_tree(Tree(entries=tuple(_entries(blobs, files)))), name)


def _found(path: Path) -> Path:
    """Return ``path``, or what it points at when it is a link."""
    with _readable(path):
        if path.exists():
            return path.resolve() if path.is_symlink() else path
        if path.is_symlink():
            raise Invalid(f"{path} is a link that leads nowhere", hint=f"it points at {path.readlink()}")
        folder = path.parent
        near = get_close_matches(path.name, os.listdir(folder) if folder.is_dir() else (), _NEAR_MAX)  # noqa: PTH208
        hint = "did you mean " + " or ".join(str(folder / each) for each in near) + "?" if near else "check the path"
        raise NotFound(f"there is no file or directory {path}", hint=hint)


def _walk(top: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    """Yield every file and link below ``top`` with its path in the tree."""
    waiting = [(top, PurePosixPath())]
    while waiting:
        directory, inside = waiting.pop()
        with _readable(directory):
            found = [(each.name, each.is_dir(follow_symlinks=False)) for each in os.scandir(directory)]
        for name, is_directory in found:
            if name in SKIPPED:
                continue
            place = (directory / name, inside / _name(name))
            if is_directory:
                waiting.append(place)
            else:
                yield place[1], place[0]


def _name(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Invalid(f"the name {os.fsencode(name)!r} is no UTF-8", hint="rename the file") from None
    return name


def _entries(blobs: BlobStore, files: Sequence[tuple[PurePosixPath, Path]]) -> Iterator[Entry]:
    """Yield the entry of each file, once the store holds its bytes."""
    rest = iter(files)
    while batch := list(islice(rest, _BATCH_FILES)):
        described = [(_entry(inside, path), path) for inside, path in batch]
        present = blobs.has({entry.digest for entry, _ in described})
        for entry, path in described:
            if entry.digest not in present:
                _send(blobs, entry, path)
            yield entry


def _entry(inside: PurePosixPath, path: Path) -> Entry:
    """Read the file at ``path`` once, and return what it is."""
    with _steady(path), _readable(path):
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            target = os.fsencode(path.readlink())
            return Entry(path=str(inside), digest=digest_of(target), size_bytes=len(target), mode="symlink")
        if not stat.S_ISREG(status.st_mode):
            raise Invalid(f"{path} is no regular file", hint="devices, sockets and pipes have no content to keep")
        hasher = Hasher()
        for piece in file_pieces(path):
            hasher.update(piece)
    mode: Mode = "executable" if status.st_mode & stat.S_IXUSR else "file"
    return Entry(path=str(inside), digest=hasher.digest, size_bytes=hasher.size_bytes, mode=mode)


def _send(blobs: BlobStore, entry: Entry, path: Path) -> None:
    with _steady(path), _readable(path):
        if entry.mode == "symlink":
            blobs.put_stream((os.fsencode(path.readlink()),), expected=entry.digest)
        else:
            blobs.put_file(path, expected=entry.digest)


@contextmanager
def _steady(path: Path) -> Iterator[None]:
    """Tell that a file became another one, or went away, while it was added."""
    try:
        yield
    except (NotFound, Corrupt, FileNotFoundError):
        raise Conflict(f"{path} changed while it was added", hint="try again once nothing writes to it") from None


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Tell that a file or directory may not be read; that it is not there is for others to tell."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}", hint="check the path and its permissions") from None


def fetch(blobs: BlobStore, entries: Iterable[Entry], directory: Path) -> None:
    """Write files of a store below ``directory``, each verified; nothing is ever written outside of it.

    Raises:
        Invalid: an entry's path leads out of the directory, or into a repository in it.
        NotFound: the store does not hold a file.
        Corrupt: it holds other bytes.
        Unavailable: the directory cannot be written.
    """
    for entry in entries:
        target = _inside(directory, entry.path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _WRITERS[entry.mode](blobs, entry, target)
        except OSError as error:
            raise Unavailable(f"{target} cannot be written: {error.strerror}", hint="check its permissions") from None


def _inside(directory: Path, path: str) -> Path:
    inside = PurePosixPath(path)
    # Some file systems do not tell .git from .GIT.
    forbidden = {"..", *SKIPPED} & {each.lower() for each in inside.parts}
    if inside.is_absolute() or forbidden or not inside.parts or "\0" in path:
        raise Invalid(
            f"the path {path!r} must not be written below {directory}",
            hint="this tree was not made by Lineal; do not trust it",
        )
    target = directory.joinpath(*inside.parts)
    # A link that an earlier entry made must not lead a later one out either.
    if not target.parent.resolve().is_relative_to(directory.resolve()):
        raise Invalid(f"the path {path!r} goes through a link out of {directory}", hint="do not trust this tree")
    return target


def _write_file(blobs: BlobStore, entry: Entry, target: Path) -> None:
    blobs.fetch_to(entry.digest, target)


def _write_executable(blobs: BlobStore, entry: Entry, target: Path) -> None:
    blobs.fetch_to(entry.digest, target)
    target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _write_link(blobs: BlobStore, entry: Entry, target: Path) -> None:
    target.unlink(missing_ok=True)
    target.symlink_to(os.fsdecode(blobs.get(entry.digest)))


_WRITERS: dict[str, Callable[[BlobStore, Entry, Path], None]] = {
    "file": _write_file,
    "executable": _write_executable,
    "symlink": _write_link,
}

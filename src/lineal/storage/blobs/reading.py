"""Reading and checking bytes: what every blob store does in the same way."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from lineal.objects.digest import Digest, Hasher
from lineal.objects.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable
from lineal.storage.blobs.blobs import PIECE_BYTES

TEMPORARY = ".lineal-"
"""How files are called on their way to their name; what a crash left of them may be removed."""


MEND = "restore it from a copy"
"""What to do about damaged bytes."""


def missing(digest: str) -> NotFound:
    """Return the error for bytes that are not here."""
    return NotFound(f"the store does not hold {digest}", hint="lineal verify tells what else is missing")


def corrupt(digest: str, found: str, where: str) -> Corrupt:
    """Return the error for bytes that are not what their digest says."""
    return Corrupt(f"{where} holds other bytes than {digest}: they are {found}", hint=MEND)


def verified(pieces: Iterable[bytes], digest: Digest, where: str) -> Iterator[bytes]:
    """Yield ``pieces``, and raise Corrupt at their end when they are not what ``digest`` names."""
    hasher = Hasher()
    for piece in pieces:
        hasher.update(piece)
        yield piece
    if hasher.digest != digest:
        raise corrupt(digest, hasher.digest, where)


class Single:
    """A bundle for a store that has no faster way: each blob is stored by itself.

    Args:
        put: stores the bytes of one.
    """

    def __init__(self, put: Callable[[bytes], Digest]) -> None:
        self._put = put

    def put(self, digest: Digest, data: bytes) -> None:
        """Store one blob."""
        self._put(data)


def one_by_one(get: Callable[[Digest], bytes], digests: Collection[Digest]) -> Iterator[tuple[Digest, bytes]]:
    """Yield many blobs from a store that has no faster way."""
    return ((digest, get(digest)) for digest in digests)


class Steady(NamedTuple):
    """A regular file that is read, and what it was when it was opened."""

    name: str
    descriptor: int
    stamp: tuple[int, ...]

    def check(self) -> None:
        """Raise Conflict when the file was changed since it was opened."""
        if stamp(os.fstat(self.descriptor)) != self.stamp:
            raise Conflict(f"{self.name} changed while it was read", hint="try again once nothing writes to it")


def stamp(status: os.stat_result) -> tuple[int, ...]:
    """Return what changes when the content of a file does."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


@contextmanager
def steady(path: PathLike[str] | str) -> Iterator[Steady]:
    """Open a regular file to read it.

    Raises:
        NotFound: there is no such file.
        Invalid: it is no regular file, or may not be read.
    """
    name = os.fspath(path)
    try:
        # A named pipe would make an ordinary open wait for its writer for ever.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFound(f"there is no file {name}", hint="check the path") from None
    except OSError as error:
        raise _unreadable(name, error) from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise Invalid(f"{name} is a directory", hint="name a file")
        if not stat.S_ISREG(status.st_mode):
            raise Invalid(f"{name} is no regular file", hint="name a file")
        yield Steady(name, descriptor, stamp(status))
    finally:
        os.close(descriptor)


def _unreadable(name: str, error: OSError) -> Invalid:
    return Invalid(f"{name} cannot be read: {error.strerror}", hint="check its permissions")


def file_pieces(path: PathLike[str] | str) -> Iterator[bytes]:
    """Yield the content of a file that must not change meanwhile.

    Raises:
        NotFound: there is no such file.
        Invalid: it is no regular file, or may not be read.
        Conflict: it changed while it was read.
    """
    with steady(path) as file:
        while piece := _read(file):
            yield piece
        file.check()


def _read(file: Steady) -> bytes:
    try:
        return os.read(file.descriptor, PIECE_BYTES)
    except OSError as error:
        raise _unreadable(file.name, error) from None


@contextmanager
def replacing(path: Path) -> Iterator[int]:
    """Yield the descriptor of an empty file that takes the place of ``path`` at the end; when it raises, nothing does.

    Not made safe against a power cut, unlike ``write_whole``: for copies that can be had again.

    Raises:
        Unavailable: the disk is full, or may not be written.
    """
    temporary = path.parent / f"{TEMPORARY}{os.getpid()}-{os.urandom(4).hex()}"
    try:
        with guarded(path):
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            try:
                yield descriptor
            finally:
                os.close(descriptor)
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_whole(pieces: Iterable[bytes], path: Path, scratch: Path) -> None:
    """Write ``pieces`` to ``path`` so that a crash at any moment leaves all of them there or nothing.

    Raises:
        Unavailable: the disk is full, or may not be written.
    """
    temporary = scratch / f"{TEMPORARY}{os.getpid()}-{os.urandom(4).hex()}"
    try:
        with guarded(path), temporary.open("xb", buffering=0) as file:
            write_pieces(file.fileno(), pieces, path)
            os.fsync(file.fileno())
            temporary.replace(path)
            sync_directory(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_pieces(descriptor: int, pieces: Iterable[bytes], path: Path) -> Hasher:
    """Write ``pieces`` to an open file on its way to ``path``; return what hashed them. Raises Unavailable."""
    hasher = Hasher()
    for piece in pieces:
        hasher.update(piece)
        with guarded(path):
            write_all(descriptor, piece)
    return hasher


def write_all(descriptor: int, piece: bytes) -> None:
    """Write all of ``piece`` to an open file. Raises OSError."""
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_HINTS = {
    errno.ENOSPC: "free some space on this disk",
    errno.EDQUOT: "free some space, or ask for a larger quota",
    errno.EFBIG: "raise the limit on the size of files",
    errno.EROFS: "this disk can only be read; choose another",
    errno.EACCES: "ask the owner of the directory for the right",
    errno.EPERM: "ask the owner of the directory for the right",
}


def unavailable(path: Path, error: OSError) -> Unavailable:
    """Return the error for a place that cannot be read or written."""
    hint = _HINTS.get(error.errno or 0, "check the disk")
    return Unavailable(f"{path} cannot be used: {error.strerror or error}", hint=hint)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn what the system says of ``path`` into Unavailable."""
    try:
        yield
    except OSError as error:
        raise unavailable(path, error) from None

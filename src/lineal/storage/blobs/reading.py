"""Reading and checking bytes: what every blob store does in the same way."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

from lineal.objects.digest import Digest, Hasher
from lineal.objects.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable
from lineal.storage.blobs.blobs import PIECE_BYTES


def missing(digest: str) -> NotFound:
    """Return the error for bytes that are not here."""
    return NotFound(f"the store does not hold {digest}", hint="lineal verify tells what else is missing")


def corrupt(digest: str, found: str, where: str) -> Corrupt:
    """Return the error for bytes that are not what their digest says."""
    return Corrupt(f"{where} holds other bytes than {digest}: they are {found}", hint="restore it from a copy")


def verified(pieces: Iterable[bytes], digest: Digest, where: str) -> Iterator[bytes]:
    """Yield ``pieces``, and raise Corrupt at their end when they are not what ``digest`` names."""
    hasher = Hasher()
    for piece in pieces:
        hasher.update(piece)
        yield piece
    if hasher.digest != digest:
        raise corrupt(digest, hasher.digest, where)


def file_pieces(path: PathLike[str] | str) -> Iterator[bytes]:
    """Yield the content of a file that must not change meanwhile.

    Raises:
        NotFound: there is no such file.
        Invalid: it is no regular file, or may not be read.
        Conflict: it changed while it was read.
    """
    name = os.fspath(path)
    try:
        # A named pipe would make an ordinary open wait for its writer for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0) as file:  # noqa: PTH123
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise Invalid(f"{name} is no regular file", hint="name a file")
            while piece := file.read(PIECE_BYTES):
                yield piece
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        raise NotFound(f"there is no file {name}", hint="check the path") from None
    except IsADirectoryError:
        raise Invalid(f"{name} is a directory", hint="name a file") from None
    except OSError as error:
        raise Invalid(f"{name} cannot be read: {error.strerror}", hint="check its permissions") from None
    if _stamp(before) != _stamp(after):
        raise Conflict(f"{name} changed while it was read", hint="try again once nothing writes to it")


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def write_whole(pieces: Iterable[bytes], path: Path, scratch: Path) -> None:
    """Write ``pieces`` to ``path`` so that a crash at any moment leaves all of them there or nothing.

    Raises:
        Unavailable: the disk is full, or may not be written.
    """
    temporary = scratch / f".lineal-{os.getpid()}-{os.urandom(4).hex()}"
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
        view = memoryview(piece)
        with guarded(path):
            while view:
                view = view[os.write(descriptor, view) :]
    return hasher


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

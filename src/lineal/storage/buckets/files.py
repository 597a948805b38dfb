"""Local files on their way to or from a bucket: all of the bytes under the name, or nothing.

What the system says is passed on: callers know whose disk it is, and turn it into an error of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.objects.errors import Invalid, NotFound
from lineal.storage.blobs.copying import clone
from lineal.storage.blobs.reading import sync_directory
from lineal.storage.buckets.bucket import Progress
from lineal.storage.direct import DirectFile, buffer

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_ROOM_BYTES = 1 << 20
"""How much of each file is in memory: many are on their way at once."""


@contextmanager
def source(path: Path) -> Iterator[int]:
    """Lend a descriptor that reads a regular file. Raises NotFound, Invalid."""
    try:
        # A named pipe would make an ordinary open wait for its writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"there is no file {path}", hint="check the path") from None
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}", hint="check its permissions") from None
    try:
        if not Path(path).is_file():
            raise Invalid(f"{path} is no regular file", hint="name a file")
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def whole_file(path: Path, temporary: Path, *, mode: int = 0o666) -> Iterator[int]:
    """Lend a descriptor of a new file that gets its name once the block ended and the bytes are safe on the disk."""
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        try:
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
        sync_directory(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def beside(path: Path) -> Path:
    """Return a name in the directory of ``path`` that nobody else uses."""
    return path.parent / f".lineal-{os.getpid()}-{os.urandom(6).hex()}"


def reserve(descriptor: int, size_bytes: int) -> None:
    """Make a file as large as it will be, so that a full disk shows before anything was transferred."""
    if size_bytes and hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size_bytes)


def write_at(descriptor: int, data: Buffer, start: int) -> None:
    """Write all of ``data`` at ``start``."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, start)
        view, start = view[written:], start + written


def copy(reading: int, writing: int, progress: Progress | None = None, *, cached: bool = False) -> None:
    """Copy one file into another, which is empty; blocks are shared where the file system can.

    Args:
        reading: a descriptor of the one.
        writing: a descriptor of the other.
        progress: is told of bytes as they are copied.
        cached: whether somebody will read the copy soon.
    """
    if clone(reading, writing):
        if progress:
            progress(os.fstat(writing).st_size)
        return
    room, at = buffer(_ROOM_BYTES), 0
    with DirectFile(writing, cached=cached) as file:
        while count := _fill(reading, room, at):
            file.write_at(room[:count], at)
            at += count
            if progress:
                progress(count)


def _fill(descriptor: int, room: memoryview, at: int) -> int:
    """Read as much as there is room for, up to the end of the file."""
    done = 0
    while done < len(room) and (count := os.preadv(descriptor, [room[done:]], at + done)):
        done += count
    return done

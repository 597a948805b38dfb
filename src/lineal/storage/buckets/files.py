"""Local files on their way to or from a bucket: all of the bytes under the name, or nothing.

What the system says is passed on: callers know whose disk it is, and turn it into an error of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lineal.objects.errors import Invalid, NotFound
from lineal.storage.blobs.reading import sync_directory


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

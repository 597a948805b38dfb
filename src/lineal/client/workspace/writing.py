"""Write one file or link of a tree, all or nothing, in the place of whatever was there."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lineal.client.workspace.placing import unwritable
from lineal.objects.files import Entry
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.blobs.reading import TEMPORARY

_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


def write_small(place: str, entry: Entry, data: bytes) -> None:
    """Write a file or link whose bytes are in memory. Raises Unavailable."""
    _WRITERS[entry.mode](place, data)


def write_large(place: str, entry: Entry, blobs: BlobStore) -> None:
    """Write a file as the store does that best. Raises NotFound, Corrupt, Unavailable."""
    if entry.mode == "symlink":
        _write_link(place, blobs.get(entry.digest))
        return
    # It gets its name only once it is all that it should be, its mode too.
    temporary = _temporary(place)
    try:
        blobs.fetch_to(entry.digest, Path(temporary))
        if entry.mode == "executable":
            os.chmod(temporary, os.stat(temporary).st_mode | _EXECUTABLE)
        _replace(temporary, place)
    except OSError as error:
        raise unwritable(place, error) from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _write_file(place: str, data: bytes, mode: int = 0o666) -> None:
    temporary = _temporary(place)
    try:
        descriptor = os.open(temporary, _FLAGS, mode)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        _replace(temporary, place)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise unwritable(place, error) from None


def _write_executable(place: str, data: bytes) -> None:
    _write_file(place, data, 0o777)


def _write_link(place: str, data: bytes) -> None:
    temporary = _temporary(place)
    try:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        os.symlink(os.fsdecode(data), temporary)
        _replace(temporary, place)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise unwritable(place, error) from None


def _temporary(place: str) -> str:
    return f"{os.path.dirname(place)}/{TEMPORARY}{os.getpid()}-{threading.get_ident()}"


def _replace(temporary: str, place: str) -> None:
    try:
        os.replace(temporary, place)
    except IsADirectoryError:
        os.rmdir(place)  # an empty one; what is in another would be somebody's
        os.replace(temporary, place)


_WRITERS: dict[str, Callable[[str, bytes], None]] = {
    "file": _write_file,
    "executable": _write_executable,
    "symlink": _write_link,
}

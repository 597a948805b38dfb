"""Write files and links of a tree, each all or nothing, in the place of whatever was there."""

from __future__ import annotations

import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from lineal.client.workspace.hand import CHECKED
from lineal.client.workspace.hands import FEW_FILES, REQUEST_BYTES, REQUEST_FILES, Answer, Asked, Done, Hands
from lineal.client.workspace.placing import unwritable
from lineal.formats import pack
from lineal.formats.pack import Place
from lineal.objects.files import Entry
from lineal.storage.blobs.blobs import BlobStore, Lying
from lineal.storage.blobs.reading import TEMPORARY

_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_FOLDER_FILES_MIN = 64
_UNPACKED_FILES = 512
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


Finish = Callable[[Entry, bytes | None], None]
FinishAll = Callable[[Sequence[tuple[Entry, Done]]], None]


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


class SmallFiles:
    """Has small files written: few of them here, many by processes of their own.

    Args:
        finish: is told of each file that is still to be written, with its bytes if they are here.
        finish_all: is told of files that are written, and what each is now.
        is_new: whether nothing was there. A renaming for each file would only keep its beginning from being seen.
    """

    def __init__(self, finish: Finish, finish_all: FinishAll, *, is_new: bool) -> None:
        self._finish = finish
        self._writing = _Requests(Hands("create" if is_new else "write"), finish, finish_all)
        self._unpacking = _Requests(Hands("unpack new" if is_new else "unpack"), finish, finish_all)
        self._count = 0

    def are_many(self, count: int) -> bool:
        """Tell whether so many more files are better unpacked than written from here."""
        return self._count + count > FEW_FILES

    def write(self, entry: Entry, place: str, data: bytes) -> None:
        """Take a file or link whose bytes are in memory."""
        self._count += 1
        if self._count <= FEW_FILES or entry.mode == "symlink":
            self._finish(entry, data)
        else:
            self._writing.add(entry, Asked(place, len(data), _mode(entry), data))

    def unpack(self, entry: Entry, place: str, lying: Lying, lies: Place) -> None:
        """Take a file whose bytes lie in a file of this machine: they pass through no other process than its writer."""
        self._count += 1
        digest = CHECKED if lying.are_checked else pack.raw(lies.digest)
        asked = Asked(place, lies.size_bytes, _mode(entry), b"", lies.start, digest)
        self._unpacking.add(entry, asked, str(lying.path))

    def wait(self) -> None:
        """Wait until all files are written."""
        self._writing.wait()
        self._unpacking.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writing.close()
        self._unpacking.close()


def _mode(entry: Entry) -> int:
    return 0o777 if entry.mode == "executable" else 0o666


class _Requests:
    """Files on their way to processes, as many in a request as are worth one.

    Args:
        hands: the processes.
        finish: is told of each file that they did not write.
        finish_all: is told of those that they did.
    """

    def __init__(self, hands: Hands, finish: Finish, finish_all: FinishAll) -> None:
        self._hands = hands
        self._finish = finish
        self._finish_all = finish_all
        self._source = self._folder = ""
        self._size_bytes = 0
        self._next = list[tuple[Entry, Asked]]()
        self._waiting = deque[tuple[list[tuple[Entry, Asked]], Answer]]()

    def add(self, entry: Entry, asked: Asked, source: str = "") -> None:
        """Take a file."""
        folder = entry.path.rpartition("/")[0]
        # Processes that write into one directory wait for each other, so each has one of its own where that is worth it.
        if source != self._source or (folder != self._folder and len(self._next) >= _FOLDER_FILES_MIN):
            self._ask()
            self._source = source
        self._folder = folder
        self._next.append((entry, asked))
        self._size_bytes += asked.size_bytes
        # Of what a process reads itself, the bytes may be as many as they are.
        files, size_bytes = (_UNPACKED_FILES, self._size_bytes + 1) if source else (REQUEST_FILES, REQUEST_BYTES)
        if len(self._next) >= files or self._size_bytes >= size_bytes:
            self._ask()

    def _ask(self) -> None:
        if not self._next:
            return
        while len(self._waiting) >= self._hands.room:
            self._take()
        self._waiting.append((self._next, self._hands.ask([asked for _, asked in self._next], self._source)))
        self._next, self._size_bytes = [], 0

    def _take(self) -> None:
        files, answer = self._waiting.popleft()
        found = answer()
        done = [(entry, each) for (entry, _), each in zip(files, found, strict=True) if each]
        self._finish_all(done)
        if len(done) < len(files):
            for (entry, asked), each in zip(files, found, strict=True):
                if not each:
                    self._finish(entry, None if self._source else asked.data)

    def wait(self) -> None:
        """Wait until all files are written."""
        self._ask()
        while self._waiting:
            self._take()

    def close(self) -> None:
        """Let go of the processes."""
        self._hands.__exit__()

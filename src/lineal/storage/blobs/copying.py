"""Copies of files that cost as little as the file system allows, and that are hashed while they are made.

What is hashed is what is written: a file that changes while it is copied can give a copy that nobody wanted, never one
whose digest is wrong.
"""

from __future__ import annotations

import errno
import fcntl
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Self

from lineal.objects.digest import Hasher
from lineal.storage.direct import BUFFER_BYTES, DirectFile, buffer, whole_blocks

_FICLONE = 0x40049409
_ZEROS = bytes(1 << 20)
_PIECE_BYTES = 1 << 20
_LARGE_BYTES = 32 << 20
"""What is smaller is copied sooner than a thread is started."""

_BUFFERS = 3
"""One is filled and hashed while another one is written, and one is on its way back."""

_NO_CLONE = frozenset((errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM))


def clone(source: int, target: int) -> bool:
    """Make ``target`` share the blocks of ``source`` until one is changed; False where the file system cannot."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno in _NO_CLONE:
            return False
        raise
    return True


def copy_hashed(
    source: int, target: int, progress: Callable[[int], None] | None = None, *, cached: bool = False
) -> Hasher:
    """Copy one open file into another, empty one, and return the digest and size of the copy. Holes stay holes.

    Args:
        source: a descriptor that can be read.
        target: a descriptor of an empty file, for reading and writing, better on the same file system.
        progress: is told of bytes as they are copied.
        cached: whether somebody will read the copy soon.
    """
    size = os.fstat(source).st_size
    if clone(source, target):
        hasher = hash_file(target)
        if progress:
            progress(size)
        return hasher
    with _Copy(source, target, size, progress, cached=cached) as copying:
        for start, end in _data(source, size):
            copying.copy(start, end)
    os.ftruncate(target, size)
    return copying.hasher


def copy(source: int, target: int, progress: Callable[[int], None] | None = None, *, cached: bool = False) -> None:
    """Copy one open file into another, empty one, as ``copy_hashed`` does, but for the digest and with less memory."""
    size = os.fstat(source).st_size
    if clone(source, target):
        if progress:
            progress(size)
        return
    # What follows is of a file that does not tell its size.
    parts = (*_data(source, size), (size, sys.maxsize))
    if size >= _LARGE_BYTES:
        with _Copy(source, target, size, progress, cached=cached, hashed=False) as copying:
            for start, end in parts:
                copying.copy(start, end)
        os.ftruncate(target, max(copying.end, size))
        return
    with DirectFile(source, os.O_RDONLY, cached=True) as reading, DirectFile(target, cached=cached) as writing:
        for start, end in parts:
            at = start
            while at < end and (piece := reading.read(at, min(_PIECE_BYTES, end - at))):
                writing.write_at(piece, at)
                at += len(piece)
                if progress:
                    progress(len(piece))
        os.ftruncate(target, max(at, size))


class _Copy:
    """Reads one piece of a file, and hashes it, while the one before it is written in a thread of its own.

    Args:
        source: a descriptor that can be read.
        target: a descriptor of an empty file.
        size: how large the copy is to be.
        progress: is told of bytes as they are written.
        cached: whether the cache keeps what is written.
        hashed: whether the digest is wanted.
    """

    def __init__(
        self,
        source: int,
        target: int,
        size: int,
        progress: Callable[[int], None] | None,
        *,
        cached: bool,
        hashed: bool = True,
    ) -> None:
        self.hasher = Hasher()
        self.end = 0
        self._hashed = hashed
        self._source = DirectFile(source, os.O_RDONLY, cached=True)
        self._target = DirectFile(target, cached=cached)
        self._size = size
        self._progress = progress
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        for _ in range(_BUFFERS):
            self._free.put(buffer(min(BUFFER_BYTES, whole_blocks(max(size, 1)))))
        self._filled: queue.SimpleQueue[tuple[memoryview, int, int] | None] = queue.SimpleQueue()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._write_all, daemon=True)

    def copy(self, start: int, end: int) -> None:
        """Copy the bytes from ``start`` to ``end``; what is missing of them, in a file that was cut short, is a hole."""
        self._skip_to(start)
        while start < end and self._error is None:
            room = self._free.get()
            count = min(self._source.read_into(room[: whole_blocks(end - start)], start), end - start)
            self._filled.put((room, count, start))
            if self._hashed:
                self.hasher.update(room[:count])
            start += count
            self.end = max(self.end, start)
            if not count:
                return

    def _skip_to(self, end: int) -> None:
        if self._hashed:
            hash_zeros(self.hasher, end - self.hasher.size_bytes)

    def _write_all(self) -> None:
        while filled := self._filled.get():
            room, count, at = filled
            try:
                if self._error is None:
                    self._target.write_at(room[:count], at)
                    if self._progress:
                        self._progress(count)
            except BaseException as error:  # noqa: BLE001 - told to whoever waits for the copy
                self._error = error
            self._free.put(room)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._filled.put(None)
        self._thread.join()
        self._source.close()
        self._target.close()
        if self._error and not error:
            raise self._error
        self._skip_to(self._size)


def hash_file(descriptor: int) -> Hasher:
    """Return the digest and size of an open file."""
    hasher, size, room = Hasher(), os.fstat(descriptor).st_size, memoryview(bytearray(BUFFER_BYTES))
    for start, end in _data(descriptor, size):
        hash_zeros(hasher, start - hasher.size_bytes)
        at = start
        while at < end and (count := os.preadv(descriptor, [room[: end - at]], at)):
            hasher.update(room[:count])
            at += count
    hash_zeros(hasher, size - hasher.size_bytes)
    return hasher


def hash_zeros(hasher: Hasher, size: int) -> None:
    """Hash a hole."""
    while size > 0:
        hasher.update(_ZEROS[:size] if size < len(_ZEROS) else _ZEROS)
        size -= len(_ZEROS)


def _data(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a file that are no holes, as first byte and end."""
    end = 0
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # nothing but a hole is left
            start, end = end, size  # a file system without holes
        else:
            end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, min(end, size)

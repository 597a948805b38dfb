"""Copies of files that cost as little as the file system allows, and that are hashed while they are made.

What is hashed is the copy itself: a file that changes while it is copied can give a copy that nobody wanted, never one
whose digest is wrong.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import queue
import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Self

from lineal.objects.digest import Hasher

_FICLONE = 0x40049409
_PIECE_BYTES = 8 << 20
_ZEROS = bytes(1 << 20)
_WRITE = 2
"""SYNC_FILE_RANGE_WRITE: begin to write what is dirty, and do not wait."""

_NO_CLONE = frozenset((errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM))
_NO_RANGE = frozenset((errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF))


def _no_copy_range(*_: int) -> int:
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


_COPY_RANGE: Callable[..., int] = getattr(os, "copy_file_range", _no_copy_range)
"""Linux copies inside the kernel; elsewhere the bytes pass through us."""


def clone(source: int, target: int) -> bool:
    """Make ``target`` share the blocks of ``source`` until one is changed; False where the file system cannot."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno in _NO_CLONE:
            return False
        raise
    return True


def copy_hashed(source: int, target: int) -> Hasher:
    """Copy one open file into another, empty one, and return the digest and size of the copy. Holes stay holes.

    Args:
        source: a descriptor that can be read.
        target: a descriptor of an empty file, for reading and writing, better on the same file system.
    """
    if clone(source, target):
        return hash_file(target)
    size = os.fstat(source).st_size
    if size <= _PIECE_BYTES:
        for start, end in _data(source, size):
            _copy(source, target, start, end)
        os.ftruncate(target, size)
        return hash_file(target)
    with _Follower(target) as follower:
        for start, end in _data(source, size):
            follower.skip_to(start)
            for at in range(start, end, _PIECE_BYTES):
                done = _copy(source, target, at, min(at + _PIECE_BYTES, end))
                follower.skip_to(at)  # a file that was cut short meanwhile leaves a hole
                follower.written(at, done)
                _begin_writing(target, at, done - at)
        os.ftruncate(target, size)
        follower.skip_to(size)
    return follower.hasher


def hash_file(descriptor: int) -> Hasher:
    """Return the digest and size of an open file."""
    hasher, size, at = Hasher(), os.fstat(descriptor).st_size, 0
    for start, end in _data(descriptor, size):
        _hash_zeros(hasher, start - at)
        _hash_range(hasher, descriptor, start, end)
        at = end
    _hash_zeros(hasher, size - at)
    return hasher


def _hash_range(hasher: Hasher, descriptor: int, start: int, end: int) -> None:
    while start < end and (piece := os.pread(descriptor, min(_PIECE_BYTES, end - start), start)):
        hasher.update(piece)
        start += len(piece)


def _hash_zeros(hasher: Hasher, size: int) -> None:
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


def _copy(source: int, target: int, start: int, end: int) -> int:
    """Copy the bytes from ``start`` to ``end``; return where the copy ended, which is sooner in a file cut short."""
    try:
        while start < end and (count := _COPY_RANGE(source, target, end - start, start, start)):
            start += count
    except OSError as error:
        if error.errno not in _NO_RANGE:
            raise
        while start < end and (piece := os.pread(source, min(_PIECE_BYTES, end - start), start)):
            start += _write_at(target, piece, start)
    return start


def _write_at(target: int, piece: bytes, at: int) -> int:
    view = memoryview(piece)
    while view:
        count = os.pwrite(target, view, at)
        view, at = view[count:], at + count
    return len(piece)


class _Follower:
    """Hashes a file in a thread of its own, piece by piece, close behind whoever writes it."""

    def __init__(self, descriptor: int) -> None:
        self.hasher = Hasher()
        self._descriptor = descriptor
        self._at = 0
        self._pieces: queue.Queue[tuple[int, int] | None] = queue.Queue(maxsize=4)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def written(self, start: int, end: int) -> None:
        """Hash these bytes, which are written."""
        self._pieces.put((start, end))
        self._at = end

    def skip_to(self, end: int) -> None:
        """Hash the hole that ends here."""
        if end > self._at:
            self._pieces.put((self._at, -end))
            self._at = end

    def _follow(self) -> None:
        while piece := self._pieces.get():
            start, end = piece
            try:
                if self._error is None and end < 0:
                    _hash_zeros(self.hasher, -end - start)
                elif self._error is None:
                    _hash_range(self.hasher, self._descriptor, start, end)
            except BaseException as error:  # noqa: BLE001 - told to whoever waits for the digest
                self._error = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._pieces.put(None)
        self._thread.join()
        if self._error and not error:
            raise self._error


def _begin_writing(descriptor: int, start: int, size: int) -> None:
    """Let the disk begin with these bytes, so that the sync at the end has little left to wait for."""
    if function := _sync_file_range():
        function(descriptor, ctypes.c_int64(start), ctypes.c_int64(size), _WRITE)


@cache
def _sync_file_range() -> Any:
    return getattr(ctypes.CDLL(None), "sync_file_range", None)

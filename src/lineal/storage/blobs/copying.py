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
from itertools import pairwise
from typing import NamedTuple, Self

from lineal.objects.digest import Hasher
from lineal.storage.direct import BUFFER_BYTES, DirectFile, buffer, whole_blocks

_FICLONE = 0x40049409
_ZEROS = bytes(1 << 20)
_PIECE_BYTES = 1 << 20
_LARGE_BYTES = 32 << 20
"""What is smaller is copied sooner than a thread is started."""

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
    source: int,
    target: int,
    progress: Callable[[int], None] | None = None,
    *,
    cached: bool = False,
    spare: int | None = None,
) -> Hasher:
    """Copy one open file into another, empty one, and return the digest and size of the copy. Holes stay holes.

    Args:
        source: a descriptor that can be read.
        target: a descriptor of an empty file, for reading and writing, better on the same file system.
        progress: is told of bytes as they are copied.
        cached: whether somebody will read the copy soon.
        spare: a descriptor of another empty file that gets the same bytes, from the same reading, and is read soon.
    """
    size = os.fstat(source).st_size
    if clone(source, target):
        if spare is not None:
            copy(target, spare, cached=True)
        hasher = hash_file(target)
        if progress:
            progress(size)
        return hasher
    with _Copy(source, target, size, progress, cached=cached, spare=spare) as copying:
        for start, end in _data(source, size):
            copying.copy(start, end)
    for each in (target,) if spare is None else (target, spare):
        os.ftruncate(each, size)
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


class _Piece(NamedTuple):
    """Memory with so many bytes of a file, from a place on."""

    room: memoryview
    size_bytes: int
    at: int


_Pieces = queue.SimpleQueue[_Piece | None]


class _Copy:
    """Reads one piece of a file while those before it are written, and hashed: each of these in a thread of its own.

    Args:
        source: a descriptor that can be read.
        target: a descriptor of an empty file.
        size: how large the copy is to be.
        progress: is told of bytes as they are written.
        cached: whether the cache keeps what is written.
        hashed: whether the digest is wanted.
        spare: a descriptor of an empty file that is to be another copy, which the cache keeps.
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
        spare: int | None = None,
    ) -> None:
        self.hasher = Hasher()
        self.end = 0
        self._hashed = hashed
        self._source = DirectFile(source, os.O_RDONLY, cached=True)
        self._targets = [DirectFile(target, cached=cached)]
        if spare is not None:
            self._targets.append(DirectFile(spare, cached=True))
        self._size = size
        self._progress = progress
        work = [*(each.write_at for each in self._targets), *([self._hash] if hashed else [])]
        self._queues: list[_Pieces] = [queue.SimpleQueue() for _ in range(len(work) + 1)]
        for _ in range(len(work) + 2):  # one that is filled, and one on its way
            self._queues[-1].put(_Piece(buffer(min(BUFFER_BYTES, whole_blocks(max(size, 1)))), 0, 0))
        self._error: BaseException | None = None
        self._threads = [
            threading.Thread(target=self._carry_out, args=(each, *beside), daemon=True)
            for each, beside in zip(work, pairwise(self._queues), strict=True)
        ]

    def copy(self, start: int, end: int) -> None:
        """Copy the bytes from ``start`` to ``end``; what is missing of them, in a file that was cut short, is a hole."""
        while start < end and self._error is None:
            if not (free := self._queues[-1].get()):
                return
            count = min(self._source.read_into(free.room[: whole_blocks(end - start)], start), end - start)
            self._queues[0].put(_Piece(free.room, count, start))
            start += count
            self.end = max(self.end, start)
            if not count:
                return

    def _hash(self, data: memoryview, at: int) -> None:
        hash_zeros(self.hasher, at - self.hasher.size_bytes)
        self.hasher.update(data)

    def _carry_out(self, do: Callable[[memoryview, int], None], taken: _Pieces, given: _Pieces) -> None:
        """Do one thing with every piece, and give it to whoever does the next."""
        while piece := taken.get():
            try:
                if self._error is None:
                    do(piece.room[: piece.size_bytes], piece.at)
                    if self._progress and taken is self._queues[0]:
                        self._progress(piece.size_bytes)
            except BaseException as error:  # noqa: BLE001 - told to whoever waits for the copy
                self._error = error
            given.put(piece)
        given.put(None)

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._queues[0].put(None)
        for each in self._threads:
            each.join()
        for file in (self._source, *self._targets):
            file.close()
        if self._error and not error:
            raise self._error
        if self._hashed:
            hash_zeros(self.hasher, self._size - self.hasher.size_bytes)


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

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
from contextlib import suppress
from functools import partial
from typing import Self

from lineal.objects.digest import Hasher
from lineal.storage.direct import BUFFER_BYTES, DirectFile, buffer, whole_blocks

_FICLONE = 0x40049409
_ZEROS = bytes(1 << 20)
_PIECE_BYTES = 1 << 20
_LARGE_BYTES = 32 << 20
"""What is smaller is copied sooner than a thread is started."""

_PIECES = 4
"""So many pieces of a file that is copied are in memory at once."""

_MORE_PIECES = threading.Semaphore(8)
"""So many more are, of whichever files have use for them."""

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
    kept: bool = False,
    ahead: bool = False,
    spare: int | None = None,
    hasher: Hasher | None = None,
) -> Hasher:
    """Copy one open file into another, empty one, and return the digest and size of the copy. Holes stay holes.

    Args:
        source: a descriptor that can be read.
        target: a descriptor of an empty file, for reading and writing, better on the same file system.
        progress: is told of bytes as they are copied.
        cached: whether somebody will read the copy soon.
        kept: whether the cache keeps all of it for them, however slow that is.
        ahead: whether the source is read through the cache: it may be far away, or others read it too.
        spare: a descriptor of another empty file that gets the same bytes, from the same reading, and is read soon.
        hasher: what hashes them, when more than their digest and size is wanted.
    """
    size = os.fstat(source).st_size
    hasher = hasher or Hasher()
    if clone(source, target):
        if spare is not None:
            copy(target, spare, cached=True)
        hash_file(target, hasher)
        if progress:
            progress(size)
        return hasher
    writing = DirectFile(target, cached=cached or kept, kept=kept)
    with _Copy(source, writing, size, progress, ahead=ahead, hasher=hasher, spare=spare) as copying:
        for start, end in _data(source, size):
            copying.copy(start, end)
    for each in (target,) if spare is None else (target, spare):
        os.ftruncate(each, size)
    return hasher


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
        with _Copy(source, DirectFile(target, cached=cached), size, progress) as copying:
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


class _Piece:
    """Memory with so many bytes of a file, from a place on, and how many have still to do with it."""

    __slots__ = ("at", "left", "room", "size_bytes")

    def __init__(self, room: memoryview, size_bytes: int, at: int, left: int) -> None:
        self.room = room
        self.size_bytes = size_bytes
        self.at = at
        self.left = left


class _Copy:
    """Reads one piece of a file while those before it are written, and hashed: each of these in a thread of its own.

    Nobody waits for another one but whoever reads, and only while there is no room: a disk that takes its time over one
    piece, as every disk does now and then, keeps no other piece from being hashed.

    Args:
        source: a descriptor that can be read.
        target: an empty file; closed with the block.
        size: how large the copy is to be.
        progress: is told of bytes as they are written.
        ahead: whether the source is read through the cache.
        hasher: what hashes it, if that is wanted.
        spare: a descriptor of an empty file that is to be another copy, which the cache keeps.
    """

    def __init__(
        self,
        source: int,
        target: DirectFile,
        size: int,
        progress: Callable[[int], None] | None,
        *,
        ahead: bool = False,
        hasher: Hasher | None = None,
        spare: int | None = None,
    ) -> None:
        self.end = 0
        self._hasher = hasher
        self._source = DirectFile(source, os.O_RDONLY, cached=True, ahead=ahead)
        self._targets = [target]
        if spare is not None:
            self._targets.append(DirectFile(spare, cached=True))
        self._size = size
        self._progress = progress
        work = [*(each.write_at for each in self._targets), *([partial(self._hash, hasher)] if hasher else [])]
        self._pieces = 0
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._lanes: list[queue.SimpleQueue[_Piece | None]] = [queue.SimpleQueue() for _ in work]
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._threads = [
            threading.Thread(target=self._carry_out, args=each, daemon=True)
            for each in zip(work, self._lanes, strict=True)
        ]

    def copy(self, start: int, end: int) -> None:
        """Copy the bytes from ``start`` to ``end``; what is missing of them, in a file that was cut short, is a hole."""
        while start < end and self._error is None:
            room = self._room()
            count = min(self._source.read_into(room[: whole_blocks(end - start)], start), end - start)
            piece = _Piece(room, count, start, len(self._lanes))
            for each in self._lanes:
                each.put(piece)
            start += count
            self.end = max(self.end, start)
            if not count:
                return

    def _room(self) -> memoryview:
        """Return memory for a piece; wait for some where there is enough of it."""
        with suppress(queue.Empty):
            return self._free.get_nowait()
        if self._pieces >= _PIECES and not _MORE_PIECES.acquire(blocking=False):
            return self._free.get()
        self._pieces += 1
        return buffer(min(BUFFER_BYTES, whole_blocks(max(self._size, 1))))

    @staticmethod
    def _hash(hasher: Hasher, data: memoryview, at: int) -> None:
        hash_zeros(hasher, at - hasher.size_bytes)
        hasher.update(data)

    def _carry_out(self, do: Callable[[memoryview, int], None], lane: queue.SimpleQueue[_Piece | None]) -> None:
        """Do one thing with every piece; whoever is the last to do with it makes room for another."""
        while piece := lane.get():
            try:
                if self._error is None:
                    do(piece.room[: piece.size_bytes], piece.at)
                    if self._progress and lane is self._lanes[0]:
                        self._progress(piece.size_bytes)
            except BaseException as error:  # noqa: BLE001 - told to whoever waits for the copy
                self._error = error
            with self._lock:
                piece.left -= 1
                is_last = not piece.left
            if is_last:
                self._free.put(piece.room)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        for lane in self._lanes:
            lane.put(None)
        for thread in self._threads:
            thread.join()
        for _ in range(_PIECES, self._pieces):
            _MORE_PIECES.release()
        for file in (self._source, *self._targets):
            file.close()
        if self._error and not error:
            raise self._error
        if self._hasher:
            hash_zeros(self._hasher, self._size - self._hasher.size_bytes)


def hash_file(descriptor: int, hasher: Hasher | None = None) -> Hasher:
    """Return the digest and size of an open file; ``hasher`` hashes it when more than that is wanted."""
    hasher, size, room = hasher or Hasher(), os.fstat(descriptor).st_size, memoryview(bytearray(BUFFER_BYTES))
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

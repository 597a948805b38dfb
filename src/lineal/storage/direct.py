"""Files that are written to the disk past the cache of the system, where it lets us.

What must be safe on the disk before it counts gains nothing from the cache: through it every byte is copied once more,
takes memory away from whoever trains here, and waits for the same disk in the end.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

BLOCK_BYTES = 4_096
"""Addresses, places and sizes must be multiples of what a disk calls a block; none has a larger one."""

BUFFER_BYTES = 4 << 20
_CACHE_BYTES_PER_S_MIN = 1 << 30
_CACHE_TRIED_BYTES = 16 << 20
"""When the cache has taken so many bytes more slowly than that, the disk gets the rest directly: memory that a machine has
to find first, as a virtual one often does, can be slower than any disk."""

_SYNC_WRITE = 2
"""SYNC_FILE_RANGE_WRITE: begin to write what is dirty, and do not wait."""

_DIRECT = getattr(os, "O_DIRECT", 0)
REFUSED = frozenset((errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTTY))
"""What is said where a file cannot be reached like this, or wants larger blocks: it is reached through the cache then."""


def buffer(size_bytes: int = BUFFER_BYTES) -> memoryview:
    """Return memory that a disk can be given directly."""
    return memoryview(mmap.mmap(-1, size_bytes))


def buffer_to_give(size_bytes: int) -> memoryview:
    """Return memory that a disk is only given directly, and never writes into: faster, where the system has large pages.

    Bytes that come past the cache while this process is copied could miss memory that is not shared with the copy.
    """
    memory = mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(AttributeError, OSError):  # a system without them
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(memory)


def whole_blocks(size_bytes: int) -> int:
    """Return the size of the blocks that so many bytes need."""
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES


def write_at(descriptor: int, data: Buffer, at: int) -> None:
    """Write all of ``data`` at a place, through the cache. Raises OSError."""
    rest = memoryview(data)
    while rest:
        count = os.pwrite(descriptor, rest, at)
        rest, at = rest[count:], at + count


def _begin_writing(descriptor: int, start: int, size_bytes: int) -> None:
    """Let the disk begin with these bytes, so that a sync at the end has little left to wait for."""
    if function := _sync_file_range():
        function(descriptor, ctypes.c_int64(start), ctypes.c_int64(size_bytes), _SYNC_WRITE)


@cache
def _sync_file_range() -> Any:
    return getattr(ctypes.CDLL(None, use_errno=True), "sync_file_range", None)


class DirectFile:
    """An open file that is read or written at places of the caller's choice.

    Args:
        descriptor: the file; it stays the caller's.
        flags: how it is open: ``os.O_RDONLY`` or ``os.O_WRONLY``.
        cached: whether the cache has a part in it: what it has is read from there, and what is written stays there as
            long as it is quick.
        kept: whether what is written stays in the cache however slow that is.
        ahead: whether all of it is read through the cache, and ahead of whoever reads, as the system does that.

    ``is_past_cache`` says that the disk was given everything that was written.
    """

    def __init__(
        self,
        descriptor: int,
        flags: int = os.O_WRONLY,
        *,
        cached: bool = False,
        kept: bool = False,
        ahead: bool = False,
    ) -> None:
        self._descriptor = descriptor
        self._kept = kept
        self._cached = cached
        self.is_past_cache = True
        self._room = memoryview(b"")
        self._cache_bytes, self._cache_s = 0, 0.0
        self._direct = -1
        if _DIRECT and not ahead:
            with suppress(OSError):  # without /proc, or on a file system that has no such thing
                self._direct = os.open(f"/proc/self/fd/{descriptor}", flags | _DIRECT | os.O_CLOEXEC)

    def read(self, start: int, size_bytes: int) -> memoryview:
        """Return the bytes from ``start`` on; they are written over by the next ones. Raises OSError."""
        first = start // BLOCK_BYTES * BLOCK_BYTES
        end = whole_blocks(start + size_bytes)
        if end - first > len(self._room):
            self._room = buffer(end - first)
        count = self.read_into(self._room[: end - first], first)
        return self._room[start - first : min(count, start - first + size_bytes)]

    def write_at(self, data: memoryview, at: int) -> None:
        """Write all of ``data``, which comes from ``buffer``. Raises OSError."""
        done = 0 if self._cached else self._in_blocks(data, at)
        began = time.perf_counter()
        if done < len(data):
            self.is_past_cache = False
            write_at(self._descriptor, data[done:], at + done)
        if self._cached:
            _begin_writing(self._descriptor, at, len(data))
            self._cache_bytes += len(data)
            self._cache_s += time.perf_counter() - began
            is_slow = self._cache_bytes < self._cache_s * _CACHE_BYTES_PER_S_MIN
            self._cached = self._kept or self._cache_bytes < _CACHE_TRIED_BYTES or not is_slow

    def _in_blocks(self, data: memoryview, at: int) -> int:
        """Write the whole blocks of ``data``; return how many bytes were written."""
        done, end = 0, len(data) // BLOCK_BYTES * BLOCK_BYTES
        try:
            # A disk that is full takes a part, and tells why through the cache.
            while self._direct >= 0 and done < end and not (at + done) % BLOCK_BYTES:
                done += os.pwrite(self._direct, data[done:end], at + done)
        except OSError as error:
            if error.errno not in REFUSED:
                raise
            self.close()
        return done

    def read_into(self, data: memoryview, at: int) -> int:
        """Fill ``data``, which comes from ``buffer``; return how much there was up to the end of the file. Raises OSError."""
        done = self._read_cached(data, at) if self._cached else 0
        while done < len(data) and (count := self._read(data[done:], at + done)):
            done += count
        return done

    def _read_cached(self, data: memoryview, at: int) -> int:
        """Read whole blocks as far as the cache has them."""
        with suppress(OSError, AttributeError):  # it has nothing, or cannot be asked
            return os.preadv(self._descriptor, [data], at, os.RWF_NOWAIT) // BLOCK_BYTES * BLOCK_BYTES
        return 0

    def _read(self, data: memoryview, at: int) -> int:
        if self._direct >= 0 and not at % BLOCK_BYTES and not len(data) % BLOCK_BYTES:
            try:
                return os.preadv(self._direct, [data], at)
            except OSError as error:
                if error.errno not in REFUSED:
                    raise
                self.close()
        return os.preadv(self._descriptor, [data], at)

    def close(self) -> None:
        """Use the cache from now on."""
        if self._direct >= 0:
            os.close(self._direct)
            self._direct = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Appending:
    """A new file that grows at its end, or a part of one.

    Args:
        descriptor: the file; it stays the caller's.
        at: where its first byte goes.
        room_bytes: so much is written at once.
    """

    def __init__(self, descriptor: int, *, at: int = 0, room_bytes: int = BUFFER_BYTES) -> None:
        self._file = DirectFile(descriptor)
        self._buffer = buffer(room_bytes)
        self._filled, self._at = 0, at

    def write(self, data: bytes) -> None:
        """Append ``data``; its last bytes may wait. Raises OSError."""
        rest = memoryview(data)
        while rest:
            piece = rest[: len(self._buffer) - self._filled]
            self._buffer[self._filled : self._filled + len(piece)] = piece
            self._filled += len(piece)
            rest = rest[len(piece) :]
            if self._filled == len(self._buffer):
                self._flush()

    def _flush(self) -> None:
        self._file.write_at(self._buffer[: self._filled], self._at)
        self._at, self._filled = self._at + self._filled, 0

    def finish(self) -> bool:
        """Write what waits; tell whether all of it went past the cache. Raises OSError."""
        self._flush()
        self._file.close()
        return self._file.is_past_cache

    def discard(self) -> None:
        """Let go of what waits."""
        self._file.close()

"""Whether a store and a directory of the workspace can share files, found out by trying."""

from __future__ import annotations

import mmap
import os
import time
from contextlib import suppress
from pathlib import Path

from lineal.storage.blobs.copying import clone
from lineal.storage.blobs.shared_notes import boot
from lineal.storage.blobs.spares import device_of

RACY_NS = 2_000_000_000
"""A file that was changed so shortly before it was looked at may be changed again without a new time, for instance by a
program that has it in its memory. It is hashed again the next time."""

_OTHERS_WRITE = 0o022


def can_share(store: Path, scratch: Path, directory: Path) -> bool:
    """Tell whether files of a store may have second names in a directory.

    Not on another disk, not where blocks can be shared instead, not where others than us may write to the store, and not
    where a file can be written to without a word: in memory, behind a network.

    Args:
        store: where the files are.
        scratch: where files are tried, on the same file system.
        directory: where they would be too; it need not be there yet.
    """
    one, other = (scratch / f"try.{os.getpid()}.{os.urandom(8).hex()}" for _ in range(2))
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        store.mkdir(parents=True, exist_ok=True)
        device = store.stat().st_dev
        if device_of(directory) != device or not is_disk(device) or not boot() or not _is_private(store):
            return False
        with one.open("x+b") as first, other.open("xb") as second:
            first.write(bytes(mmap.PAGESIZE))
            first.flush()
            if clone(first.fileno(), second.fileno()) or not tells_of_writes(first.fileno()):
                return False
        other.unlink()
        os.link(one, other)
    except (OSError, ValueError):
        return False
    else:
        return True
    finally:
        for each in (one, other):
            with suppress(OSError):
                each.unlink(missing_ok=True)


def is_disk(device: int) -> bool:
    """Tell whether a file system lies on a disk of this machine alone; one behind a network, or in memory, has no such number."""
    return os.major(device) != 0


def _is_private(store: Path) -> bool:
    """Tell whether a store is that of whoever asks alone: nobody else's edit may cost it anything."""
    status = store.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE


def tells_of_writes(descriptor: int) -> bool:
    """Tell whether a file's times are those of this machine's clock, and change when it is written to in memory.

    Args:
        descriptor: a file of a page or more, to read and write; its content is of no use afterwards.
    """
    if abs(os.fstat(descriptor).st_ctime_ns - time.time_ns()) > RACY_NS // 2:
        return False
    for _ in range(2):  # what is dirty already may be written to without a word, until it is on the disk
        os.utime(descriptor, ns=(0, 0))
        with mmap.mmap(descriptor, mmap.PAGESIZE) as memory:
            memory[0] ^= 1
        if not os.fstat(descriptor).st_mtime_ns:
            return False
        os.fsync(descriptor)
    return True

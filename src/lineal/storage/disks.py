"""What the disk below a directory can do, found out by doing it."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lineal.storage.blobs.reading import guarded

_FICLONE = 0x40049409
"""The kernel's request to share the blocks of one file with another (ioctl_ficlone(2))."""

_SYNCS = 7
_BLOCK_BYTES = 4096


class Disk(NamedTuple):
    """What a disk can do. ``sync_ms`` is how long it takes until a small write is safe: the median of several."""

    free_bytes: int
    size_bytes: int
    has_reflinks: bool
    has_hard_links: bool
    tells_capitals_apart: bool
    sync_ms: float


def examine(directory: Path) -> Disk:
    """Return what the disk below ``directory`` can do; what is written for that is gone afterwards. Raises Unavailable."""
    with guarded(directory), tempfile.TemporaryDirectory(dir=directory, prefix=".lineal-doctor-") as name:
        here = Path(name)
        usage = shutil.disk_usage(here)
        (here / "file").write_bytes(bytes(_BLOCK_BYTES))
        return Disk(
            free_bytes=usage.free,
            size_bytes=usage.total,
            has_reflinks=_has_reflinks(here),
            has_hard_links=_has_hard_links(here),
            tells_capitals_apart=not (here / "FILE").exists(),
            sync_ms=_sync_ms(here),
        )


def _has_reflinks(here: Path) -> bool:
    try:
        import fcntl  # noqa: PLC0415 - not on every system

        with (here / "file").open("rb") as one, (here / "clone").open("wb") as other:
            fcntl.ioctl(other.fileno(), _FICLONE, one.fileno())
    except (ImportError, OSError):
        return False
    return True


def _has_hard_links(here: Path) -> bool:
    with suppress(OSError):
        (here / "link").hardlink_to(here / "file")
    return (here / "link").exists()


def _sync_ms(here: Path) -> float:
    times = list[float]()
    with (here / "synced").open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(bytes(_BLOCK_BYTES))
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)

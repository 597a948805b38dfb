"""What the files of a database of SQLite's allow: a database has two more beside it while it is used."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_NEEDED_BYTES = 256 << 10
"""With less room than this, SQLite cannot make the files beside the database, and says that the disk fails."""


def make(path: Path) -> None:
    """Make the file, where there is none: SQLite would have only its owner write it, also where a group shares the directory."""
    if not os.access(path, os.W_OK):
        with suppress(OSError):  # SQLite says why
            path.touch()


def may_be_written(path: Path) -> bool:
    """Tell whether we may write the file, and those beside it."""
    return os.access(path.parent, os.W_OK) and (os.access(path, os.W_OK) or not path.exists())


def is_full(path: Path | str) -> bool:
    """Tell whether the disk has no room for the files beside it."""
    try:
        disk = os.statvfs(Path(path).absolute().parent)
    except (OSError, AttributeError):  # not every system has it
        return False
    return disk.f_bavail * disk.f_frsize < _NEEDED_BYTES


def is_complete(path: Path | str) -> bool:
    """Tell whether all of the database is in its file, and nothing in the log beside it."""
    log = Path(f"{path}-wal")
    try:
        return Path(path).stat().st_size > 0 and not (log.exists() and log.stat().st_size)
    except OSError:
        return False

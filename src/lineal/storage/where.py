"""Where a repository is on disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DIRECTORY = ".lineal"

FILE = "repository.toml"
"""Without this file the directory is no repository."""


def find(start: Path) -> Path | None:
    """Return the nearest ``.lineal`` in ``start`` or above it, or None."""
    found = (each / DIRECTORY for each in (start, *start.parents))
    return next(filter(_is_one, found), None)


def _is_one(root: Path) -> bool:
    try:
        return (root / FILE).is_file()
    except PermissionError:
        # One that is there and may not be read is told by who reads it; what is in a directory that may not be entered is none.
        return os.path.lexists(root)

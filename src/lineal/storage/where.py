"""Where a repository is on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DIRECTORY = ".lineal"

FILE = "repository.toml"
"""Without this file the directory is no repository."""


def find(start: Path) -> Path | None:
    """Return the nearest ``.lineal`` in ``start`` or above it, or None."""
    found = (each / DIRECTORY for each in (start, *start.parents))
    return next((root for root in found if (root / FILE).is_file()), None)

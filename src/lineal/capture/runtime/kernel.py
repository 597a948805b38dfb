"""Small files in which the kernel tells of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def text(path: Path) -> str:
    """Return what a file says, or "" where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def field(path: Path, name: str) -> str:
    """Return the first value called ``name`` in a file of ``name : value`` lines, or "" where there is none."""
    found = re.search(rf"(?m)^{re.escape(name)}\s*:\s*(.*)$", text(path))
    return found.group(1).strip() if found else ""

"""Where the spools of a repository are; known without opening it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def spools_for(url: str, variables: Mapping[str, str]) -> Path:
    """Return the directory of spools for the server at ``url``: in the user's cache, one a server."""
    cache = variables.get("XDG_CACHE_HOME") or str(Path(variables.get("HOME", "/tmp")) / ".cache")  # noqa: S108
    # What waits for one server must not go to another.
    return Path(cache) / "lineal" / "spool" / sha256(url.encode()).hexdigest()[:16]

"""Files of models that would do harm, or hide that they do, made of bytes; each is a directory of files.

All that any of them does is to touch a marker, so that a test can show that nobody ran it.
"""

from __future__ import annotations

from pathlib import Path

from . import arrays, configured, gadgets, layouts, pickles, torches
from .making import Files

_PARTS = (pickles, gadgets, arrays, torches, configured, layouts)


def corpus(marker: str) -> dict[str, Files]:
    """Return every directory of files by its title."""
    return dict(each for module in _PARTS for part in module.PARTS for each in part(marker))


def write(directory: Path, marker: str) -> None:
    """Write every directory of files."""
    for title, files in corpus(marker).items():
        for name, content in files.items():
            path = directory / title.replace("/", "-") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content.startswith(b"\0symlink "):
                path.symlink_to(content.split(b" ", 1)[1].decode())
            else:
                path.write_bytes(content)

"""Paths that files name, and whether they stay in the directory that they are in."""

from __future__ import annotations

import posixpath
import re

_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def leaves(path: str, beside: str = "") -> bool:
    """Tell whether a path, seen from the file ``beside``, leads out of the directory or to an address.

    Args:
        path: as it is written.
        beside: the path of the file that names it; empty for the top.
    """
    plain = path.replace("\\", "/")
    if plain.startswith(("/", "~")) or _DRIVE.match(path) or "://" in plain or "\0" in plain:
        return True
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(beside), plain))
    return whole == ".." or whole.startswith("../")

"""Files and trees: what was at which path, by digest."""

from __future__ import annotations

from typing import Literal

from lineal.objects.canonical import Object
from lineal.objects.digest import Digest

Mode = Literal["file", "executable", "symlink"]


class Entry(Object, frozen=True):
    """One file of a tree: a path and what stands there.

    ``path`` is relative, with ``/`` between its parts. The digest of a symlink is that of its target's text.
    """

    path: str
    digest: Digest
    size_bytes: int
    mode: Mode = "file"


class Tree(Object, frozen=True, tag="tree"):
    """A directory, or a single file (then it has one entry), by content. Entries are sorted by path."""

    entries: tuple[Entry, ...] = ()

    @property
    def size_bytes(self) -> int:
        """The bytes of all files together."""
        return sum(each.size_bytes for each in self.entries)

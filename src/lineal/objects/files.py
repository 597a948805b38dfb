"""Files and trees: what was at which path, by digest."""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.objects.canonical import Object
from lineal.objects.digest import Digest, digest_of

Mode = Literal["file", "executable", "symlink", "directory"]

_FILE: Mode = "file"

NOTHING = digest_of(b"")
"""The digest of no bytes, which is that of every empty directory."""


class Entry(Object, frozen=True, gc=False):
    """One file of a tree: a path and what stands there.

    ``path`` is relative, with ``/`` between its parts. The digest of a symlink is that of its target's text; a
    directory is an entry only while it is empty, with no bytes.
    """

    path: str
    digest: Digest
    size_bytes: int
    mode: Mode = _FILE

    def __post_init__(self) -> None:
        """Do what every object does, for the only field with a default: trees have many of these."""
        if self.mode is not _FILE and self.mode == _FILE:
            msgspec.structs.force_setattr(self, "mode", _FILE)


class Branch(Object, frozen=True, gc=False):
    """A part of a large tree, which is a tree itself: from which path on, and how much is in it."""

    digest: Digest
    first: str
    file_count: int
    size_bytes: int


class Tree(Object, frozen=True, tag="tree"):
    """A directory, or a single file (then it has one entry), by content. Entries are sorted by path.

    A large one has branches in place of entries, so that a change writes few of its parts anew; ``formats.trees`` says
    where it is cut.
    """

    entries: tuple[Entry, ...] = ()
    branches: tuple[Branch, ...] = ()

    @property
    def size_bytes(self) -> int:
        """The bytes of all files together."""
        return sum(each.size_bytes for each in self.entries or self.branches)

    @property
    def file_count(self) -> int:
        """How many entries there are."""
        return len(self.entries) or sum(each.file_count for each in self.branches)

    @property
    def first(self) -> str:
        """The first path in it; empty when there is none."""
        return self.entries[0].path if self.entries else self.branches[0].first if self.branches else ""


class Range(Object, frozen=True):
    """Some bytes of a blob."""

    blob: Digest
    start: int
    size_bytes: int


class Recipe(Object, frozen=True, tag="recipe"):
    """How the bytes of ``digest`` are put together from ranges of other blobs, none of which has a recipe itself.

    It says how bytes are kept, not what they are: another recipe for the same bytes is as good.
    """

    digest: Digest
    size_bytes: int
    parts: tuple[Range, ...]

"""Answers about files: which there are, which were put in place, sent, fetched or changed."""

from __future__ import annotations

from lineal.objects.digest import Digest
from lineal.operations.answers.answer import Answer


class Contents(Answer, frozen=True, kw_only=True):
    """The files of a dataset version, a model version or a run: their tree, and how much is in it."""

    reference: str
    tree: Digest
    file_count: int
    size_bytes: int
    kept: bool = True
    """Whether the store holds them; otherwise they stand at the source of the dataset version."""


class FileLine(Answer, frozen=True, kw_only=True):
    """One file of a tree."""

    path: str
    digest: Digest
    size_bytes: int
    mode: str


class Placed(Answer, frozen=True, kw_only=True):
    """Files that were put in place."""

    reference: str
    tree: Digest
    path: str
    written: int
    removed: int
    kept: int


class Transfer(Answer, frozen=True, kw_only=True):
    """Bytes that went to a remote or came from one. ``files`` and ``size_bytes`` are what was moved; the rest was there.

    ``locked`` says how a version that must be kept is locked there.
    """

    reference: str
    remote: str
    files: int
    size_bytes: int
    present: int = 0
    locked: str = ""


class Changes(Answer, frozen=True, kw_only=True):
    """What differs between a place in the workspace and the tree that was last added from it, or put there.

    ``lost`` are those of the modified and removed files whose bytes were the store's own too, and went with an edit in place.
    """

    path: str
    tree: Digest
    reference: str = ""
    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unchanged: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.modified or self.removed)

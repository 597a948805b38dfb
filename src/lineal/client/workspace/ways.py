"""What files of the workspace need to come into a repository, and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from lineal.client.workspace.index import Index
from lineal.objects.digest import Digest
from lineal.objects.files import Tree
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.progress import Progress

UNKNOWN = -1
"""The epoch of a store that may let go of bytes without our knowing."""


class KeepTree(Protocol):
    """Writes the rows of a tree whose files and nodes the store holds."""

    def __call__(self, digest: Digest, /, *, made: Mapping[Digest, Tree] = {}) -> None:
        """Write them; ``made`` are nodes that the caller made itself."""


class Ways(NamedTuple):
    """Where files go, and what is known of them.

    ``epoch`` is that of the store, which changes when it lets go of bytes.
    """

    blobs: BlobStore
    keep_tree: KeepTree
    seen: Index
    epoch: int
    progress: Progress

"""A repository on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from lineal.client.transfer import fetch, upload_path
from lineal.client.uploading import upload
from lineal.client.verbs import Verbs
from lineal.objects.digest import Digest
from lineal.objects.files import Entry, Tree
from lineal.operations.operation import Operation, Upload
from lineal.operations.perform import Observer, perform
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.store import Actor, Store


class LocalRepository(Verbs):
    """A repository whose store this process holds.

    Args:
        store: where, and as whom.
        observer: is told of every operation.
    """

    def __init__(self, store: Store, *, observer: Observer | None = None) -> None:
        self.store = store
        self.observer = observer

    @property
    def blobs(self) -> BlobStore:
        """The bytes."""
        return self.store.blobs

    def perform(self, operation: Operation, request: msgspec.Struct, *, key: str = "") -> Any:
        """Carry out ``operation`` and return its answer; a second call with the same ``key`` gets the same answer."""
        return perform(self.store, operation, request, key=key, observer=self.observer)

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the store, also those that DVC or Git LFS keeps elsewhere."""
        return upload(self, path, partial(upload_path, self.store.blobs, self.put_tree))

    def put_tree(self, tree: Tree) -> Digest:
        """Store a tree whose files the store holds."""
        with self.store.database.transaction():
            return self.store.put_tree(tree)

    def fetch(self, entries: Sequence[Entry], directory: Path) -> None:
        """Write files of the store below ``directory``, each verified."""
        fetch(self.store.blobs, entries, directory)

    def acting(self, actor: Actor) -> LocalRepository:
        """Return this repository as ``actor`` sees it."""
        return LocalRepository(self.store.acting(actor), observer=self.observer)

    def close(self) -> None:
        """Let go of the database."""
        self.store.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

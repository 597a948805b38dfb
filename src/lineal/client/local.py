"""A repository on this machine."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from lineal.client.verbs import Verbs
from lineal.objects.digest import Digest
from lineal.objects.files import Tree
from lineal.objects.reference import parse_reference
from lineal.operations.operation import Operation, Upload
from lineal.operations.perform import Observer, perform
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.progress import Progress
from lineal.storage.store import Actor, Store

if TYPE_CHECKING:
    from lineal.client.workspace.index import Index
    from lineal.client.workspace.ways import Ways

_DUE = "SELECT 1 FROM delivery WHERE due_at <= :now AND webhook >= 'hook:' AND webhook < 'hook;' LIMIT 1"


class LocalRepository(Verbs):
    """A repository whose store this process holds.

    Args:
        store: where, and as whom.
        observer: is told of every operation.
    """

    def __init__(self, store: Store, *, observer: Observer | None = None) -> None:
        self.store = store
        self.observer = observer

    @cached_property
    def _seen(self) -> Index:
        # Made when it is needed: a server has a repository of its own for each request, and most commands ask for no files.
        from lineal.client.workspace.index import MEMORY, Index  # noqa: PLC0415

        root = self.store.root
        return Index(root / "workspace.sqlite", root.parent) if root else Index(MEMORY, Path("/"))

    @property
    def blobs(self) -> BlobStore:
        """The bytes."""
        return self.store.blobs

    def perform(self, operation: Operation, request: msgspec.Struct, *, key: str = "") -> Any:
        """Carry out ``operation`` and return its answer; a second call with the same ``key`` gets the same answer."""
        answer = perform(self.store, operation, request, key=key, observer=self.observer)
        if self.store.programs == "all" and operation.is_journalled and not operation.internal:
            self._run_hooks()
        return answer

    def _run_hooks(self) -> None:
        """Run the hooks that are due: where people work without a server, nobody else would. A recorded program waits for none."""
        if self.store.database.run(_DUE, now=self.store.clock.now()):
            from lineal.operations.messages.hook_runs import run_due  # noqa: PLC0415 - most policies have none

            run_due(self.store)

    @property
    def ways(self) -> Ways:
        """Where files go, and what is known of those in the workspace."""
        from lineal.client.workspace.ways import Ways  # noqa: PLC0415 - as above

        epoch = self.store.epoch
        keep = partial(self.store.keep_tree, epoch=epoch)
        return Ways(self.store.blobs, keep, self._seen, epoch, self.store.progress)

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the store, also those that DVC or Git LFS keeps elsewhere."""
        from lineal.client.transfer import upload_path  # noqa: PLC0415 - as above
        from lineal.client.uploading import upload  # noqa: PLC0415 - as above

        return upload(self, path, partial(upload_path, self.ways))

    def placing(self, directory: PathLike[str] | str, name: str = "") -> AbstractContextManager[None]:
        """In the block, large files that are fetched for ``name`` are made ready for ``directory`` too.

        Those of a dataset may become files of the store and of the workspace at once. What models are made of, and what
        runs wrote, may have to be kept whatever happens in the workspace.
        """
        from lineal.storage.repository import on_disk  # noqa: PLC0415 - few commands fetch

        blobs = on_disk(self.store)
        shares = bool(name) and parse_reference(name).kind in {"dataset", "model"}
        return blobs.placing(Path(directory), shares=shares) if blobs else nullcontext()

    def put_tree(self, tree: Tree) -> Digest:
        """Store a tree whose files the store holds."""
        # No transaction around it: the nodes of a large tree go into a pack, whose writer has one of its own.
        return self.store.put_tree(tree)

    def tell(self, progress: Progress) -> None:
        """Tell long work to ``progress`` from now on."""
        self.store = msgspec.structs.replace(self.store, progress=progress)

    def acting(self, actor: Actor) -> LocalRepository:
        """Return this repository as ``actor`` sees it."""
        return LocalRepository(self.store.acting(actor), observer=self.observer)

    def close(self) -> None:
        """Let go of the database."""
        if "_seen" in vars(self):
            self._seen.close()
        self.store.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

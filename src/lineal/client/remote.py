"""A repository behind a URL: the same methods as one on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from lineal.client.remote_blobs import RemoteBlobs
from lineal.client.transfer import upload_path
from lineal.client.uploading import upload
from lineal.client.verbs import Verbs
from lineal.client.wire import Wire
from lineal.client.workspace.index import Index
from lineal.client.workspace.ways import UNKNOWN, Ways
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Invalid
from lineal.objects.files import Tree
from lineal.operations.operation import Operation, Upload
from lineal.storage import trees
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.progress import Progress, Silent


class RemoteRepository(Verbs):
    """A repository behind a URL.

    Args:
        url: the server's address.
        token: who we are, when the server asks.

    Raises:
        Invalid: the address or the token cannot be one.
    """

    def __init__(self, url: str, *, token: str = "") -> None:
        self._wire = Wire(url, token)
        self.url = self._wire.url
        self.blobs: BlobStore = RemoteBlobs(self._wire)
        self._progress: Progress = Silent()
        self._seen = Index(_cache() / "workspace" / f"{digest_of(self.url.encode())[7:23]}.sqlite", Path("/"))

    def perform(self, operation: Operation, request: msgspec.Struct, *, key: str = "") -> Any:
        """Have ``operation`` carried out and return its answer; a second call with the same ``key`` gets the same."""
        path = f"/{operation.path}"
        try:
            fields, body = list(_fields(request)), msgspec.json.encode(request)
            "".join(value for _, value in fields).encode()
        except UnicodeEncodeError:
            raise Invalid(f"{operation.words}: a text in it is no UTF-8", hint="write it in UTF-8") from None
        if operation.method == "GET":
            answer = self._wire.ask("GET", path, fields=fields)
        else:
            headers = {"Idempotency-Key": key or os.urandom(16).hex(), "Content-Type": "application/json"}
            answer = self._wire.ask("POST", path, body=body, headers=headers)
        return self._wire.decode(answer, operation.response)

    @property
    def ways(self) -> Ways:
        """Where files go, and what is known of those in the workspace."""
        return Ways(self.blobs, self.keep_tree, self._seen, UNKNOWN, self._progress)

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the server's store; what it holds already is not sent."""
        return upload(self, path, partial(upload_path, self.ways))

    def put_tree(self, tree: Tree) -> Digest:
        """Store a tree whose files the server holds."""
        digest = trees.put(self.blobs, tree.entries)
        self.keep_tree(digest)
        return digest

    def keep_tree(self, tree: Digest, /, *, made: Mapping[Digest, Tree] = {}) -> None:
        """Have the server write the rows of a tree whose files and nodes it holds."""
        self._wire.ask("PUT", f"/trees/{tree}")

    def tell(self, progress: Progress) -> None:
        """Tell long work to ``progress`` from now on."""
        self._progress = progress

    def placing(self, directory: PathLike[str] | str, name: str = "") -> AbstractContextManager[None]:
        """In the block, what is fetched is going to be put in place: nothing changes, for it is fetched to the server."""
        return nullcontext()

    def hurried(self) -> AbstractContextManager[None]:
        """In the block, give a server up soon that does not answer."""
        return self._wire.hurried()

    def close(self) -> None:
        """Let go of every connection."""
        self._seen.close()
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _cache() -> Path:
    """Return where this user's caches are."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lineal"


def _fields(request: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a question as they stand in its address."""
    for name, value in msgspec.to_builtins(request).items():
        if isinstance(value, list | tuple):
            yield from ((name, str(each)) for each in value)
        elif value is not None:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)

"""Fetch the bytes of a tree from a remote: only what is missing here, several files at once, each checked before it counts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lineal.formats import holding as format_
from lineal.formats.holding import Holding, Kind
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, LinealError, NotFound
from lineal.storage.blobs import reading
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.checking import take
from lineal.storage.progress import Progress
from lineal.storage.remotes.planning import digests_of
from lineal.storage.remotes.remote import IN_FLIGHT, Remote

_ASKED_AT_ONCE = 10_000


class Fetched(NamedTuple):
    """What a pull did: files fetched and their bytes."""

    files: int
    size_bytes: int


def pull(blobs: PackedBlobs, remote: Remote, holding: Holding, *, progress: Progress) -> Fetched:
    """Make a store hold a tree that a remote holds.

    Args:
        blobs: where the bytes go.
        remote: where they are.
        holding: what the remote says of them.
        progress: is told how far it is.

    Raises:
        NotFound: the remote lost something.
        Corrupt: the remote holds other bytes; nothing of them is kept.
        Unavailable: the remote cannot be reached, or the disk here is full.
    """
    fetching = _Fetching(blobs, remote, holding, progress)
    known = set(blobs.packs.list())
    fetching.all("pack", [each for each in holding.packs if each not in known])
    fetching.all("blob", [each for each in holding.blobs if not blobs.files.has((each,))])
    for recipe in holding.recipes:
        if not blobs.has((recipe.digest,)):
            blobs.keep_recipe(recipe)
    _check_complete(blobs, remote, holding)
    return Fetched(fetching.files, fetching.size_bytes)


class _Fetching:
    def __init__(self, blobs: PackedBlobs, remote: Remote, holding: Holding, progress: Progress) -> None:
        self._holding = holding
        self._blobs = blobs
        self._remote = remote
        self._progress = progress
        self.files = self.size_bytes = 0

    def all(self, kind: Kind, digests: list[Digest]) -> None:
        """Fetch packs or blobs."""
        self._progress.expect(len(digests), 0)
        with ThreadPoolExecutor(IN_FLIGHT, "lineal-pull") as fetchers:
            for size in fetchers.map(lambda each: self._one(kind, each), digests):
                self.files += 1
                self.size_bytes += size
                self._progress.advance(1, 0)

    def _one(self, kind: Kind, digest: Digest) -> int:
        key = format_.bytes_key(kind, digest)
        try:
            return self._take(kind, digest)
        except NotFound:
            raise NotFound(f"{self._remote.url} lost {key}, a part of {self._holding.reference}", hint=_AGAIN) from None
        except Corrupt as error:
            raise Corrupt(
                f"{self._remote.url} holds other bytes under {key}: {error.message}",
                hint="push it again from a repository that has it; lineal verify --remote tells what else is wrong",
            ) from None

    def _take(self, kind: Kind, digest: Digest) -> int:
        """Fetch one; where somebody deleted or overwrote it, the version that was pushed, if the store keeps it."""
        try:
            return self._take_version(kind, digest, "")
        except (NotFound, Corrupt):
            if not (version := self._holding.versions.get(digest)):
                raise
            with suppress(NotFound, Corrupt):  # the first failure says more
                return self._take_version(kind, digest, version)
            raise

    def _take_version(self, kind: Kind, digest: Digest, version: str) -> int:
        key = format_.bytes_key(kind, digest)
        with self._scratch() as path:
            self._remote.bucket.fetch(key, path, version=version, progress=lambda more: self._progress.advance(0, more))
            return take(self._blobs, kind, digest, path)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        path = self._blobs.scratch / f"fetch.{os.getpid()}.{os.urandom(8).hex()}"
        try:
            with reading.guarded(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            yield path
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _check_complete(blobs: PackedBlobs, remote: Remote, holding: Holding) -> None:
    """Look that everything of the tree is here now. Raises NotFound, Corrupt."""
    try:
        rest = digests_of(blobs, holding.tree)
        while asked := set(islice(rest, _ASKED_AT_ONCE)):
            if missing := asked - blobs.has(asked):
                raise reading.missing(min(missing))
    except LinealError as error:
        raise NotFound(f"{remote.url} does not hold all of {holding.reference}: {error.message}", hint=_AGAIN) from None


_AGAIN = "push it again from a repository that has it"

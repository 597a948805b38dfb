"""Fetch the bytes of a tree from a remote: only what is missing here, several files at once, each checked before it counts."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lineal.formats import holding as format_
from lineal.formats import pack
from lineal.formats.holding import Holding, Kind
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, Invalid, NotFound
from lineal.storage.blobs import chained, reading
from lineal.storage.blobs.carrying import Carriers
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.checking import take
from lineal.storage.progress import Progress
from lineal.storage.remotes.remote import Remote

_ASKED_PACKS = 8
"""Packs whose sizes tell whether there is enough to carry."""


class Fetched(NamedTuple):
    """What a pull did: files fetched and their bytes."""

    files: int
    size_bytes: int


def pull(blobs: PackedBlobs, remote: Remote, holding: Holding, *, progress: Progress) -> Fetched:
    """Bring what a remote says that a tree needs; whether that was all of it shows when the tree is kept.

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
    fetching.all(
        blobs=[each for each in holding.blobs if not blobs.has_file(each)],
        packs=[each for each in holding.packs if each not in known],
    )
    for recipe in holding.recipes:
        if not blobs.has((recipe.digest,)):
            blobs.keep_recipe(recipe)
    return Fetched(fetching.files, fetching.size_bytes)


class _Fetching:
    def __init__(self, blobs: PackedBlobs, remote: Remote, holding: Holding, progress: Progress) -> None:
        self._holding = holding
        self._blobs = blobs
        self._remote = remote
        self._progress = progress
        self._cores = threading.Semaphore(os.cpu_count() or 1)
        self._carriers = Carriers()
        self.files = self.size_bytes = 0

    def all(self, *, blobs: list[Digest], packs: list[Digest]) -> None:
        """Fetch blobs and packs, the large ones first: they take longest."""
        wanted: list[tuple[Kind, Digest]] = [*(("blob", each) for each in blobs), *(("pack", each) for each in packs)]
        self._progress.expect(len(wanted), 0)
        with Carriers() as self._carriers, ThreadPoolExecutor(self._remote.in_flight, "lineal-pull") as fetchers:
            self._carriers.expect(self._bytes_carried(packs))
            for size in fetchers.map(lambda each: self._one(*each), wanted):
                self.files += 1
                self.size_bytes += size
                self._progress.advance(1, 0)

    def _bytes_carried(self, packs: list[Digest]) -> int:
        """Return how many bytes of packs processes are worth: those of the first ones tell."""
        bucket = self._remote.bucket
        if not isinstance(bucket, DirectoryBucket):
            return 0
        found = (bucket.head(format_.bytes_key("pack", each)) for each in packs[:_ASKED_PACKS])
        return sum(each.size_bytes for each in found if each)

    def _one(self, kind: Kind, digest: Digest) -> int:
        key = format_.bytes_key(kind, digest)
        try:
            return self._take(kind, digest)
        except NotFound:
            raise NotFound(f"{self._remote.url} lost {key}, a part of {self._holding.reference}", hint=AGAIN) from None
        except Corrupt as error:
            raise Corrupt(
                f"{self._remote.url} holds other bytes under {key}: {error.message}",
                hint="lineal repair --remote NAME in a repository that has it; lineal verify --remote tells what else is wrong",
            ) from None

    def _take(self, kind: Kind, digest: Digest) -> int:
        """Fetch one; where somebody deleted or overwrote it, the version that was pushed, if the store keeps it."""
        try:
            return self._take_version(kind, digest, "")
        except (NotFound, Corrupt):
            if not (version := self._holding.versions.get(digest)):
                raise
            with suppress(NotFound, Corrupt, Invalid):  # the first failure says more
                return self._take_version(kind, digest, version)
            raise

    def _take_version(self, kind: Kind, digest: Digest, version: str) -> int:
        key = format_.bytes_key(kind, digest)
        files, passed = self._blobs.files, partial(self._progress.advance, 0)
        with self._scratch() as path:
            if kind == "pack" and isinstance(bucket := self._remote.bucket, DirectoryBucket):
                return self._copy_pack(bucket, key, digest, path)
            hashed = kind == "blob"
            if hashed and not version and (size := self._copy_blob(key, digest, path)) is not None:
                return size
            with files.spares.new(digest) if hashed else nullcontext() as spare:
                found = self._remote.bucket.fetch(
                    key, path, version=version, hashed=hashed, spare=spare, progress=passed
                )
                with self._cores:  # hashing needs a core, fetching only patience
                    return take(self._blobs, kind, digest, path, found=found)

    def _copy_pack(self, bucket: DirectoryBucket, key: str, digest: Digest, path: Path) -> int:
        """Fetch a pack from a disk: it is checked while it passes."""
        with bucket.reading(key) as source:
            with open(source, "rb", closefd=False) as file:
                table = pack.read_table(digest, file)
            with reading.guarded(path), path.open("x+b", buffering=0) as target:
                passed = partial(self._progress.advance, 0)
                self._carriers.copy(table, source, target.fileno(), passed, cached=True)
                self._blobs.packs.take(path, target.fileno(), table)
        return table.size_bytes

    def _copy_blob(self, key: str, digest: Digest, path: Path) -> int | None:
        """Fetch a large blob from a disk, hashed by all cores while it passes; nothing where that is not possible."""
        bucket, chain = self._remote.bucket, self._holding.chains.get(digest)
        if not isinstance(bucket, DirectoryBucket) or chain is None or self._blobs.files.spares.are_wanted:
            return None
        with bucket.reading(key) as source:
            if not chained.is_of_use(chain, source):
                return None
            with reading.guarded(path), path.open("x+b", buffering=0) as target:
                passed = partial(self._progress.advance, 0)
                found = chained.copy_chained(source, target.fileno(), digest, chain, passed)
        return take(self._blobs, "blob", digest, path, found=found, chain=chain)

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


AGAIN = "push it again from a repository that has it"
"""What to do when a remote lost something."""

"""A cache or remote of DVC: objects by MD5, in a bucket. What is read is checked; what is there is not sent again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import unquote

from lineal.formats.dvc.digests import DIRECTORY, HASHERS, Name
from lineal.objects.errors import Corrupt
from lineal.storage.alternate_digests import Known
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.buckets import failures
from lineal.storage.buckets.bucket import Bucket, Held
from lineal.storage.buckets.keys import is_key
from lineal.storage.buckets.objectstore import ObjectStoreBucket
from lineal.storage.buckets.wrappers import innermost

A = TypeVar("A")
B = TypeVar("B")

PIECE_BYTES = 2 << 20
"""How much is asked for at once; so many times as objects are in flight, it is what they take in memory."""

QUARANTINE = "quarantine"
"""Where a cache's damaged objects go, beside the others; DVC passes it over."""

_IN_FLIGHT = 32
_HEADS_MAX = 1_000
_PAGE = 1_000
_PREFIXES = tuple(f"{number:02x}" for number in range(256))
_READ_ONLY = 0o444


class DvcObjects:
    """Objects of DVC.

    Args:
        bucket: where they are.
        directory: the same place as a directory, when it is a cache of this machine: DVC wants its files read-only, and
            a damaged one is taken out of the way.
    """

    def __init__(self, bucket: Bucket, *, directory: Path | None = None) -> None:
        self.bucket = bucket
        self.directory = directory

    @property
    def where(self) -> str:
        """The place, as people write it."""
        return self.bucket.url

    def make(self) -> None:
        """Make the directory of a cache, or of a remote on this machine, as DVC does."""
        if directory := self.directory or _local(self.where):
            with reading.guarded(directory):
                directory.mkdir(parents=True, exist_ok=True)

    def open(self, name: Name, *, key: str = "", version: str = "") -> Iterator[bytes]:
        """Yield the bytes of an object in pieces; whether they are right is known at the end.

        Args:
            name: what it is called.
            key: where it is, when it is not where objects are.
            version: the store's own id of the bytes that are meant; by default those that are there now.

        Raises:
            NotFound: it is not here.
            Corrupt: other bytes are in its place.
        """
        hasher = HASHERS[name.algorithm]()
        for piece in self._named(key, version) if key else self._pieces(name.key):
            hasher.update(piece)
            yield piece
        if not hasher.names(name.md5.removesuffix(DIRECTORY)):
            raise Corrupt(
                f"{self.where}/{key or name.key} holds other bytes than {name}: their MD5 is {hasher.value}",
                hint="delete it there, and send it again from a copy that is sound",
            )

    def _named(self, key: str, version: str) -> Iterator[bytes]:
        """Yield the bytes of an object that has the name of a file, which need not be a key of ours."""
        inner = innermost(self.bucket)
        if isinstance(inner, ObjectStoreBucket) and (version or not is_key(key)):
            return inner.stream(key, version=version)
        if not is_key(key):
            raise failures.missing(self.where, key)
        return self._pieces(key)

    def _pieces(self, key: str) -> Iterator[bytes]:
        first = self.bucket.get(key, size=PIECE_BYTES)
        yield first
        if len(first) == PIECE_BYTES:
            held = self.bucket.head(key)
            for start in range(PIECE_BYTES, held.size_bytes if held else 0, PIECE_BYTES):
                yield self.bucket.get(key, start=start, size=PIECE_BYTES)

    def get(self, name: Name) -> bytes:
        """Return the bytes of an object, checked. Raises NotFound, Corrupt."""
        return b"".join(self.open(name))

    def sizes(self, names: Iterable[Name]) -> dict[Name, int]:
        """Return the size in bytes of each of ``names`` that is here: looked at one by one, never believed.

        Many names are looked up in listings instead, when that takes fewer questions.
        """
        wanted = {each.key: each for each in names}
        found = self._heads(wanted)
        return {wanted[each.key]: each.size_bytes for each in found if each.key in wanted}

    def _heads(self, wanted: Mapping[str, Name]) -> Iterable[Held]:
        if len(wanted) > _HEADS_MAX:
            folders = Counter(key[: 2 - len(name.md5)] for key, name in wanted.items())
            # Digests are spread evenly, so one folder tells how many objects there are in all.
            sample = sum(1 for _ in self.bucket.list(next(iter(folders))))
            if len(folders) * (1 + sample // _PAGE) < len(wanted):
                listed = in_parallel(lambda folder: list(self.bucket.list(folder)), folders)
                return (each for held in listed for each in held)
        return (each for each in in_parallel(self.bucket.head, wanted) if each)

    def put(self, name: Name, data: bytes) -> None:
        """Store an object whose bytes were checked."""
        self.bucket.put(name.key, data)
        self._protect(name)

    def put_blob(self, name: Name, blobs: BlobStore, known: Known, scratch: Path | None = None) -> None:
        """Store an object from a blob store.

        Args:
            name: what DVC calls it.
            blobs: where the bytes are.
            known: what they are called there.
            scratch: a directory where a large one stands meanwhile; by default the system's.

        Raises:
            NotFound: the blob store does not hold them.
            Corrupt: it holds other bytes.
        """
        if self.directory is not None:
            target = self.directory / name.key
            with reading.guarded(target):
                target.parent.mkdir(parents=True, exist_ok=True)
            blobs.fetch_to(known.digest, target)
        elif known.size_bytes <= PIECE_BYTES:
            self.bucket.put(name.key, blobs.get(known.digest))
        else:
            with TemporaryDirectory(dir=scratch, prefix="dvc-") as place:
                file = Path(place) / "object"
                blobs.fetch_to(known.digest, file)
                self.bucket.put_file(name.key, file)
        self._protect(name)

    def _protect(self, name: Name) -> None:
        if self.directory is not None:
            with reading.guarded(self.directory / name.key):
                (self.directory / name.key).chmod(_READ_ONLY)

    def quarantine(self, name: Name) -> Path | None:
        """Take a damaged object out of a cache's way and return where it is now; that of a remote stays."""
        if self.directory is None:
            return None
        target = self.directory / QUARANTINE / name.md5
        with suppress(FileNotFoundError), reading.guarded(target):
            target.parent.mkdir(exist_ok=True)
            (self.directory / name.key).replace(target)
        return target


def _local(url: str) -> Path | None:
    """Return the directory that an address means; None for one elsewhere."""
    if url.startswith("file://"):
        return Path(unquote(url.removeprefix("file://")))
    return None if "://" in url else Path(url)


def in_parallel(do: Callable[[A], B], things: Iterable[A], *, at_once: int = _IN_FLIGHT) -> Iterator[B]:
    """Yield what ``do`` makes of each of ``things``, in their order; few more than ``at_once`` are taken ahead."""
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[B]] = deque()
        for each in things:
            waiting.append(pool.submit(do, each))
            if len(waiting) > 2 * at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

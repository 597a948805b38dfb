"""Blob stores around blob stores: each changes one thing and passes on the rest."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from os import PathLike
from pathlib import Path
from typing import NoReturn

from lineal.objects.digest import Digest
from lineal.objects.errors import Unavailable
from lineal.storage.blobs.blobs import BlobStore, Bundle, Lying


class Forwarding:
    """Passes everything on: the base of the others.

    Args:
        inner: the store behind it.
    """

    def __init__(self, inner: BlobStore) -> None:
        self.inner = inner

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        return self.inner.put(data)

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces; return their digest and size in bytes."""
        return self.inner.put_stream(pieces, expected=expected)

    def bundle(self) -> AbstractContextManager[Bundle]:
        """Take many small blobs."""
        return self.inner.bundle()

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> tuple[Digest, int]:
        """Store the content of a file; return its digest and size in bytes."""
        return self.inner.put_file(path, expected=expected, base=base)

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified."""
        return self.inner.get(digest)

    def get_many(self, digests: Collection[Digest]) -> Iterator[tuple[Digest, bytes]]:
        """Yield the bytes of many small blobs, verified."""
        return self.inner.get_many(digests)

    def places(self, digests: Collection[Digest]) -> Iterator[Lying]:
        """Yield files of this machine with small blobs in them, and where they lie there."""
        return self.inner.places(digests)

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces."""
        return self.inner.open(digest, start=start, size=size)

    def size(self, digest: Digest) -> int:
        """Return the size in bytes."""
        return self.inner.size(digest)

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here."""
        return self.inner.has(digests)

    def list(self) -> Iterator[Digest]:
        """Yield the digest of everything that is here, in order."""
        return self.inner.list()

    def delete(self, digest: Digest) -> None:
        """Forget the bytes."""
        self.inner.delete(digest)

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file, verified, all or nothing."""
        self.inner.fetch_to(digest, path)


class ReadOnly(Forwarding):
    """Refuses to write, with Unavailable."""

    def put(self, data: bytes) -> NoReturn:
        """Refuse."""
        self._refuse()

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> NoReturn:
        """Refuse."""
        self._refuse()

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> NoReturn:
        """Refuse."""
        self._refuse()

    def bundle(self) -> NoReturn:
        """Refuse."""
        self._refuse()

    def delete(self, digest: Digest) -> NoReturn:
        """Refuse."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Unavailable("this repository was opened only to be read", hint="open it with the right to write")


class Measured(Forwarding):
    """Counts what passes. ``calls`` is by method; ``read_bytes`` and ``written_bytes`` are of the blobs themselves.

    Args:
        inner: the store behind it.
    """

    def __init__(self, inner: BlobStore) -> None:
        super().__init__(inner)
        self.calls: Counter[str] = Counter()
        self.read_bytes = 0
        self.written_bytes = 0
        self._lock = threading.Lock()

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        digest = self.inner.put(data)
        self._count("put", written=len(data))
        return digest

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces; return their digest and size in bytes."""
        digest, size_bytes = self.inner.put_stream(pieces, expected=expected)
        self._count("put_stream", written=size_bytes)
        return digest, size_bytes

    @contextmanager
    def bundle(self) -> Iterator[Bundle]:
        """Take many small blobs, each counted when it is taken."""
        self._count("bundle")
        with self.inner.bundle() as bundle:
            yield _MeasuredBundle(bundle, self)

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> tuple[Digest, int]:
        """Store the content of a file; return its digest and size in bytes."""
        digest, size_bytes = self.inner.put_file(path, expected=expected, base=base)
        self._count("put_file", written=size_bytes)
        return digest, size_bytes

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified."""
        data = self.inner.get(digest)
        self._count("get", read=len(data))
        return data

    def get_many(self, digests: Collection[Digest]) -> Iterator[tuple[Digest, bytes]]:
        """Yield the bytes of many small blobs, each counted when it is taken."""
        self._count("get_many")
        for digest, data in self.inner.get_many(digests):
            self._count("", read=len(data))
            yield digest, data

    def places(self, digests: Collection[Digest]) -> Iterator[Lying]:
        """Yield files of this machine with small blobs in them; each blob is counted when its place is told."""
        self._count("places")
        for lying in self.inner.places(digests):
            self._count("", read=sum(each.size_bytes for each in lying.places))
            yield lying

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces, each counted when it is taken."""
        self._count("open")
        for piece in self.inner.open(digest, start=start, size=size):
            self._count("", read=len(piece))
            yield piece

    def size(self, digest: Digest) -> int:
        """Return the size in bytes."""
        self._count("size")
        return self.inner.size(digest)

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here."""
        self._count("has")
        return self.inner.has(digests)

    def list(self) -> Iterator[Digest]:
        """Yield the digest of everything that is here, in order."""
        self._count("list")
        return self.inner.list()

    def delete(self, digest: Digest) -> None:
        """Forget the bytes."""
        self._count("delete")
        self.inner.delete(digest)

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file, verified, all or nothing."""
        self.inner.fetch_to(digest, path)
        self._count("fetch_to", read=path.stat().st_size)

    def count_written(self, size_bytes: int) -> None:
        """Count bytes that a bundle took."""
        self._count("", written=size_bytes)

    def _count(self, method: str, *, read: int = 0, written: int = 0) -> None:
        with self._lock:
            if method:
                self.calls[method] += 1
            self.read_bytes += read
            self.written_bytes += written


class _MeasuredBundle:
    def __init__(self, inner: Bundle, measured: Measured) -> None:
        self._inner = inner
        self._measured = measured

    def put(self, digest: Digest, data: bytes) -> None:
        """Take one blob."""
        self._inner.put(digest, data)
        self._measured.count_written(len(data))

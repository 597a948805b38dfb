"""Behaviours of blob stores that compose: each wraps a store and is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

from lineal.objects.digest import Digest
from lineal.objects.errors import Denied
from lineal.storage.blobs.blobs import BlobStore


class Forwarding:
    """A blob store that does what the one inside does; the base of every wrapper.

    Args:
        inner: the store inside.
    """

    def __init__(self, inner: BlobStore) -> None:
        self.inner = inner

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        return self.inner.put(data)

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces; return their digest and size in bytes."""
        return self.inner.put_stream(pieces, expected=expected)

    def put_file(self, path: PathLike[str] | str, *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store the content of a file, read once."""
        return self.inner.put_file(path, expected=expected)

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified."""
        return self.inner.get(digest)

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces; a whole read is verified at its end."""
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
        """Forget the bytes; nothing happens when they are not here."""
        self.inner.delete(digest)

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file, verified, all or nothing."""
        self.inner.fetch_to(digest, path)


class ReadOnly(Forwarding):
    """A blob store that nobody writes through."""

    def put(self, data: bytes) -> Digest:
        """Refuse. Raises Denied."""
        raise _denied()

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Refuse. Raises Denied."""
        raise _denied()

    def put_file(self, path: PathLike[str] | str, *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Refuse. Raises Denied."""
        raise _denied()

    def delete(self, digest: Digest) -> None:
        """Refuse. Raises Denied."""
        raise _denied()


def _denied() -> Denied:
    return Denied("this store was opened for reading only", hint="open it for writing, or write to another one")


class Measured(Forwarding):
    """A blob store that counts: ``calls`` by method, and the bytes read and written.

    Args:
        inner: the store inside.
    """

    def __init__(self, inner: BlobStore) -> None:
        super().__init__(inner)
        self.calls: Counter[str] = Counter()
        self.read_bytes = 0
        self.written_bytes = 0

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        self.calls["put"] += 1
        self.written_bytes += len(data)
        return self.inner.put(data)

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces; return their digest and size in bytes."""
        self.calls["put_stream"] += 1
        digest, size_bytes = self.inner.put_stream(pieces, expected=expected)
        self.written_bytes += size_bytes
        return digest, size_bytes

    def put_file(self, path: PathLike[str] | str, *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store the content of a file, read once."""
        self.calls["put_file"] += 1
        digest, size_bytes = self.inner.put_file(path, expected=expected)
        self.written_bytes += size_bytes
        return digest, size_bytes

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified."""
        self.calls["get"] += 1
        data = self.inner.get(digest)
        self.read_bytes += len(data)
        return data

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces; a whole read is verified at its end."""
        self.calls["open"] += 1
        for piece in self.inner.open(digest, start=start, size=size):
            self.read_bytes += len(piece)
            yield piece

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here."""
        self.calls["has"] += 1
        return self.inner.has(digests)

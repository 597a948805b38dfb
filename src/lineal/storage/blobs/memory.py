"""Blobs in memory: for tests, and for whatever need not outlive the process."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from os import PathLike
from pathlib import Path

from lineal.objects.digest import Digest, digest_of
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import Bundle, Lying


class MemoryBlobs:
    """A blob store that is gone with its process."""

    def __init__(self) -> None:
        self._blobs: dict[Digest, bytes] = {}

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        digest = digest_of(data)
        self._blobs[digest] = bytes(data)
        return digest

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces; return their digest and size in bytes. Raises Corrupt."""
        data = b"".join(pieces)
        if expected and digest_of(data) != expected:
            raise reading.corrupt(expected, digest_of(data), "what arrived")
        return self.put(data), len(data)

    def bundle(self) -> AbstractContextManager[Bundle]:
        """Take many small blobs."""
        return nullcontext(reading.Single(self.put))

    def get_many(self, digests: Collection[Digest]) -> Iterator[tuple[Digest, bytes]]:
        """Yield the bytes of many small blobs, verified. Raises NotFound, Corrupt."""
        return reading.one_by_one(self.get, digests)

    def places(self, digests: Collection[Digest]) -> Iterator[Lying]:
        """Yield files of this machine with small blobs in them, and where they lie there: none."""
        return iter(())

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> tuple[Digest, int]:
        """Store the content of a file, read once. Raises NotFound, Invalid, Conflict, Corrupt."""
        return self.put_stream(reading.file_pieces(path), expected=expected)

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified. Raises NotFound, Corrupt."""
        return b"".join(self.open(digest))

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in one piece. Raises NotFound, Corrupt."""
        if digest not in self._blobs:
            raise reading.missing(digest)
        data = self._blobs[digest]
        if start or size is not None:
            return iter((data[start : None if size is None else start + size],))
        return reading.verified((data,), digest, "memory")

    def size(self, digest: Digest) -> int:
        """Return the size in bytes. Raises NotFound."""
        if digest not in self._blobs:
            raise reading.missing(digest)
        return len(self._blobs[digest])

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here."""
        return self._blobs.keys() & set(digests)

    def list(self) -> Iterator[Digest]:
        """Yield the digest of everything that is here, in order."""
        return iter(sorted(self._blobs))

    def delete(self, digest: Digest) -> None:
        """Forget the bytes; nothing happens when they are not here."""
        self._blobs.pop(digest, None)

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file, verified, all or nothing. Raises NotFound, Corrupt, Unavailable."""
        reading.write_whole(self.open(digest), path, path.parent)

    def spoil(self, digest: Digest, data: bytes) -> None:
        """Put other bytes in the place of a blob, as a failing disk does. For tests."""
        self._blobs[digest] = data

"""The interface of a blob store. ``lineal.testing.contracts.blob_store`` is its definition in tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from os import PathLike
from pathlib import Path
from typing import NamedTuple, Protocol

from lineal.formats.pack import Place
from lineal.objects.digest import Digest

PIECE_BYTES = 1 << 20
"""How much is read or written at once."""


SMALL_BYTES = 1 << 20
"""Blobs below this size are worth keeping together; those above have a place of their own."""


class Bundle(Protocol):
    """Small blobs on their way into a store, together."""

    def put(self, digest: Digest, data: bytes) -> None:
        """Take a blob and its digest, which the caller computed from it."""


class Lying(NamedTuple):
    """A file of this machine with small blobs in it: where they lie there, one behind the other.

    ``are_checked`` says that all of them were just compared with their digests, and that the file is as it was then.
    """

    path: Path
    places: list[Place]
    are_checked: bool = False


class BlobStore(Protocol):
    """Immutable bytes by digest. Writing the same bytes twice, or from two places at once, is harmless.

    Every method may raise ``Unavailable`` when the place cannot be reached, read or written.
    """

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces; return their digest and size in bytes.

        Raises:
            Corrupt: they are not what was ``expected``; nothing is stored.
        """

    def bundle(self) -> AbstractContextManager[Bundle]:
        """Take many small blobs, which are written together where that is faster.

        All are stored once the block ends; when it raises, any of them may be.
        """

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> tuple[Digest, int]:
        """Store the content of a file, read once; return its digest and size in bytes.

        Args:
            path: the file.
            expected: what its digest must be.
            base: a blob that has much in common with it, such as the version before; a store may keep only the rest.

        Raises:
            NotFound: there is no such file.
            Conflict: it changed while it was read.
            Corrupt: it is not what was ``expected``.
        """

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified.

        Raises:
            NotFound: they are not here.
            Corrupt: other bytes are in their place.
        """

    def get_many(self, digests: Collection[Digest]) -> Iterator[tuple[Digest, bytes]]:
        """Yield the bytes of many small blobs, verified, each with its digest, in the order that is fastest here.

        Raises:
            NotFound: one is not here.
            Corrupt: other bytes are in the place of one.
        """

    def places(self, digests: Collection[Digest]) -> Iterator[Lying]:
        """Yield files of this machine with small blobs in them, for those who would have them read elsewhere than here.

        Each blob comes once; one that has no such place is left out.
        """

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces, from ``start`` on, ``size`` at most; a whole read is verified at its end.

        Raises:
            NotFound: they are not here.
            Corrupt: other bytes are in their place; known only once all pieces were read.
        """

    def size(self, digest: Digest) -> int:
        """Return the size in bytes. Raises NotFound."""

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here."""

    def list(self) -> Iterator[Digest]:
        """Yield the digest of everything that is here, in order."""

    def delete(self, digest: Digest) -> None:
        """Forget the bytes; nothing happens when they are not here."""

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file, verified, all or nothing.

        Raises:
            NotFound: they are not here.
            Corrupt: other bytes are in their place; no file is left.
        """

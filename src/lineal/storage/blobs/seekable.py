"""A blob as a file that can be read here and there."""

from __future__ import annotations

import io
from typing import BinaryIO

from lineal.objects.digest import Digest
from lineal.storage.blobs.blobs import BlobStore

_BUFFER_BYTES = 1 << 18


class _Raw(io.RawIOBase):
    def __init__(self, blobs: BlobStore, digest: Digest) -> None:
        super().__init__()
        self._blobs = blobs
        self._digest = digest
        self._size = blobs.size(digest)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("there is nothing before the beginning")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # RawIOBase takes any buffer
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        done = 0
        for piece in self._blobs.open(self._digest, start=self._at, size=wanted):
            buffer[done : done + len(piece)] = piece
            done += len(piece)
        self._at += done
        return done


def open_seekable(blobs: BlobStore, digest: Digest, *, buffer_bytes: int = _BUFFER_BYTES) -> BinaryIO:
    """Return a blob as a file. Its bytes are not verified, for nobody reads all of them.

    Args:
        blobs: where it is.
        digest: of the blob.
        buffer_bytes: so much is read at once.

    Raises:
        NotFound: it is not here.
    """
    return io.BufferedReader(_Raw(blobs, digest), buffer_bytes)

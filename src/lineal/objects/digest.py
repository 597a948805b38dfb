"""Digests: the names that bytes give themselves."""

from __future__ import annotations

import hashlib
import re
from typing import NewType

Digest = NewType("Digest", str)
"""``sha256:`` and 64 lower-case hexadecimal digits, as in OCI and OpenSSF."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
PREFIX = r"sha256:[0-9a-f]{4,64}"


def digest_of(data: bytes | bytearray | memoryview) -> Digest:
    """Return the digest of ``data``."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def is_digest(text: str) -> bool:
    """Tell whether ``text`` is a whole digest."""
    return _DIGEST.fullmatch(text) is not None


def short(digest: str) -> str:
    """Return the first 12 digits of ``digest`` with the algorithm, as people read it."""
    return digest[:19]


class Hasher:
    """Digest of bytes that arrive piece by piece; counts them too."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.size_bytes = 0

    def update(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next piece."""
        self._sha256.update(piece)
        self.size_bytes += len(piece)

    @property
    def digest(self) -> Digest:
        """The digest of every piece so far."""
        return Digest("sha256:" + self._sha256.hexdigest())

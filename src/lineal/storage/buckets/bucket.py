"""The interface of a bucket. ``lineal.testing.contracts.bucket`` is its definition in tests.

A bucket is dumb on purpose: whatever S3, Google Cloud Storage, Azure and a directory all do in the same way, and
nothing else. No answer of ours depends on a conditional write, a checksum or an ETag of theirs: keys name their content
and we hash what we read (``docs/decisions/``). Whom we send to the store itself cannot: ``remotes/addresses.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from lineal.objects.digest import Digest

Progress = Callable[[int], None]
"""Told of bytes as they pass: how many more."""


class Held(msgspec.Struct, frozen=True):
    """One object of a bucket. ``version`` is the store's own id of these bytes, where it keeps versions."""

    key: str
    size_bytes: int
    modified_at: int
    etag: str = ""
    version: str = ""


class Bucket(Protocol):
    """Bytes by key. Keys are relative paths of ASCII letters, digits, ``._-`` and ``/``. Any thread may use it.

    A key shows all of its bytes or none: an upload that broke off leaves nothing that can be read. Every method may
    raise ``Unavailable`` (cannot be reached, again and again) and ``Denied`` (we may not).
    """

    @property
    def url(self) -> str:
        """Where it is, as people write it, without secrets."""

    def put(self, key: str, data: bytes) -> Held:
        """Store ``data`` under ``key``, in place of what was there."""

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file; a large one in parts, several at once. Raises NotFound."""

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        """Return the bytes from ``start`` on, ``size`` at most. Raises NotFound."""

    def fetch(
        self,
        key: str,
        path: Path,
        *,
        version: str = "",
        hashed: bool = False,
        spare: Path | None = None,
        progress: Progress | None = None,
    ) -> Digest | None:
        """Write the bytes to a file, a large one in ranges, several at once; all or nothing. Raises NotFound.

        Args:
            key: which.
            path: where they go.
            version: the store's id of the bytes that are meant, even when others are there now, or none.
            hashed: whether the digest is of use.
            spare: a second file for the same bytes, safe or not. It is written, together with its name, only where that
                takes no second reading and the digest is returned.
            progress: is told of bytes as they pass.

        Returns:
            The digest of what was written, where that is asked for and the bytes pass by in their order; else None.
        """

    def head(self, key: str) -> Held | None:
        """Return what is known of ``key``, or None when nothing is there."""

    def list(self, prefix: str = "") -> Iterator[Held]:
        """Yield everything whose key begins with ``prefix``, in the order of the keys."""

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is under ``keys``; nothing happens for those that are not there."""

"""Addresses at which an object store itself gives bytes, for those who may have them: they need not come through us.

Whoever reads there does not hash what it gets. So an address is given only for an object whose ETag is the one that S3 makes
of our own bytes, and it is good for these bytes only: the ETag goes along as a condition. Everything else comes through us.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from lineal.formats import holding as format_
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, LinealError
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.objectstore import PART_BYTES, ObjectStoreBucket, part_bytes_of
from lineal.storage.buckets.wrappers import innermost

LASTING = timedelta(minutes=15)
"""So long an address is good; clients that need it for longer ask again."""

_WAIT_S = 10.0
"""Until an ETag is known somebody waits; a file that takes longer to read comes through us this time."""

_AWAY_S = 30.0
"""So long a store that did not answer is not asked again."""

_READ_AT_ONCE = 2
_KNOWN_MAX = 100_000

_log = logging.getLogger(__name__)


class Address(NamedTuple):
    """Where bytes are had, and what to say there."""

    url: str
    headers: dict[str, str]


class Addresses:
    """Gives addresses of what one remote holds.

    Args:
        bucket: the remote's.
        blobs: the bytes that are meant.

    Raises:
        Invalid: it is not on S3.
        Denied: nobody has said who we are there, so nothing can be signed.
    """

    def __init__(self, bucket: Bucket, blobs: BlobStore) -> None:
        inner = innermost(bucket)
        if not (isinstance(inner, ObjectStoreBucket) and inner.url.startswith("s3://")):
            raise Invalid(f"{bucket.url} gives no addresses to others", hint="name a remote on S3")
        # Not through what tries again and again: a client waits, and has us instead.
        self._bucket = inner
        self._blobs = blobs
        self._etags: dict[Digest, Future[str]] = {}
        self._lock = threading.Lock()
        self._reading = threading.Semaphore(_READ_AT_ONCE)
        self._away_until = 0.0
        inner.address(format_.MARKER, LASTING)

    def of(self, digest: Digest, size_bytes: int) -> Address | None:
        """Return an address of a blob, or None where the remote does not hold these bytes as an object of their own."""
        # Smaller ones are never sent as objects of their own.
        if size_bytes < SMALL_BYTES or time.monotonic() < self._away_until:
            return None
        key = format_.bytes_key("blob", digest)
        try:
            held = self._bucket.head(key)
            if held is None or held.size_bytes != size_bytes or held.etag != self._etag(digest, size_bytes):
                return None
            return Address(self._bucket.address(key, LASTING), {"If-Match": f'"{held.etag}"'})
        except LinealError as error:
            _log.warning("artifacts come through this server for a while: %s", error.message)
            self._away_until = time.monotonic() + _AWAY_S
            return None

    def _etag(self, digest: Digest, size_bytes: int) -> str:
        """Return the ETag of a blob; nothing when that takes too long now, or the blob cannot be read."""
        with self._lock:
            if not (found := self._etags.get(digest)):
                if len(self._etags) >= _KNOWN_MAX:
                    self._etags.clear()
                found = self._etags[digest] = Future()
                # It must not hold up the end of the server.
                threading.Thread(target=self._read, args=(digest, size_bytes, found), daemon=True).start()
        with suppress(TimeoutError):
            return found.result(_WAIT_S)
        return ""

    def _read(self, digest: Digest, size_bytes: int, found: Future[str]) -> None:
        etag = ""
        try:
            with self._reading:
                etag = etag_of(self._blobs.open(digest), size_bytes)
        except LinealError as error:
            _log.warning("%s", error.message)
        finally:
            found.set_result(etag)
            if not etag:
                with self._lock:
                    self._etags.pop(digest, None)


def etag_of(pieces: Iterable[bytes], size_bytes: int) -> str:
    """Return the ETag that S3 gives to bytes that a bucket sent: their MD5, or that of the MD5s of their parts.

    A store that encrypts them by a key of its own gives another one.

    Args:
        pieces: the bytes.
        size_bytes: how many there are.
    """
    part_bytes = part_bytes_of(size_bytes)
    sums, part, room = list[bytes](), hashlib.md5(usedforsecurity=False), part_bytes
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            if not room:
                sums.append(part.digest())
                part, room = hashlib.md5(usedforsecurity=False), part_bytes
            part.update(rest[:room])
            room, rest = room - len(rest[:room]), rest[room:]
    if size_bytes <= PART_BYTES:
        return part.hexdigest()
    sums.append(part.digest())
    return f"{hashlib.md5(b''.join(sums), usedforsecurity=False).hexdigest()}-{len(sums)}"

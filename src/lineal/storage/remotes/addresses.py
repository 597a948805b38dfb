"""Addresses at which an object store itself gives bytes, for those who may have them: they need not come through us.

Whoever reads there does not hash what it gets. So an address is given only for an object whose ETag is the one that S3 makes
of our own bytes, and it is good for these bytes only: the ETag goes along as a condition. Everything else comes through us.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from lineal.formats import holding as format_
from lineal.formats import prometheus
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, LinealError
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.objectstore import ObjectStoreBucket, part_bytes_of
from lineal.storage.buckets.wrappers import innermost

LASTING = timedelta(minutes=15)
"""So long an address is good; clients that need it for longer ask again."""

_WAIT_S = 10.0
"""Until an ETag is known somebody waits; a file that takes longer to read comes through us this time."""

_AWAY_S = 30.0
"""So long a store that did not answer is not asked again."""

_READ_AT_ONCE = 2
_KNOWN_MAX = 100_000

_CLIENTS_PART_BYTES = 10 << 20
"""How large the parts are that MLflow's clients send unless they are told otherwise."""

_log = logging.getLogger(__name__)


class Address(NamedTuple):
    """Where bytes are had, and what to say there."""

    url: str
    headers: dict[str, str]


def on_s3(bucket: Bucket, wrong: str) -> ObjectStoreBucket:
    """Return a bucket on S3 without what tries again and again: a client waits, and has us instead.

    Raises Invalid, which says what is ``wrong`` with one that is elsewhere.
    """
    inner = innermost(bucket)
    if isinstance(inner, ObjectStoreBucket) and inner.url.startswith("s3://"):
        return inner
    raise Invalid(f"{bucket.url} {wrong}", hint="name a remote on S3")


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
        self._bucket = on_s3(bucket, "gives no addresses to others")
        self._blobs = blobs
        self._etags: dict[tuple[Digest, int], Future[frozenset[str]]] = {}
        self._lock = threading.Lock()
        self._reading = threading.Semaphore(_READ_AT_ONCE)
        self._away_until = 0.0
        self.given = prometheus.Counter(
            "lineal_direct_downloads_total", "Files for which an address of an object store was given."
        )
        self.given_bytes = prometheus.Counter(
            "lineal_direct_download_bytes_total", "Bytes of those files; the store alone knows how many were fetched."
        )
        self._bucket.address(format_.MARKER, LASTING)

    @property
    def url(self) -> str:
        """Where it is."""
        return self._bucket.url

    @property
    def measures(self) -> tuple[prometheus.Counter, ...]:
        """What is counted of them."""
        return self.given, self.given_bytes

    def of(self, digest: Digest, size_bytes: int) -> Address | None:
        """Return an address of a blob, or None where the remote does not hold these bytes as an object of their own."""
        # Smaller ones are never sent as objects of their own.
        if size_bytes < SMALL_BYTES or time.monotonic() < self._away_until:
            return None
        key = format_.bytes_key("blob", digest)
        try:
            held = self._bucket.head(key)
            if held is None or held.size_bytes != size_bytes:
                return None
            if held.etag not in self._etags_of(digest, size_bytes, _count_of(held.etag)):
                return None
            address = Address(self._bucket.address(key, LASTING), {"If-Match": f'"{held.etag}"'})
        except LinealError as error:
            _log.warning("artifacts come through this server for a while: %s", error.message)
            self._away_until = time.monotonic() + _AWAY_S
            return None
        self.given.add()
        self.given_bytes.add(size_bytes)
        return address

    def know(self, digest: Digest, etag: str) -> None:
        """Take note of the ETag of a blob from somebody who just read its bytes."""
        known = Future[frozenset[str]]()
        known.set_result(frozenset((etag,)))
        with self._lock:
            self._etags[digest, _count_of(etag)] = known

    def _etags_of(self, digest: Digest, size_bytes: int, count: int) -> frozenset[str]:
        """Return what the ETag of a blob in so many parts may be; nothing when that takes too long, or nobody can tell."""
        with self._lock:
            if not (found := self._etags.get((digest, count))):
                if not (sizes := part_sizes(size_bytes, count)):
                    return frozenset()
                if len(self._etags) >= _KNOWN_MAX:
                    self._etags.clear()
                found = self._etags[digest, count] = Future[frozenset[str]]()
                # It must not hold up the end of the server.
                told = (digest, count, sizes, found)
                threading.Thread(target=self._read, args=told, daemon=True).start()
        with suppress(TimeoutError):
            return found.result(_WAIT_S)
        return frozenset()

    def _read(self, digest: Digest, count: int, sizes: set[int], found: Future[frozenset[str]]) -> None:
        etags = frozenset[str]()
        try:
            with self._reading:
                etags = etags_of(self._blobs.open(digest), count, sizes)
        except LinealError as error:
            _log.warning("%s", error.message)
        finally:
            found.set_result(etags)
            if not etags:
                with self._lock:
                    self._etags.pop((digest, count), None)


def etags_of(pieces: Iterable[bytes], count: int, sizes: Iterable[int]) -> frozenset[str]:
    """Return the ETags that S3 gives to bytes: their MD5, or that of the MD5s of their parts.

    A store that encrypts them by a key of its own gives another one.

    Args:
        pieces: the bytes.
        count: in how many parts they were sent; 0 for one request without parts.
        sizes: how large each of the parts may have been but the last.
    """
    summed = [_Summed(each) for each in sizes]
    for piece in pieces:
        for each in summed:
            each.update(piece)
    return frozenset(joined_etag(each.sums()) if count else each.sums()[0].hex() for each in summed)


class _Summed:
    """The MD5s of the parts of bytes.

    Args:
        part_bytes: how large each is but the last.
    """

    def __init__(self, part_bytes: int) -> None:
        self._part_bytes = self._room = part_bytes
        self._done = list[bytes]()
        self._part = hashlib.md5(usedforsecurity=False)

    def update(self, piece: bytes) -> None:
        """Go on with the next bytes."""
        rest = memoryview(piece)
        while rest:
            if not self._room:
                self._done.append(self._part.digest())
                self._part, self._room = hashlib.md5(usedforsecurity=False), self._part_bytes
            self._part.update(rest[: self._room])
            self._room, rest = self._room - len(rest[: self._room]), rest[self._room :]

    def sums(self) -> list[bytes]:
        """Return them."""
        return [*self._done, self._part.digest()]


def joined_etag(sums: Sequence[bytes]) -> str:
    """Return the ETag that S3 gives to an object made of parts.

    Args:
        sums: their MD5s.
    """
    return f"{hashlib.md5(b''.join(sums), usedforsecurity=False).hexdigest()}-{len(sums)}"


def part_sizes(size_bytes: int, count: int) -> set[int]:
    """Return how large each part of an object may have been but the last; nothing where nobody can tell.

    Args:
        size_bytes: how large all of them are.
        count: how many there are; 0 for an object without parts.
    """
    if count <= 1:
        return {size_bytes}
    if not size_bytes:
        return set()
    # Buckets have their way, MLflow's clients have theirs, and others send whole MiBs.
    whole = -(-size_bytes // (count << 20)) << 20
    return {each for each in (part_bytes_of(size_bytes), _CLIENTS_PART_BYTES, whole) if -(-size_bytes // each) == count}


def _count_of(etag: str) -> int:
    """Return in how many parts an object was sent, as its ETag says; 0 for one request without parts."""
    count = etag.partition("-")[2]
    return int(count) if count.isascii() and count.isdecimal() and len(count) <= 5 else 0

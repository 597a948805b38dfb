"""Parts of uploads that go straight to an object store, each an object of its own, until all are one file here.

Nothing that lies there has a name. Whoever has sent all parts says which ETag the store gave to each; they are read here in
their order, and each must be the bytes whose MD5 that is: not others that came to the same address later, and not what the
store damaged meanwhile. A store whose ETags are no MD5 takes no uploads.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import groupby, islice
from typing import NamedTuple

from lineal.formats import holding as format_
from lineal.formats import prometheus
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Corrupt, Invalid, LinealError, NotFound
from lineal.storage.blobs.blobs import SMALL_BYTES
from lineal.storage.blobs.parts import KEPT_SECONDS
from lineal.storage.buckets.bucket import Bucket, Held
from lineal.storage.buckets.joining import Joining
from lineal.storage.buckets.objectstore import RANGE_BYTES
from lineal.storage.clock import Clock
from lineal.storage.remotes.addresses import joined_etag, on_s3
from lineal.storage.remotes.remote import Remote

KEPT_MS = KEPT_SECONDS * 1_000
"""An upload that got nothing for so long is given up."""

_LASTING = timedelta(minutes=15)
_LASTING_A_PART = timedelta(seconds=10)
"""A client gets all addresses at once and sends part after part: in parts of 10 MiB, 1 MiB a second is enough."""

_AWAY_S = 30.0
"""So long a store that cannot take uploads is not asked again."""

_SWEPT_EVERY_S = 3_600.0
_AHEAD = 3
_BEGUN = "begun"

_log = logging.getLogger(__name__)


class Staging:
    """Where one remote takes uploads.

    Args:
        bucket: the remote's.
        clock: tells which uploads are old.

    Raises:
        Invalid: it is not on S3.
        Denied: nobody has said who we are there, so nothing can be signed.
    """

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._at_once = on_s3(bucket, "takes nothing at addresses of its own")
        self._joining = Joining(self._at_once)
        self._clock = clock
        self._away_until = 0.0
        self._swept_at = -_SWEPT_EVERY_S
        self._lock = threading.Lock()
        self.given = prometheus.Counter(
            "lineal_direct_upload_parts_total", "Parts of uploads for which an address of an object store was given."
        )
        self.kept_bytes = prometheus.Counter(
            "lineal_direct_upload_bytes_total", "Bytes of files that were sent there, read here and given their name."
        )
        self._at_once.addresses_to_write((format_.MARKER,), _LASTING)

    @property
    def measures(self) -> tuple[prometheus.Counter, ...]:
        """What is counted of them."""
        return self.given, self.kept_bytes

    @property
    def url(self) -> str:
        """Where it is."""
        return self._bucket.url

    def begin(self, upload: str, count: int) -> Sequence[str]:
        """Return an address for each part of an upload; none where the store cannot take it now.

        Args:
            upload: its id.
            count: how many parts it has.
        """
        if time.monotonic() < self._away_until:
            return ()
        try:
            self._try(upload)
            keys = [_key(upload, str(number)) for number in range(1, count + 1)]
            addresses = self._at_once.addresses_to_write(keys, lasting(count))
        except LinealError as error:
            _log.warning("uploads come through this server for a while: %s", error.message)
            self._away_until = time.monotonic() + _AWAY_S
            return ()
        self.given.add(count)
        self._sweep_behind()
        return addresses

    def _try(self, upload: str) -> None:
        """Store a first object of the upload: that the store is there, lets us write, and tells MD5s is seen by it."""
        Remote(self._at_once, "", self._clock).check(make=True)
        said = upload.encode()
        held = self._at_once.put(_key(upload, _BEGUN), said)
        if held.etag != hashlib.md5(said, usedforsecurity=False).hexdigest():
            raise Invalid(
                f"the ETags of {self._bucket.url} are not the MD5 of what it keeps", hint="name another remote"
            )

    def pieces(self, upload: str, etags: Sequence[str]) -> Iterator[bytes]:
        """Yield the bytes of all parts, one after the other; a few are fetched ahead.

        Args:
            upload: which upload.
            etags: what the store said to whoever sent the parts, the first one first.

        Raises:
            NotFound: one of the parts is not there.
            Conflict: another part is in its place.
            Corrupt: the store gave other bytes than it took.
            Unavailable: it cannot be reached.
        """
        parts = self._found(upload, etags)
        pool = ThreadPoolExecutor(_AHEAD, "lineal-staged")
        try:
            rest = _ranges(parts)
            running = deque(pool.submit(self._read, each) for each in islice(rest, _AHEAD))
            part = hashlib.md5(usedforsecurity=False)
            while running:
                wanted, data, found = running.popleft().result()
                running.extend(pool.submit(self._read, each) for each in islice(rest, 1))
                if not found:
                    part.update(data)
                if wanted.is_last:
                    if (found or part.hexdigest()) != wanted.part.etag:
                        raise Corrupt(f"{wanted.part.key} is not what was sent there", hint="send the file again")
                    part = hashlib.md5(usedforsecurity=False)
                yield data
        finally:
            pool.shutdown(cancel_futures=True)

    def _found(self, upload: str, etags: Sequence[str]) -> list[Held]:
        """Return what is there of the parts. Raises NotFound, Conflict."""
        there = {each.key: each for each in self._bucket.list(_folder(upload))}
        parts = list[Held]()
        for number, etag in enumerate(etags, 1):
            if not (held := there.get(_key(upload, str(number)))):
                raise NotFound(f"part {number} is not there", hint=f"send it again; {_KEPT}")
            if held.etag != etag:
                raise Conflict(f"part {number} was replaced after it was sent", hint="send the file again")
            parts.append(held)
        return parts

    def _read(self, wanted: _Range) -> tuple[_Range, bytes, str]:
        """Fetch a range, and hash it where it is the whole part: here several are hashed at once."""
        data = (
            self._bucket.get(wanted.part.key, start=wanted.start, size=RANGE_BYTES) if wanted.part.size_bytes else b""
        )
        is_whole = wanted.is_last and not wanted.start
        return wanted, data, hashlib.md5(data, usedforsecurity=False).hexdigest() if is_whole else ""

    def join(self, upload: str, etags: Sequence[str], digest: Digest, size_bytes: int) -> str:
        """Have the store make a blob of the remote of parts that were read, and return its ETag; nothing where it cannot.

        Args:
            upload: which upload.
            etags: those of its parts, which were compared with their bytes.
            digest: what the bytes of all of them are.
            size_bytes: how many there are.
        """
        key = format_.bytes_key("blob", digest)
        try:
            parts = self._found(upload, etags)
            if size_bytes < SMALL_BYTES or not self._joining.can(parts):
                return ""
            if (held := self._bucket.head(key)) and held.size_bytes == size_bytes:
                return ""
            self._joining.join(key, parts)
        except LinealError as error:
            _log.warning("an upload does not become an object of its own: %s", error.message)
            return ""
        return joined_etag([bytes.fromhex(each) for each in etags])

    def drop(self, upload: str) -> None:
        """Let go of the parts. What cannot be removed now goes when it is old."""
        try:
            self._bucket.delete([each.key for each in self._bucket.list(_folder(upload))])
        except LinealError as error:
            _log.warning("an upload stays in the store for a day: %s", error.message)

    def sweep(self) -> None:
        """Remove uploads that were given up. Raises what a bucket raises."""
        self._bucket.delete([each.key for each in given_up(self._bucket, self._clock.now() - KEPT_MS)])

    def _sweep_behind(self) -> None:
        """Have that done beside, now and then."""
        with self._lock:
            if (now := time.monotonic()) - self._swept_at < _SWEPT_EVERY_S:
                return
            self._swept_at = now

        def sweep() -> None:
            try:
                self.sweep()
            except LinealError as error:
                _log.warning("uploads that were given up stay in the store: %s", error.message)

        threading.Thread(target=sweep, name="lineal-swept", daemon=True).start()


class _Range(NamedTuple):
    """What one request reads of a part."""

    part: Held
    start: int

    @property
    def is_last(self) -> bool:
        """Whether the part ends there."""
        return self.start + RANGE_BYTES >= self.part.size_bytes


def _ranges(parts: Iterable[Held]) -> Iterator[_Range]:
    return (_Range(part, start) for part in parts for start in range(0, max(1, part.size_bytes), RANGE_BYTES))


_KEPT = f"parts are kept for {KEPT_SECONDS // 3600} hours"


def lasting(count: int) -> timedelta:
    """Return how long the addresses of an upload of so many parts are good: as long as a slow client needs."""
    return min(_LASTING + count * _LASTING_A_PART, timedelta(seconds=KEPT_SECONDS))


def given_up(bucket: Bucket, before: int) -> Iterator[Held]:
    """Yield what is left of uploads that nobody added to after a time.

    Args:
        bucket: a remote's.
        before: the time, in milliseconds since 1970.
    """
    for _, held in groupby(bucket.list(format_.UPLOADS), key=lambda each: each.key.rpartition("/")[0]):
        found = list(held)
        if max(each.modified_at for each in found) < before:
            yield from found


def _folder(upload: str) -> str:
    return f"{format_.UPLOADS}{upload}/"


def _key(upload: str, name: str) -> str:
    return _folder(upload) + name

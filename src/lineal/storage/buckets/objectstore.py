"""S3, Google Cloud Storage and Azure as buckets, through obstore."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid, Unavailable
from lineal.storage.blobs.reading import guarded
from lineal.storage.buckets import failures, files
from lineal.storage.buckets.bucket import Held, Progress
from lineal.storage.buckets.keys import check_key, is_key
from lineal.storage.clock import SystemClock
from lineal.storage.direct import write_at

if TYPE_CHECKING:
    from obstore.store import ObjectStore, S3Store

PART_BYTES = 8 << 20
"""A file up to this size is sent in one request, a larger one in parts of it."""

RANGE_BYTES = 16 << 20
"""How much of an object one request reads."""

_AT_ONCE = 8
"""How many parts or ranges of large files are on their way at once."""

_ROOM_MIB = _AT_ONCE * PART_BYTES >> 20
"""How much of one bucket is in memory, whoever asked and however often. Small objects have room for one MiB each."""

_PARTS_MAX = 10_000
_PIECE_BYTES = 1 << 20
_STREAMED_BYTES = 2 << 20
_PAGE = 1_000


class ObjectStoreBucket:
    """A bucket, or what is below a prefix of one.

    Args:
        store: obstore's.
        url: where it is, as people write it.
        prefix: what every key is put behind; empty, or ends with a slash.
        hint: how to give credentials to this kind of store.
    """

    def __init__(self, store: ObjectStore, *, url: str, prefix: str = "", hint: str = "") -> None:
        self.store = store
        self.url = url
        self.prefix = prefix
        self._hint = hint
        self._room = _Room(_ROOM_MIB)

    def put(self, key: str, data: bytes) -> Held:
        """Store ``data`` under ``key``, in one request."""
        import obstore  # noqa: PLC0415 - whoever has no remote need not load it

        with self._room.taken(_mib(len(data))), self._told(key):
            said = obstore.put(self.store, self._whole(key), bytes(data), use_multipart=False)
        return _stored(key, len(data), said)

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file; a large one in parts, several at once. Raises NotFound, Conflict."""
        with files.source(path) as descriptor:
            size_bytes = os.fstat(descriptor).st_size
            if size_bytes > PART_BYTES:
                return self._put_parts(key, _File(path, descriptor, size_bytes), progress)
            held = self.put(key, b"".join(_File(path, descriptor, size_bytes).pieces(PART_BYTES)))
            if progress:
                progress(size_bytes)
            return held

    def _put_parts(self, key: str, file: _File, progress: Progress | None) -> Held:
        import obstore  # noqa: PLC0415 - as above

        part_bytes = part_bytes_of(file.size_bytes)
        # Of a file beyond 80 GB the parts are larger, and fewer at once.
        at_once = max(1, min(-(-file.size_bytes // part_bytes), _AT_ONCE * PART_BYTES // part_bytes))
        with self._room.taken(_mib(at_once * part_bytes)), self._told(key):
            obstore.put(
                self.store,
                self._whole(key),
                file.pieces(part_bytes, progress),
                use_multipart=True,
                chunk_size=part_bytes,
                max_concurrency=at_once,
            )
        held = self.head(key)
        if held is None or held.size_bytes != file.size_bytes:
            raise Unavailable(f"{self.url} did not keep all of {key}", hint="try again; lineal doctor tests the store")
        return held

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        """Return the bytes from ``start`` on, ``size`` at most. Raises NotFound."""
        if size == 0:
            if self.head(key) is None:
                raise failures.missing(self.url, key)
            return b""
        wanted = {"offset": start} if size is None else (start, start + size)
        try:
            with self._room.taken(_mib(size or 0)), self._told(key):
                return bytes(self._open(key, wanted if start or size is not None else None).bytes())
        except failures.OutOfRange:
            return b""

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
        """Write the bytes to a file, a large one in ranges, several at once; all or nothing. Raises NotFound."""
        with guarded(path), files.whole_file(path, files.beside(path)) as descriptor:
            try:
                # The first answer tells how large the object is, so that nobody need ask before.
                with self._room.taken(_mib(PART_BYTES)), self._told(key):
                    first = self._open(key, (0, RANGE_BYTES), version)
                    files.reserve(descriptor, first.meta["size"])
                    _Range(key, version, 0, min(RANGE_BYTES, first.meta["size"])).write(first, descriptor, progress)
            except failures.OutOfRange:
                return None  # it is empty
            rest = range(RANGE_BYTES, first.meta["size"], RANGE_BYTES)
            ranges = [_Range(key, version, start, min(start + RANGE_BYTES, first.meta["size"])) for start in rest]
            self._fetch_all(ranges, first.meta["e_tag"], descriptor, progress)
        return None

    def stream(self, key: str, *, version: str = "") -> Iterator[bytes]:
        """Yield the bytes of an object, or of one of its versions, in pieces; others may have called it what no key is here.

        Raises:
            NotFound: there is no such object, or no such version.
            Invalid: no object can be called that.
        """
        import obstore  # noqa: PLC0415 - as above
        from obstore.exceptions import InvalidPathError  # noqa: PLC0415 - as above

        with self._told(key):
            try:
                found = obstore.get(self.store, self.prefix + key, options={"version": version} if version else None)
                for piece in found.stream(min_chunk_size=_STREAMED_BYTES):
                    yield bytes(piece)
            except (InvalidPathError, ValueError) as error:
                raise Invalid(f"{self.url}/{key} is no key: {error}", hint="no part is empty, '.' or '..'") from None

    def _fetch_all(self, ranges: Iterable[_Range], etag: Any, descriptor: int, progress: Progress | None) -> None:
        def fetch(wanted: _Range) -> None:
            with self._room.taken(_mib(PART_BYTES)), self._told(wanted.key):
                found = self._open(wanted.key, (wanted.start, wanted.end), wanted.version)
                if found.meta["e_tag"] != etag:
                    raise Unavailable(f"{wanted.key} was replaced while it was read", hint="try again")
                wanted.write(found, descriptor, progress)

        running = [self._pool.submit(fetch, each) for each in ranges]
        try:
            wait(running, return_when=FIRST_EXCEPTION)
        finally:
            for each in running:
                each.cancel()
            wait(running)  # nobody may write once the descriptor is closed
        for each in running:
            if not each.cancelled():
                each.result()

    def head(self, key: str) -> Held | None:
        """Return what is known of ``key``, or None."""
        import obstore  # noqa: PLC0415 - as above

        with self._told(key):
            try:
                return _held(key, obstore.head(self.store, self._whole(key)))
            except FileNotFoundError:
                return None

    def list(self, prefix: str = "") -> Iterator[Held]:
        """Yield everything whose key begins with ``prefix``, in the order of the keys."""
        import obstore  # noqa: PLC0415 - as above

        # A store's own prefix ends at a slash, ours anywhere.
        whole = self.prefix + prefix
        folder = whole.rpartition("/")[0]
        if folder and not is_key(folder):
            return
        pages = obstore.list(self.store, prefix=folder or None, chunk_size=_PAGE)
        while True:
            with self._told(""):
                page = next(pages, None)
            if page is None:
                return
            for meta in page:
                path = meta["path"]
                if path.startswith(whole) and is_key(key := path.removeprefix(self.prefix)):
                    yield _held(key, meta)
                elif path > whole and not path.startswith(whole):
                    return

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is under ``keys``."""
        import obstore  # noqa: PLC0415 - as above

        rest = iter(keys)
        while some := [self._whole(key) for key in islice(rest, _PAGE)]:
            with self._told(""):
                try:
                    obstore.delete(self.store, some)
                except FileNotFoundError as error:
                    if failures.is_of_bucket(error):
                        raise
                    # Some stores stop at the first that is not there.
                    for each in some:
                        with suppress(FileNotFoundError):
                            obstore.delete(self.store, each)

    def address(self, key: str, lasting: timedelta) -> str:
        """Return an address at which whoever has it reads what is under ``key``, for a while. Raises Denied, Unavailable."""
        import obstore  # noqa: PLC0415 - as above

        with self._told(key):
            return str(obstore.sign(cast("S3Store", self.store), "GET", self._whole(key), lasting))

    def addresses_to_write(self, keys: Sequence[str], lasting: timedelta) -> Sequence[str]:
        """Return for each key an address at which whoever has it stores bytes, for a while. Raises Denied, Unavailable."""
        import obstore  # noqa: PLC0415 - as above

        with self._told(keys[0]):
            return obstore.sign(cast("S3Store", self.store), "PUT", [self._whole(key) for key in keys], lasting)

    def _open(self, key: str, wanted: Any, version: str = "") -> Any:
        import obstore  # noqa: PLC0415 - as above

        asked = {name: value for name, value in {"range": wanted, "version": version}.items() if value}
        return obstore.get(self.store, self._whole(key), options=asked or None)  # type: ignore[arg-type]

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="lineal-fetch")

    def _whole(self, key: str) -> str:
        return self.prefix + check_key(key)

    def _told(self, key: str) -> AbstractContextManager[None]:
        return failures.told(self.url, key, self._hint)


class _File(NamedTuple):
    """A file on its way out. Its size was told when the upload began."""

    path: Path
    descriptor: int
    size_bytes: int

    def pieces(self, piece_bytes: int, progress: Progress | None = None) -> Iterator[bytes]:
        """Yield the content; what raises in here has the store throw away the parts that it has."""
        start = 0
        while piece := os.pread(self.descriptor, piece_bytes, start):
            start += len(piece)
            if start > self.size_bytes:
                break
            yield piece
            if progress:
                progress(len(piece))
        if start != self.size_bytes:
            raise Conflict(f"{self.path} changed while it was read", hint="try again once nothing writes to it")


class _Range(NamedTuple):
    """The bytes of an object from ``start`` to before ``end``; of one of its versions, if one is named."""

    key: str
    version: str
    start: int
    end: int

    def write(self, found: Any, descriptor: int, progress: Progress | None) -> None:
        """Write what a request found at its place in a file, as it arrives. Raises Unavailable."""
        at = self.start
        for piece in found.stream(min_chunk_size=_PIECE_BYTES):
            write_at(descriptor, piece, at)
            at += len(piece)
            if progress:
                progress(len(piece))
        if at != self.end:
            raise Unavailable(f"{self.key} ended after {at} bytes; it has {self.end}", hint="try again")


class _Room:
    """A number of places; who needs several gets them together, or waits.

    Args:
        places: how many.
    """

    def __init__(self, places: int) -> None:
        self._free = threading.Semaphore(places)
        self._turn = threading.Lock()

    @contextmanager
    def taken(self, places: int) -> Iterator[None]:
        """Take places for the block."""
        with self._turn:
            for _ in range(places):
                self._free.acquire()
        try:
            yield
        finally:
            self._free.release(places)


def part_bytes_of(size_bytes: int) -> int:
    """Return how large the parts are in which a file of this size is sent."""
    return max(PART_BYTES, -(-size_bytes // _PARTS_MAX))


def _mib(size_bytes: int) -> int:
    return max(1, min(_ROOM_MIB, -(-size_bytes >> 20)))


def _stored(key: str, size_bytes: int, said: Any) -> Held:
    etag, version = (said["e_tag"] or "").strip('"'), said["version"] or ""
    return Held(key, size_bytes, SystemClock().now(), etag=etag, version=version)


def _held(key: str, meta: Any) -> Held:
    return Held(
        key=key,
        size_bytes=meta["size"],
        modified_at=int(meta["last_modified"].timestamp() * 1000),
        etag=(meta["e_tag"] or "").strip('"'),
        version=meta["version"] or "",
    )

"""Read files on their way into a store: several at once, small ones kept together, none half changed."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, NamedTuple, Self, TypeVar

from lineal.client.workspace.hand import STAMP
from lineal.client.workspace.hands import FEW_FILES, Answer, Asked, Hands
from lineal.client.workspace.scanning import Stamp, mode_of, stamp_of, unreadable
from lineal.formats import pack
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid, NotFound
from lineal.objects.files import Entry
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore, Bundle
from lineal.storage.progress import Progress

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_ATTEMPTS, _WAIT_S = 3, 0.05
_WORKERS = min(8, os.cpu_count() or 1)
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Item:
    """One file on its way: its digest as soon as that is known, and its bytes while it is small and just read.

    Args:
        path: where it is.
        inside: its path in the tree.
        stamp: what it was when it was looked at.
        digest: its digest, when the index knows it.
        before: the digest that it had before, when it is another file now.
    """

    __slots__ = ("before", "data", "digest", "inside", "mode", "path", "size_bytes", "stamp")

    def __init__(
        self, path: str, inside: str, stamp: Stamp, *, digest: Digest | None = None, before: Digest | None = None
    ) -> None:
        self.path = path
        self.inside = inside
        self.see(stamp)
        self.digest = digest
        self.before = before
        self.data: bytes | None = None

    def see(self, stamp: Stamp) -> None:
        """Take note of what it is now."""
        self.stamp = stamp
        self.size_bytes, _, _, _, self.mode = STAMP.unpack(stamp)

    @property
    def known_digest(self) -> Digest:
        """The digest of a file that was read."""
        assert self.digest  # noqa: S101 - it was read
        return self.digest

    def entry(self) -> Entry:
        """Return what a tree says of it."""
        return Entry(path=self.inside, digest=self.known_digest, size_bytes=self.size_bytes, mode=mode_of(self.mode))


B = TypeVar("B", bound=Sequence[object])


class _Reading(NamedTuple, Generic[B]):
    """A batch on its way: the small files that other processes read, what waits for their answer, and the large ones."""

    batch: B
    items: Sequence[Item]
    small: Sequence[Item]
    answer: Answer | None
    large: Sequence[Future[None]]


class _Threads:
    """Threads that read large files; made for the first one, for most commands read none."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, blobs: BlobStore, item: Item) -> Future[None]:
        """Have a file read."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - it takes its time

            self._pool = ThreadPoolExecutor(_WORKERS, "lineal-read")
        return self._pool.submit(_read, blobs, item)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown()


class Reader:
    """Reads files that are not known, and gives their bytes to a store.

    Args:
        blobs: where the bytes go.
        bundle: where small ones go.
        trusts_index: whether the store certainly still holds what the index knows.
        progress: is told how far it is.
    """

    def __init__(self, blobs: BlobStore, bundle: Bundle, *, trusts_index: bool, progress: Progress) -> None:
        self._blobs = blobs
        self._bundle = bundle
        self._trusts_index = trusts_index
        self._progress = progress
        self._unread = 0

    def read(self, batches: Iterable[B]) -> Iterator[B]:
        """Yield batches in their order once every item in them is read; what else is in them passes.

        Raises:
            Invalid: a device, a socket or a pipe is among them, or a file may not be read.
            Conflict: a file changed while it was read, again and again.
        """
        with _Threads() as readers, Hands("read") as hands:
            window: deque[_Reading[B]] = deque()
            try:
                for batch in batches:
                    if len(window) == hands.room:
                        yield self._kept(window.popleft())
                    window.append(self._begun(batch, readers, hands))
                while window:
                    yield self._kept(window.popleft())
            finally:
                for each in window:
                    for future in each.large:
                        future.cancel()

    def _begun(self, batch: B, readers: _Threads, hands: Hands) -> _Reading[B]:
        """Have what is not known of a batch read: large files in threads, many small ones in processes."""
        items = [each for each in batch if isinstance(each, Item)]
        unread = [each for each in items if each.digest is None]
        small = [each for each in unread if stat.S_ISREG(each.mode) and each.size_bytes < SMALL_BYTES]
        self._unread += len(small)
        if self._unread <= FEW_FILES:
            small = []
        answer = hands.ask([Asked(each.path, each.size_bytes) for each in small]) if small else None
        large = [readers.submit(self._blobs, each) for each in unread if each.size_bytes >= SMALL_BYTES]
        return _Reading(batch, items, small, answer, large)

    def _kept(self, reading: _Reading[B]) -> B:
        """Wait for a batch, and send to the store what it does not hold."""
        batch, items = reading.batch, reading.items
        for item, read in zip(reading.small, reading.answer() if reading.answer else (), strict=True):
            if read and read.stamp == item.stamp:
                item.data, item.digest = read.data, pack.cooked(read.digest)
        for future in reading.large:
            future.result()
        for item in items:
            if item.digest is None:  # nobody else reads it, or could
                _read(self._blobs, item)
        asked = {each.digest for each in items if each.digest and (each.data is not None or not self._trusts_index)}
        missing = asked - self._blobs.has(asked)
        for item in items:
            if item.digest in missing:
                if item.data is None:  # the index knew it, but the store let go of it
                    _read(self._blobs, item)
                if item.data is not None and item.digest:
                    self._bundle.put(item.digest, item.data)
            item.data = None
        self._progress.advance(len(items), sum(each.size_bytes for each in items))
        return batch


def _read(blobs: BlobStore, item: Item) -> None:
    """Read one file; again when it changes meanwhile. Raises Invalid, Conflict."""
    read = _READERS.get(stat.S_IFMT(item.mode), _refuse)
    for attempt in range(_ATTEMPTS):
        try:
            with _steady(item.path):
                return read(blobs, item)
        except Conflict:
            if attempt + 1 == _ATTEMPTS:
                raise
            time.sleep(_WAIT_S)
    return None


@contextmanager
def _steady(path: str) -> Iterator[None]:
    """Tell that a file became another one, or went away, while it was added; and that one may not be read."""
    try:
        yield
    except (NotFound, Corrupt, FileNotFoundError):
        raise _changed(path) from None
    except OSError as error:
        raise unreadable(path, error) from None


def _changed(path: str) -> Conflict:
    return Conflict(f"{path} changed while it was added", hint="try again once nothing writes to it")


def _read_file(blobs: BlobStore, item: Item) -> None:
    if item.size_bytes >= SMALL_BYTES:
        item.see(stamp_of(os.stat(item.path, follow_symlinks=False)))
        item.digest, size = blobs.put_file(item.path, base=item.before)
        if size != item.size_bytes:
            item.digest = None
            raise _changed(item.path)
        return
    descriptor = os.open(item.path, _FLAGS)
    try:
        # One byte more than there should be tells a file that grew.
        data = os.read(descriptor, item.size_bytes + 1)
        after = stamp_of(os.fstat(descriptor))
    finally:
        os.close(descriptor)
    if len(data) != item.size_bytes or after != item.stamp:
        item.see(after)
        raise _changed(item.path)
    item.data, item.digest = data, digest_of(data)


def _read_link(_: BlobStore, item: Item) -> None:
    item.data = os.fsencode(os.readlink(item.path))
    item.digest = digest_of(item.data)


def _refuse(_: BlobStore, item: Item) -> None:
    raise Invalid(f"{item.path} is no regular file", hint="devices, sockets and pipes have no content to keep")


_READERS: dict[int, Callable[[BlobStore, Item], None]] = {stat.S_IFREG: _read_file, stat.S_IFLNK: _read_link}

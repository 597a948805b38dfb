"""Take a directory into a store: read what is not known, keep small files together, and say what stands at which path."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from lineal.client.workspace.index import UNSEEN, Index, Seen, Stamp, stamp_of
from lineal.client.workspace.scanning import Folder, Found, mode_of, unreadable
from lineal.formats import pack
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid, NotFound
from lineal.objects.files import NOTHING, Entry
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore, Bundle
from lineal.storage.progress import Progress

_BATCH_FILES = 2_000
_BATCH_READ_FILES = 256
_BATCH_READ_BYTES = 4 << 20
_ATTEMPTS, _WAIT_S = 3, 0.05
_WORKERS = min(8, os.cpu_count() or 1)
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class _Item:
    """One file on its way: its digest as soon as that is known, and its bytes while it is small and just read."""

    __slots__ = ("before", "data", "digest", "found", "stamp")

    def __init__(self, found: Found, stamp: Stamp) -> None:
        self.found = found
        self.stamp = stamp
        self.digest: Digest | None = None
        self.data: bytes | None = None
        self.before: Digest | None = None

    @property
    def path(self) -> str:
        """Where the file is."""
        return self.found.folder.place + self.found.name


class Intake:
    """What takes the files below one root.

    Args:
        blobs: where the bytes go.
        bundle: where small ones go.
        index: what was seen before, and what is seen now.
        root: the directory or file that is taken.
        trusts_index: whether the store certainly still holds what the index knows.
        progress: is told how far it is.
    """

    def __init__(
        self, blobs: BlobStore, bundle: Bundle, index: Index, root: str, *, trusts_index: bool, progress: Progress
    ) -> None:
        self._blobs = blobs
        self._bundle = bundle
        self._index = index
        self._root = root
        self._trusts_index = trusts_index
        self._progress = progress
        self._seen: dict[str, tuple[Seen, Seen]] = {}
        self._finished: list[tuple[str, Seen]] = []
        self._folders = set[str]()

    def entries(self, files: Iterator[Found]) -> Iterator[Entry]:
        """Yield the entry of each file, in order; the store holds its bytes once the bundle is left.

        Raises:
            Invalid: a device, a socket or a pipe is among them, or a file may not be read.
            Conflict: a file changed while it was read, again and again.
        """
        with ThreadPoolExecutor(_WORKERS, "lineal-read") as readers:
            window: deque[Future[list[_Item | Found]]] = deque()
            try:
                for batch in self._batches(files):
                    window.append(readers.submit(self._read, batch))
                    if len(window) > 2 * _WORKERS:
                        yield from self._taken(window.popleft().result())
                while window:
                    yield from self._taken(window.popleft().result())
            finally:
                for each in window:
                    each.cancel()

    def remember(self) -> None:
        """Keep what was seen, once the bytes are safe."""
        self._index.see(self._root, self._finished)
        self._index.forget(self._root, self._index.folders(self._root) - self._folders)

    def _batches(self, files: Iterator[Found]) -> Iterator[list[_Item | Found]]:
        """Yield files in batches, each with as much to read as is worth a thread's while."""
        batch: list[_Item | Found] = []
        unread = unread_bytes = 0
        for found in files:
            batch.append(item := self._known(found))
            if isinstance(item, _Item) and item.digest is None:
                unread += 1
                unread_bytes += item.stamp[0]
            if len(batch) >= _BATCH_FILES or unread >= _BATCH_READ_FILES or unread_bytes >= _BATCH_READ_BYTES:
                yield batch
                batch, unread, unread_bytes = [], 0, 0
        yield batch

    def _known(self, found: Found) -> _Item | Found:
        """Return a file with its digest, if the index knows it; the end of a folder as it is."""
        if found.status is None:
            return found
        before, _ = self._folder(found.folder, found.status.st_dev)
        item = _Item(found, stamp_of(found.status))
        if digest := before.holds(found.name, item.stamp, found.status.st_dev):
            item.digest = pack.cooked(digest)
        elif known := before.files.get(found.name):
            item.before = pack.cooked(known[1])
        return item

    def _folder(self, folder: Folder, device: int) -> tuple[Seen, Seen]:
        """Return what was seen of a folder, and what is seen of it now."""
        if folder.inside not in self._seen:
            before = self._index.seen(self._root, folder.inside)
            self._seen[folder.inside] = (before, Seen(device, time.time_ns(), {}))
        return self._seen[folder.inside]

    def _read(self, batch: list[_Item | Found]) -> list[_Item | Found]:
        """Read the files of a batch that are not known."""
        for item in batch:
            if isinstance(item, _Item) and item.digest is None:
                _read(self._blobs, item)
        return batch

    def _taken(self, batch: list[_Item | Found]) -> Iterator[Entry]:
        """Yield the entries of a batch that was read; bytes that the store does not hold go to it."""
        self._keep([each for each in batch if isinstance(each, _Item)])
        for item in batch:
            if isinstance(item, Found):
                yield from self._end(item)
            else:
                assert item.digest  # noqa: S101 - it was read
                name, folder = item.found.name, item.found.folder
                self._seen[folder.inside][1].files[name] = (item.stamp, pack.raw(item.digest))
                yield Entry(
                    path=folder.inside + name, digest=item.digest, size_bytes=item.stamp[0], mode=mode_of(item.stamp[4])
                )

    def _keep(self, items: list[_Item]) -> None:
        """Send to the store what it does not hold."""
        asked = {each.digest for each in items if each.digest and (each.data is not None or not self._trusts_index)}
        missing = asked - self._blobs.has(asked)
        for item in items:
            if item.digest in missing:
                if item.data is None:  # the index knew it, but the store let go of it
                    _read(self._blobs, item)
                if item.data is not None and item.digest:
                    self._bundle.put(item.digest, item.data)
            item.data = None
        self._progress.advance(len(items), sum(each.stamp[0] for each in items))

    def _end(self, found: Found) -> Iterator[Entry]:
        """Note what was seen of a folder; yield an empty one's entry."""
        inside = found.folder.inside
        if found.is_empty and inside:
            yield Entry(path=inside.rstrip("/"), digest=NOTHING, size_bytes=0, mode="directory")
        before, now = self._seen.pop(inside, (UNSEEN, UNSEEN))
        if now.files:
            self._folders.add(inside)
        if now.files and (now.files != before.files or before.is_young()):
            self._finished.append((inside, now))


def _read(blobs: BlobStore, item: _Item) -> None:
    """Read one file; again when it changes meanwhile. Raises Invalid, Conflict."""
    read = _READERS.get(stat.S_IFMT(item.stamp[4]), _refuse)
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
        raise Conflict(f"{path} changed while it was added", hint="try again once nothing writes to it") from None
    except OSError as error:
        raise unreadable(path, error) from None


def _read_file(blobs: BlobStore, item: _Item) -> None:
    if item.stamp[0] >= SMALL_BYTES:
        item.stamp = stamp_of(os.stat(item.path))
        item.digest, size = blobs.put_file(item.path, base=item.before)
        if size != item.stamp[0]:
            raise Conflict(f"{item.path} changed while it was added", hint="try again once nothing writes to it")
        return
    descriptor = os.open(item.path, _FLAGS)
    try:
        before = os.fstat(descriptor)
        # One byte more than there should be tells a file that grew.
        data = os.read(descriptor, before.st_size + 1)
        after = stamp_of(os.fstat(descriptor))
    finally:
        os.close(descriptor)
    if len(data) != before.st_size or after != stamp_of(before):
        raise Conflict(f"{item.path} changed while it was read", hint="try again once nothing writes to it")
    item.stamp, item.data, item.digest = after, data, digest_of(data)


def _read_link(_: BlobStore, item: _Item) -> None:
    item.data = os.fsencode(os.readlink(item.path))
    item.digest = digest_of(item.data)


def _refuse(_: BlobStore, item: _Item) -> None:
    raise Invalid(f"{item.path} is no regular file", hint="devices, sockets and pipes have no content to keep")


_READERS: dict[int, Callable[[BlobStore, _Item], None]] = {stat.S_IFREG: _read_file, stat.S_IFLNK: _read_link}

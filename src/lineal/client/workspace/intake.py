"""Take a directory into a store, and say what stands at which path: all of it, or what changed since the last time."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.client.workspace.hands import REQUEST_BYTES, REQUEST_FILES
from lineal.client.workspace.index import GONE, UNSEEN, Index, Place, Seen
from lineal.client.workspace.listing import Found, Listing, files_in_order, folders
from lineal.client.workspace.reading import Item, Reader
from lineal.client.workspace.scanning import Folder, Stamp, mode_of, told
from lineal.formats import pack
from lineal.objects.digest import Digest
from lineal.objects.files import NOTHING, Entry

_BATCH_FILES = 2_000
_LEARNT_FILES = 20_000
CHANGES_MAX = 100_000
"""More changes than this are not kept in memory: everything is walked in order instead."""

_Step = Item | Found
"""A file, or the end of a folder."""


class Intake:
    """What takes the files below one root.

    Args:
        reader: reads what is not known.
        index: what was seen before, and what is seen now.
        root: the directory or file that is taken.
    """

    def __init__(self, reader: Reader, index: Index, root: str) -> None:
        self._reader = reader
        self._index = index
        self._root = root
        self._open: dict[str, tuple[Seen, Seen]] = {}
        self._learnt: list[tuple[str, Seen]] = []
        self._learnt_files = 0
        self._gone = index.folders(root)
        self._is_complete = index.unstage(root)
        self.file_count = 0

    def remember(self, tree: Digest, epoch: int) -> None:
        """Keep what was seen, once the bytes are safe: which tree it is, at which epoch of the store."""
        self._learnt += ((folder, GONE) for folder in self._gone)
        if self._is_complete:
            self._index.take(Place(self._root, tree, epoch), self._learnt, anew=False)

    def _learn(self, folder: str, seen: Seen) -> None:
        """Take note of a folder; not in memory, where there may be no room for all of them."""
        self._learnt.append((folder, seen))
        self._learnt_files += len(seen.stamps)
        if self._learnt_files > _LEARNT_FILES:
            self._stage()

    def _stage(self) -> None:
        self._is_complete = self._index.stage(self._root, self._learnt) and self._is_complete
        self._learnt, self._learnt_files = [], 0

    def everything(self) -> Iterator[Entry]:
        """Yield the entry of each file, in order; the store holds its bytes once the bundle is left.

        Raises:
            Invalid: a device, a socket or a pipe is among them, or a file may not be read.
            Conflict: a file changed while it was read, again and again.
        """
        for batch in self._reader.read(self._batches()):
            for step in batch:
                if isinstance(step, Found):
                    yield from self._end(step)
                else:
                    self._note(step)
                    yield step.entry()

    def _batches(self) -> Iterator[list[_Step]]:
        """Yield files in batches, each with as much to read as is worth a thread's while."""
        batch = list[_Step]()
        unread = unread_bytes = 0
        for found in files_in_order(self._root):
            batch.append(step := self._step(found))
            if isinstance(step, Item) and step.digest is None:
                unread += 1
                unread_bytes += step.size_bytes
            if len(batch) >= _BATCH_FILES or unread >= REQUEST_FILES or unread_bytes >= REQUEST_BYTES:
                yield batch
                batch, unread, unread_bytes = list[_Step](), 0, 0
        yield batch

    def _step(self, found: Found) -> _Step:
        """Return a file with its digest, if the index knows it; the end of a folder as it is."""
        if not found.name:
            return found
        folder = found.folder
        if folder.inside not in self._open:
            seen = self._index.seen(self._root, folder.inside)
            self._open[folder.inside] = seen, Seen(found.device, found.at, 0, {}, {})
        before, _ = self._open[folder.inside]
        return _item(folder, found.name, found.stamp, before, found.device)

    def _end(self, found: Found) -> Iterator[Entry]:
        """Note what was seen of a folder; yield an empty one's entry."""
        inside = found.folder.inside
        if found.is_empty and inside:
            yield _empty(inside)
        before, now = self._open.pop(inside, (UNSEEN, UNSEEN))
        if now.stamps or (found.is_empty and inside):
            self._gone.discard(inside)
            if not now.stamps or not before.is_same(now.stamps, now.device):
                self._learn(inside, now)

    def changed(self) -> dict[str, Entry | None] | None:
        """Return what became of each path that may not be what the index knows, and None for those that are gone.

        Only for a directory whose tree is as the index says. None in place of an answer: more than fits into memory.
        Raises what ``everything`` raises.
        """
        changes: dict[str, Entry | None] = {}
        items = list[Item]()
        for listing in folders(self._root, file_count=self._index.file_count(self._root)):
            before = self._index.seen(self._root, listing.folder.inside)
            self.file_count += len(listing.stamps) or (listing.is_empty and bool(listing.folder.inside))
            items += self._compare(listing, before, changes)
            if len(items) + len(changes) > CHANGES_MAX:
                return None
        for folder in self._gone:
            seen = self._index.seen(self._root, folder)
            changes.update({folder + name: None for name in seen.stamps} or {folder.rstrip("/"): None})
        for batch in self._reader.read(_portions(items)):
            for item in batch:
                # One whose stamp was too young to be trusted may well be what it was.
                if self._note(item):
                    changes[item.inside] = item.entry()
        return changes

    def _compare(self, listing: Listing, before: Seen, changes: dict[str, Entry | None]) -> Iterator[Item]:
        """Yield the files of a folder that must be read; note the rest of what became of it in ``changes``."""
        folder, inside = listing.folder, listing.folder.inside
        was_empty = inside in self._gone and not before.stamps
        if listing.stamps or listing.is_empty:
            self._gone.discard(inside)
        if before.is_same(listing.stamps, listing.device) and was_empty == listing.is_empty:
            return
        changes.update({inside + name: None for name in before.stamps.keys() - listing.stamps.keys()})
        if listing.is_empty and inside:
            changes[inside.rstrip("/")] = _empty(inside)
        elif was_empty:
            changes.setdefault(inside.rstrip("/"), None)
        known = before.among(listing.stamps, listing.device)
        now = Seen(listing.device, listing.at, 0, *known)
        if listing.stamps or listing.is_empty:
            self._learnt.append((inside, now))
        self._open[inside] = before, now
        for name in listing.stamps.keys() - now.stamps.keys():
            yield _item(folder, name, listing.stamps[name], before, listing.device)

    def _note(self, item: Item) -> bool:
        """Take note of a file that was read, or that is known; tell whether its entry is another one than before."""
        inside, slash, name = item.inside.rpartition("/")
        before, now = self._open[inside + slash]
        now.stamps[name], now.digests[name] = item.stamp, pack.raw(item.known_digest)
        was = before.stamps.get(name)
        return was is None or item.before != item.digest or mode_of(told(was).mode) != mode_of(item.mode)


def _item(folder: Folder, name: str, stamp: Stamp, before: Seen, device: int) -> Item:
    path, inside = folder.place + name, folder.inside + name
    if digest := before.holds(name, stamp, device):
        return Item(path, inside, stamp, digest=pack.cooked(digest))
    known = before.digests.get(name)
    return Item(path, inside, stamp, before=pack.cooked(known) if known else None)


def _empty(inside: str) -> Entry:
    return Entry(path=inside.rstrip("/"), digest=NOTHING, size_bytes=0, mode="directory")


def _portions(items: list[Item]) -> Iterator[list[Item]]:
    """Yield items in batches that are worth a thread's while."""
    batch, size = list[Item](), 0
    for each in items:
        batch.append(each)
        size += each.size_bytes
        if len(batch) >= REQUEST_FILES or size >= REQUEST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch

"""Put a version of files in place: only what differs is touched, nothing of the user's is overwritten, nothing escapes.

Everything is looked at before anything is written, so a refusal leaves the workspace as it was.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

from lineal.client.workspace.index import UNSEEN, Index, Seen
from lineal.client.workspace.placing import Placing, unwritable
from lineal.client.workspace.scanning import digest_at, mode_of, stamp_of
from lineal.formats import pack, trees
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict
from lineal.objects.files import Entry
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore
from lineal.storage.blobs.reading import TEMPORARY
from lineal.storage.progress import Progress

_BATCH_FILES = 1_000
_BATCH_BYTES = 16 << 20
_SHOWN_MAX = 5
_FOLDERS_MAX = 256
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_WORKERS = min(4, os.cpu_count() or 1)

State = Literal["absent", "ours", "done", "foreign"]
"""What is at a path: nothing; what was put there; what should be there; something that nobody keeps a copy of."""


class Change(NamedTuple):
    """What becomes of one path: from which entry to which; None where there is nothing."""

    before: Entry | None
    after: Entry | None

    @property
    def path(self) -> str:
        """The path in the tree."""
        return (self.after or self.before).path  # type: ignore[union-attr]  # one of them is there


class Checkout(NamedTuple):
    """How many files were written and removed, and how many of those that differ were as they should be already."""

    written: int
    removed: int
    kept: int


class Checkouts:
    """Puts trees in place below one directory.

    Args:
        blobs: where the files are.
        directory: where to; what lies there beside them stays.
        index: what is known of the directory.
        progress: is told how far it is.
    """

    def __init__(self, blobs: BlobStore, directory: Path, *, index: Index, progress: Progress) -> None:
        self._blobs = blobs
        self._root = str(directory.absolute())
        self._index = index
        self._progress = progress
        self._placing = Placing(self._root)
        self._seen = _SeenFiles(self._root, index)
        self._is_new = False
        self._lock = threading.Lock()
        self._written = self._removed = self._kept = 0

    def put(
        self,
        tree: Digest,
        *,
        before: Digest | None,
        missing: Collection[str] = (),
        under: str = "",
        force: bool = False,
    ) -> Checkout:
        """Make the directory hold the files of a tree, and no others of the tree that was there before.

        Args:
            tree: which files.
            before: the tree that is there, if it is known; its files may be replaced, and those not in ``tree`` go.
            missing: paths of it that are not as it says, and are to be put in place too.
            under: only this path of the tree, and what is below it; the rest stays as it is.
            force: also write over files that nobody keeps a copy of.

        Raises:
            Conflict: files are in the way; the hint says how to go on. Nothing was changed.
            Invalid: a path of the tree leads out of the directory, or into a repository in it.
            NotFound: the store does not hold a file.
            Corrupt: it holds other bytes.
            Unavailable: the directory cannot be written.
        """
        self._is_new = not os.path.isdir(self._root) or not os.listdir(self._root)
        before = None if self._is_new else before
        if not self._is_new:
            self._look(self._changes(before, tree, under, missing), before, force=force)
        self._placing.check_cases(trees.entries(tree, self._blobs.get, under=under))
        try:
            self._remove_all(self._changes(before, tree, under, missing))
            self._write_all(self._changes(before, tree, under, missing))
        finally:
            self._seen.save()
        return Checkout(self._written, self._removed, self._kept)

    def _changes(self, before: Digest | None, after: Digest, under: str, missing: Collection[str]) -> Iterator[Change]:
        if before is None or under:
            return (Change(None, each) for each in trees.entries(after, self._blobs.get, under=under))
        changed = (Change(*each) for each in trees.changes(before, after, self._blobs.get))
        everything = trees.entries(after, self._blobs.get) if missing else ()
        return chain(changed, (Change(each, each) for each in everything if each.path in missing))

    def _look(self, changes: Iterator[Change], before: Digest | None, *, force: bool) -> None:
        """Look at every path that will change, and refuse while nothing was touched."""
        count, shown = 0, list[str]()
        for change in changes:
            self._placing.check(change.path)
            if not force and self._state(change, before) == "foreign":
                count += 1
                shown += [change.path] if len(shown) < _SHOWN_MAX else []
        if count:
            more = f" and {count - len(shown)} more" if count > len(shown) else ""
            raise Conflict(
                f"in {self._root} {', '.join(shown)}{more} would be written over",
                hint="lineal data add keeps them first; --force writes over them; or name another directory",
            )

    def _state(self, change: Change, before: Digest | None) -> State:
        place = self._placing.at(change.path)
        try:
            status = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError):
            return "absent"
        if stat.S_ISDIR(status.st_mode):
            return self._state_of_directory(change, place, before)
        digest = self._seen.digest(change.path, status) or digest_at(place, status.st_mode)
        mode = mode_of(status.st_mode)
        if change.after and (digest, mode) == (change.after.digest, change.after.mode):
            return "done"
        return "ours" if change.before and digest == change.before.digest else "foreign"

    def _state_of_directory(self, change: Change, place: str, before: Digest | None) -> State:
        if change.after and change.after.mode == "directory":
            return "done"
        if not os.listdir(place):
            return "ours"
        # Where the tree before had a directory, its files go first.
        below = trees.entries(before, self._blobs.get, under=change.path) if before else iter(())
        return "ours" if any(each.path != change.path for each in below) else "foreign"

    def _remove_all(self, changes: Iterator[Change]) -> None:
        emptied = set[str]()
        for change in changes:
            if change.after is None:
                emptied.add(self._remove(change.path))
        self._placing.remove_empty(emptied)

    def _remove(self, path: str) -> str:
        """Remove one path, and return the directory that may be empty then."""
        place = self._placing.at(path)
        try:
            os.unlink(place)
        except (FileNotFoundError, NotADirectoryError):
            return path.rpartition("/")[0]
        except IsADirectoryError:
            return path
        except OSError as error:
            raise unwritable(place, error) from None
        self._removed += 1
        self._seen.forget(path)
        return path.rpartition("/")[0]

    def _write_all(self, changes: Iterator[Change]) -> None:
        with ThreadPoolExecutor(_WORKERS, "lineal-write") as writers:
            large = deque[Future[None]]()
            for batch in _batches(each.after for each in changes if each.after):
                todo = [each for each in batch if not self._is_done(each)]
                self._write_small([each for each in todo if each.size_bytes < SMALL_BYTES])
                large += (writers.submit(self._write_large, e) for e in todo if e.size_bytes >= SMALL_BYTES)
                while len(large) > 2 * _WORKERS:
                    large.popleft().result()
            for each in large:
                each.result()

    def _is_done(self, entry: Entry) -> bool:
        self._placing.check(entry.path)
        if self._is_new or self._state(Change(None, entry), None) != "done":
            return False
        self._kept += 1
        self._progress.advance(1, entry.size_bytes)
        return True

    def _write_small(self, entries: Sequence[Entry]) -> None:
        wanted: dict[Digest, list[Entry]] = {}
        for each in entries:
            if each.mode == "directory":
                self._placing.make(each.path)
                self._count(each)
            else:
                wanted.setdefault(each.digest, []).append(each)
        for digest, data in self._blobs.get_many(wanted):
            for entry in wanted[digest]:
                self._placing.make_folder(entry.path)
                _WRITERS[entry.mode](self._placing.at(entry.path), data)
                self._count(entry)

    def _write_large(self, entry: Entry) -> None:
        self._placing.make_folder(entry.path)
        place = self._placing.at(entry.path)
        if entry.mode == "symlink":
            _write_link(place, self._blobs.get(entry.digest))
        else:
            self._blobs.fetch_to(entry.digest, Path(place))
        if entry.mode == "executable":
            os.chmod(place, os.stat(place).st_mode | _EXECUTABLE)
        self._count(entry)

    def _count(self, entry: Entry) -> None:
        with self._lock:
            self._written += 1
            if entry.mode != "directory":
                self._seen.add(entry.path, os.lstat(self._placing.at(entry.path)), entry.digest)
        self._progress.advance(1, entry.size_bytes)


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Yield entries in batches whose small files fit into memory together."""
    batch, size = list[Entry](), 0
    for each in entries:
        batch.append(each)
        size += each.size_bytes if each.size_bytes < SMALL_BYTES else 0
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def _write_file(place: str, data: bytes, mode: int = 0o666) -> None:
    temporary = f"{os.path.dirname(place)}/{TEMPORARY}{os.getpid()}-{threading.get_ident()}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        _replace(temporary, place)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise unwritable(place, error) from None


def _write_executable(place: str, data: bytes) -> None:
    _write_file(place, data, 0o777)


def _write_link(place: str, data: bytes) -> None:
    temporary = f"{os.path.dirname(place)}/{TEMPORARY}{os.getpid()}-{threading.get_ident()}"
    try:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        os.symlink(os.fsdecode(data), temporary)
        _replace(temporary, place)
    except OSError as error:
        raise unwritable(place, error) from None


def _replace(temporary: str, place: str) -> None:
    try:
        os.replace(temporary, place)
    except IsADirectoryError:
        os.rmdir(place)  # an empty one; what is in it would be somebody's
        os.replace(temporary, place)


_WRITERS: dict[str, Callable[[str, bytes], None]] = {
    "file": _write_file,
    "executable": _write_executable,
    "symlink": _write_link,
}


class _SeenFiles:
    """What the index knows of the files below a root, folder by folder, and what is added to it."""

    def __init__(self, root: str, index: Index) -> None:
        self._root = root
        self._index = index
        self._folders: dict[str, Seen] = {}
        self._changed = set[str]()

    def digest(self, path: str, status: os.stat_result) -> Digest | None:
        """Return the digest of a file that is certainly what it was."""
        folder, name = self._split(path)
        digest = self._folder(folder).holds(name, stamp_of(status), status.st_dev)
        return pack.cooked(digest) if digest else None

    def add(self, path: str, status: os.stat_result, digest: Digest) -> None:
        """Take note of a file that was just written."""
        folder, name = self._split(path)
        seen, stamp = self._changeable(folder, status.st_dev), stamp_of(status)
        seen.stamps[name], seen.digests[name] = stamp, pack.raw(digest)

    def forget(self, path: str) -> None:
        """Take note that a file is gone."""
        folder, name = self._split(path)
        seen = self._changeable(folder, self._folder(folder).device)
        seen.stamps.pop(name, None)
        seen.digests.pop(name, None)

    def save(self) -> None:
        """Keep what was noted, and let go of it here."""
        self._index.see(self._root, ((each, self._folders[each].counted()) for each in self._changed))
        self._folders.clear()
        self._changed.clear()

    def _split(self, path: str) -> tuple[str, str]:
        folder, slash, name = path.rpartition("/")
        return folder + slash, name

    def _folder(self, folder: str) -> Seen:
        if folder not in self._folders:
            if len(self._folders) >= _FOLDERS_MAX:
                self.save()
            self._folders[folder] = self._index.seen(self._root, folder)
        return self._folders[folder]

    def _changeable(self, folder: str, device: int) -> Seen:
        """Return what is known of a folder, as of now: what was too young to be trusted then is not known."""
        if folder not in self._changed:
            before = self._folder(folder).mature()
            known = before if before.device == device else UNSEEN
            self._folders[folder] = Seen(device, time.time_ns(), 0, dict(known.stamps), dict(known.digests))
            self._changed.add(folder)
        return self._folders[folder]

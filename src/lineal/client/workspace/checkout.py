"""Put a version of files in place: only what differs is touched, nothing of the user's is overwritten, nothing escapes.

Everything is looked at before anything is written, so a refusal leaves the workspace as it was.
"""

from __future__ import annotations

import os
import stat
import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from lineal.client.workspace.hands import Done
from lineal.client.workspace.index import Index, Place
from lineal.client.workspace.noting import Notes
from lineal.client.workspace.placing import Placing, unwritable
from lineal.client.workspace.scanning import digest_at, mode_of, root_of, stamp_of
from lineal.client.workspace.writing import SmallFiles, write_large, write_small
from lineal.formats import trees
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, LinealError
from lineal.objects.files import Entry
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore
from lineal.storage.progress import Progress

if TYPE_CHECKING:
    from concurrent.futures import Future

_BATCH_FILES = 1_000
_BATCH_BYTES = 16 << 20
_FEW_CHANGES = 100_000
_SHOWN_MAX = 5
_WORKERS = min(4, os.cpu_count() or 1)

State = Literal["absent", "ours", "done", "foreign", "full"]
"""What is at a path: nothing; what was put there; what should be there; something that nobody keeps a copy of; a
directory in which such things are."""


class Change(NamedTuple):
    """What becomes of one path: from which entry to which; None where there is nothing."""

    path: str
    before: Entry | None
    after: Entry | None


class Wanted(NamedTuple):
    """What a directory is to hold.

    ``before`` is the tree that is there, if one is known: its files may be replaced, and those not in ``tree`` go, unless
    they are to stay because the tree is of ``another`` thing. ``missing`` are paths that are not as it says, and are to be
    put in place too. ``under`` is the only path that is touched, with what is below. ``force`` also writes over files that
    nobody keeps a copy of.
    """

    tree: Digest
    before: Digest | None = None
    another: bool = False
    missing: Collection[str] = ()
    under: str = ""
    force: bool = False


class Checkout(NamedTuple):
    """How many files were written and removed, and how many of those that differ were as they should be already."""

    written: int
    removed: int
    kept: int


class Checkouts:
    """Puts one tree in place below one directory.

    Args:
        blobs: where the files are.
        directory: where to; what lies there beside them stays.
        wanted: what it is to hold.
        place: what the index is to know of it, once all is done.
        index: what is known of it.
        progress: is told how far it is.
    """

    def __init__(
        self, blobs: BlobStore, directory: Path, wanted: Wanted, *, place: Place, index: Index, progress: Progress
    ) -> None:
        self._blobs = blobs
        self._root = root_of(directory)
        self._is_new = not os.path.isdir(self._root) or not os.listdir(self._root)
        self._wanted = wanted._replace(before=None) if self._is_new else wanted
        self._place = place
        self._progress = progress
        self._placing = Placing(self._root)
        self._notes = Notes(index, place.root, anew=self._wanted.before is None)
        self._few: list[Change] | None = None
        self._lock = threading.Lock()
        self._written = self._removed = self._kept = 0

    def put(self) -> Checkout:
        """Make the directory hold the files of the tree, and no others of the tree that was there before.

        Raises:
            Conflict: files are in the way; the hint says how to go on. Nothing was changed.
            Invalid: a path of the tree leads out of the directory, or into a repository in it. Nothing was changed.
            NotFound: the store does not hold a file.
            Corrupt: it holds other bytes.
            Unavailable: the directory cannot be written.
        """
        self._look()
        self._placing.check_cases(self._entries(self._wanted.tree))
        self._remove_all()
        self._write_all()
        # Of a part of a tree, the index would not know which tree it is.
        if not self._wanted.under:
            self._notes.keep(self._place)
        return Checkout(self._written, self._removed, self._kept)

    def _entries(self, tree: Digest) -> Iterator[Entry]:
        return trees.entries(tree, self._blobs.get, under=self._wanted.under)

    def _changes(self) -> Iterable[Change]:
        """Return what becomes of each path that differs, or is missing, in order; few of them are looked for only once."""
        if self._few is None:
            found = self._found()
            few = list(islice(found, _FEW_CHANGES + 1))
            if len(few) > _FEW_CHANGES:
                return chain(few, found)
            self._few = few
        return self._few

    def _found(self) -> Iterator[Change]:
        tree, before, missing = self._wanted.tree, self._wanted.before, self._wanted.missing
        if before is None:
            return (Change(each.path, None, each) for each in self._entries(tree))
        if not self._wanted.under and not missing:
            return _changes(trees.changes(before, tree, self._blobs.get))
        every = _changes(trees.side_by_side(self._entries(before), self._entries(tree)))
        return (each for each in every if each.before != each.after or each.path in missing)

    def _look(self) -> None:
        """Look at every path that will change, and refuse while nothing was touched."""
        foreign, full = dict[str, None](), dict[str, None]()
        changes = iter(self._changes())
        while self._is_new and (some := [each.path for each in islice(changes, _BATCH_FILES)]):
            self._placing.check_all(some)
        for change in changes:
            self._placing.check(change.path)
            if self._wanted.another and change.after is None:
                continue
            path, state = self._in_the_way(change)
            if state in {"foreign", "full"}:
                (full if state == "full" else foreign)[path] = None
        _refuse(self._root, full, "directories with other files in the place of a file", "move them away")
        if not self._wanted.force:
            hint = "lineal data add keeps them first; --force writes over them; or name another directory"
            _refuse(self._root, foreign, "files that would be written over", hint)

    def _in_the_way(self, change: Change) -> tuple[str, State]:
        """Return what must go for a path to be as it should be, and what that is."""
        obstacle = self._placing.obstacle(change.path.rpartition("/")[0])
        if not obstacle:
            return change.path, self._state(change)
        if change.after is None:
            return change.path, "absent"
        return obstacle, self._state(Change(obstacle, self._before(obstacle), None))

    def _before(self, path: str) -> Entry | None:
        """Return what the tree that is there has at a path."""
        before = self._wanted.before
        found = trees.entries(before, self._blobs.get, under=path) if before else iter(())
        return next((each for each in found if each.path == path), None)

    def _state(self, change: Change) -> State:
        place = self._placing.at(change.path)
        try:
            status = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError):
            return "absent"
        except OSError as error:
            raise unwritable(place, error) from None
        if stat.S_ISDIR(status.st_mode):
            return self._state_of_directory(change, place)
        with self._lock:
            digest = self._notes.digest(change.path, status)
        digest = digest or digest_at(place, status.st_mode)
        found = (digest, mode_of(status.st_mode))
        if change.after and found == (change.after.digest, change.after.mode):
            with self._lock:
                self._notes.add(change.path, stamp_of(status), status.st_dev, change.after.digest)
            return "done"
        if change.before and found == (change.before.digest, change.before.mode):
            return "ours"
        return "ours" if change.after and self._is_beginning(change.after, place, status) else "foreign"

    def _is_beginning(self, entry: Entry, place: str, status: os.stat_result) -> bool:
        """Tell whether a file is the beginning of what should be there, as a crash leaves it: nothing is lost with it."""
        is_file = stat.S_ISREG(status.st_mode) and mode_of(status.st_mode) == entry.mode
        if not is_file or not status.st_size < entry.size_bytes < SMALL_BYTES:
            return False
        with suppress(OSError, LinealError), open(place, "rb") as file:
            return self._blobs.get(entry.digest).startswith(file.read())
        return False

    def _state_of_directory(self, change: Change, place: str) -> State:
        if change.after is None:
            return "absent"  # no file of ours is there
        if change.after.mode == "directory":
            return "done"
        below = set[str]()
        if self._wanted.before and not self._wanted.another:
            # Where the tree before had a directory, its files go first.
            below |= {each.path for each in trees.entries(self._wanted.before, self._blobs.get, under=change.path)}
        return "full" if any(each not in below for each in _files_in(place, change.path)) else "ours"

    def _remove_all(self) -> None:
        emptied = set[str]()
        for change in self._changes() if self._wanted.before else ():
            if change.before and change.after is None:
                self._notes.forget(change.path)
                if not self._wanted.another and not self._placing.obstacle(folder := change.path.rpartition("/")[0]):
                    emptied.add(change.path if self._remove(change) else folder)
        self._placing.remove_empty(emptied)

    def _remove(self, change: Change) -> bool:
        """Remove what is at a path; tell whether a directory may be left there."""
        place = self._placing.at(change.path)
        try:
            if stat.S_ISDIR(os.lstat(place).st_mode):
                return change.before is not None and change.before.mode == "directory"
            os.unlink(place)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise unwritable(place, error) from None
        self._removed += 1
        return False

    def _write_all(self) -> None:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - a status writes nothing

        self._placing.make("")
        with (
            ThreadPoolExecutor(_WORKERS, "lineal-write") as writers,
            SmallFiles(self._finish, self._finish_all, is_new=self._is_new) as small,
        ):
            running: deque[Future[None]] = deque()
            for batch in _batches(each.after for each in self._changes() if each.after):
                todo = [each for each in batch if not self._is_done(each)]
                running += (writers.submit(self._write_large, e) for e in todo if e.size_bytes >= SMALL_BYTES)
                self._write_small([each for each in todo if each.size_bytes < SMALL_BYTES], small)
                while len(running) > 2 * _WORKERS:
                    running.popleft().result()
            small.wait()
            for each in running:
                each.result()

    def _is_done(self, entry: Entry) -> bool:
        if self._is_new or self._in_the_way(Change(entry.path, None, entry))[1] != "done":
            return False
        if entry.mode == "directory":
            with self._lock:
                self._notes.add_empty(entry.path)
        self._kept += 1
        self._progress.advance(1, entry.size_bytes)
        return True

    def _write_small(self, entries: Sequence[Entry], small: SmallFiles) -> None:
        wanted: dict[Digest, list[Entry]] = {}
        for each in entries:
            if each.mode == "directory":
                self._placing.make(each.path)
                self._count(each)
            else:
                wanted.setdefault(each.digest, []).append(each)
        if small.are_many(len(wanted)):
            links = {each.digest for each in entries if each.mode == "symlink"}
            for lying in self._blobs.places(wanted.keys() - links):
                for lies in lying.places:
                    for entry in wanted.pop(lies.digest):
                        self._placing.make_folder(entry.path)
                        small.unpack(entry, self._placing.at(entry.path), lying, lies)
        for digest, data in self._blobs.get_many(wanted):
            for entry in wanted[digest]:
                self._placing.make_folder(entry.path)
                small.write(entry, self._placing.at(entry.path), data)

    def _finish(self, entry: Entry, data: bytes | None) -> None:
        """Write a small file."""
        write_small(self._placing.at(entry.path), entry, self._blobs.get(entry.digest) if data is None else data)
        self._count(entry)

    def _finish_all(self, written: Sequence[tuple[Entry, Done]]) -> None:
        """Take note of small files that were written."""
        with self._lock:
            self._written += len(written)
            for entry, done in written:
                self._notes.add(entry.path, done.stamp, done.device, entry.digest)
        self._progress.advance(len(written), sum(entry.size_bytes for entry, _ in written))

    def _write_large(self, entry: Entry) -> None:
        self._placing.make_folder(entry.path)
        write_large(self._placing.at(entry.path), entry, self._blobs)
        self._count(entry)

    def _count(self, entry: Entry) -> None:
        status = None if entry.mode == "directory" else os.lstat(self._placing.at(entry.path))
        with self._lock:
            self._written += 1
            if status is None:
                self._notes.add_empty(entry.path)
            else:
                self._notes.add(entry.path, stamp_of(status), status.st_dev, entry.digest)
        self._progress.advance(1, entry.size_bytes)


def _changes(pairs: Iterator[tuple[Entry | None, Entry | None]]) -> Iterator[Change]:
    for before, after in pairs:
        if either := after or before:
            yield Change(either.path, before, after)


def _refuse(root: str, paths: Collection[str], what: str, hint: str) -> None:
    """Raise Conflict when there are any."""
    if paths:
        shown = ", ".join(sorted(paths)[:_SHOWN_MAX])
        more = f" and {len(paths) - _SHOWN_MAX} more" if len(paths) > _SHOWN_MAX else ""
        raise Conflict(f"in {root} there are {what}: {shown}{more}", hint=hint)


def _files_in(place: str, path: str) -> Iterator[str]:
    """Yield what is below a directory but directories with something in them, as paths of a tree."""
    for folder, folders, files in os.walk(place):
        inside = path + folder[len(place) :]
        # Links to directories are among the folders, and are not entered.
        yield from (f"{inside}/{name}" for name in files)
        yield from (f"{inside}/{name}" for name in folders if os.path.islink(f"{folder}/{name}"))
        if not folders and not files and folder != place:
            yield inside


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

"""What every watcher is, and what it saw: the files a program read and wrote."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lineal.capture.told.record import FileTold

# fanotify and inotify share these bits (linux/fanotify.h, linux/inotify.h).
MODIFY = 0x2
CLOSE_WRITE = 0x8
CLOSE_NOWRITE = 0x10
OPEN = 0x20
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATE = 0x100
OVERFLOW = 0x4000
ON_DIRECTORY = 0x40000000
READ_EVENTS = OPEN | CLOSE_NOWRITE
WRITE_EVENTS = MODIFY | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE
EVENTS = READ_EVENTS | WRITE_EVENTS

APPEARED = MODIFY | MOVED_TO | CREATE
_WRITTEN = APPEARED | CLOSE_WRITE


_OVERFLOWED = (
    "files: the kernel's queue of events overflowed, so some reads were not seen; "
    "files that changed since the start count as written"
)


class Stamp(msgspec.Struct, frozen=True):
    """What tells that a file changed, without reading it."""

    mtime_ns: int
    size_bytes: int
    inode: int


class Root(msgspec.Struct, frozen=True):
    """A directory to watch; ``is_deep`` with everything below it. ``names``: only these files, when given."""

    path: str
    is_deep: bool = True
    names: frozenset[str] | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The files that were read and written, by absolute path, while a watcher watched.

    ``reads`` hold the stamp that each file had when it was first seen, ``first`` that of each file that was written.
    ``moved`` are paths that were renamed away, ``overwritten`` those that were read to the end before they were written.
    """

    level: str
    reads: dict[str, Stamp | None] = {}
    writes: frozenset[str] = frozenset()
    first: dict[str, Stamp | None] = {}
    moved: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    overflowed: bool = False
    gaps: tuple[str, ...] = ()


class Watcher(Protocol):
    """Watches files between `start` and `stop`."""

    level: str

    @property
    def sightings(self) -> Sightings | None:
        """What was seen so far; None when that is known only at the end."""

    @property
    def rest(self) -> tuple[Root, ...]:
        """The directories that cannot be watched in this way."""

    def start(self) -> None:
        """Begin to watch.

        Raises:
            OSError: this machine does not allow this way of watching; nothing is left open.
        """

    def stop(self) -> Seen:
        """Stop, and return everything seen until now."""

    def explained(self, seen: Seen, told: Sequence[FileTold]) -> Seen:
        """Return what was ``seen``, in the light of what the program's interpreters ``told`` of its files."""


def stamp(path: str) -> Stamp | None:
    """Return the stamp of the file at ``path``, or None when there is none."""
    try:
        return stamp_of(os.stat(path))
    except OSError:
        return None


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp in a file's ``status``."""
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


class Sighting(msgspec.Struct):
    """What happened to one file: all events together, and its stamp when the first of them was noted."""

    first: Stamp | None
    events: int = 0
    was_read_first: bool = False


class Sightings:
    """Events of one run, gathered by path. One thread notes, another may ask which files were `touched`.

    Args:
        is_ignored: tells paths whose events are noise.
        has_own: whether what this process does itself is among the events.
    """

    def __init__(self, is_ignored: Callable[[str], bool], *, has_own: bool = False) -> None:
        self.is_ignored = is_ignored
        self._has_own = has_own
        self._files: dict[str, Sighting] = {}
        self._touched: dict[str, int] = {}
        self._own: dict[str, int] = {}
        self._lock = threading.Lock()
        self.since_ns = time.time_ns()
        self.gaps: dict[str, None] = {}
        self.overflowed = False

    def note(self, path: str, events: int) -> int:
        """Keep that ``events`` happened to the file at ``path``, and return what had happened to it before."""
        with self._lock:
            own = self._own.get(path, 0)
            if own:
                self._own[path] = own & ~events
                events &= ~own
            if not events:
                return 0
            self._touched[path] = self._touched.get(path, 0) | events
        found = self._files.get(path)
        if found is None:
            found = self._files[path] = Sighting(stamp(path))
        # The kernel makes one event of several of a process that nobody has read yet: what is created was not read before.
        if events & CLOSE_NOWRITE and not (found.events & _WRITTEN or events & CREATE):
            found.was_read_first = True
        before = found.events
        found.events |= events
        return before

    def touched(self) -> dict[str, int]:
        """Return the files that something happened to since this was last asked, and what."""
        with self._lock:
            touched, self._touched = self._touched, {}
        return touched

    def sighting(self, path: str) -> Sighting:
        """Return what is known of a file that was `touched`."""
        return self._files[path]

    def expect_own(self, path: str) -> None:
        """Take the next open and the next close of ``path`` for ours, where our own events come too."""
        if self._has_own:
            with self._lock:
                self._own[path] = OPEN | CLOSE_NOWRITE

    def seen(self, level: str) -> Seen:
        """Return what the events mean."""
        reads: dict[str, Stamp | None] = {}
        written: dict[str, Stamp | None] = {}
        moved: set[str] = set()
        overwritten: set[str] = set()
        for path, found in self._files.items():
            if self.is_ignored(path):
                continue
            events = found.events
            # Opened for writing is not written: SQLite opens so what it only reads.
            is_written = bool(events & APPEARED) or bool(events & CLOSE_WRITE and self._differs(path))
            if is_written:
                written[path] = found.first
            if events & CLOSE_NOWRITE or (events & (OPEN | CLOSE_WRITE) and not is_written):
                reads[path] = found.first
            if is_written and found.was_read_first:
                overwritten.add(path)
            if events & MOVED_FROM:
                moved.add(path)
        gaps = tuple(self.gaps)
        if self.overflowed:
            gaps += (_OVERFLOWED,)
        return Seen(
            level=level,
            reads=reads,
            writes=frozenset(written),
            first=written,
            moved=frozenset(moved),
            overwritten=frozenset(overwritten),
            overflowed=self.overflowed,
            gaps=gaps,
        )

    def _differs(self, path: str) -> bool:
        """Tell whether a file that was opened for writing was written.

        Its first stamp may have been taken after a quick write, so its time counts too.
        """
        now = stamp(path)
        return now != self._files[path].first or (now is not None and now.mtime_ns > self.since_ns)

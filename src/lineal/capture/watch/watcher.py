"""What every watcher is, and what it saw: the files a program read and wrote."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

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
EVENTS = MODIFY | CLOSE_WRITE | CLOSE_NOWRITE | OPEN | MOVED_FROM | MOVED_TO | CREATE

_APPEARED = MODIFY | MOVED_TO | CREATE


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

    ``reads`` hold the stamp that each file had when it was first seen. ``moved`` are paths that were renamed away.
    """

    level: str
    reads: dict[str, Stamp | None] = {}
    writes: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    overflowed: bool = False
    gaps: tuple[str, ...] = ()


class Watcher(Protocol):
    """Watches files between `start` and `stop`."""

    level: str

    def start(self) -> None:
        """Begin to watch.

        Raises:
            OSError: this machine does not allow this way of watching; nothing is left open.
        """

    def stop(self) -> Seen:
        """Stop, and return everything seen until now."""


def stamp(path: str) -> Stamp | None:
    """Return the stamp of the file at ``path``, or None when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


class Sightings:
    """Events of one run, gathered by path. Touched by one thread at a time.

    Args:
        is_ignored: tells paths whose events are noise.
    """

    def __init__(self, is_ignored: Callable[[str], bool]) -> None:
        self._is_ignored = is_ignored
        self._events: dict[str, int] = {}
        self._first: dict[str, Stamp | None] = {}
        self.gaps: dict[str, None] = {}
        self.overflowed = False

    def note(self, path: str, events: int) -> None:
        """Keep that ``events`` happened to the file at ``path``."""
        known = self._events.get(path)
        if known is None:
            known = 0
            self._first[path] = stamp(path)
        self._events[path] = known | events

    def seen(self, level: str) -> Seen:
        """Return what the events mean."""
        reads: dict[str, Stamp | None] = {}
        writes: set[str] = set()
        moved: set[str] = set()
        for path, events in self._events.items():
            if self._is_ignored(path):
                continue
            # Opened for writing is not written: SQLite opens a database that way only to read it.
            is_written = bool(events & _APPEARED) or bool(events & CLOSE_WRITE and stamp(path) != self._first[path])
            if is_written:
                writes.add(path)
            if events & CLOSE_NOWRITE or (events & (OPEN | CLOSE_WRITE) and not is_written):
                reads[path] = self._first[path]
            if events & MOVED_FROM:
                moved.add(path)
        gaps = tuple(self.gaps)
        if self.overflowed:
            gaps += ("files: the kernel's queue of events overflowed, so some reads or writes were not seen",)
        return Seen(
            level=level,
            reads=reads,
            writes=frozenset(writes),
            moved=frozenset(moved),
            overflowed=self.overflowed,
            gaps=gaps,
        )

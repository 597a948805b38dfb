"""The part that fanotify and inotify share: a thread that reads the kernel's events until it is told to stop."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import select
import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from lineal.capture.files.watch.directories import Explorer, Place
from lineal.capture.files.watch.watcher import (
    CREATE,
    EVENTS,
    MODIFY,
    MOVED_TO,
    ON_DIRECTORY,
    OVERFLOW,
    Root,
    Seen,
    Sightings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lineal.capture.files.places import Ignored
    from lineal.capture.told.record import FileTold

_READ_BYTES = 1 << 18
_EVENT_BYTES_MAX = 1 << 12
"""A block with more room left than that had all events that were queued."""

REST_S = 0.005
"""So long events are left to gather where they come one after the other: each wake-up costs the program as much as a read."""


@functools.cache
def libc() -> ctypes.CDLL:
    """Return the C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def kernel_error(what: str) -> OSError:
    """Return the error that the last call into the C library left."""
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), what)


def blocks(descriptor: int) -> Iterator[bytes]:
    """Yield the events that are queued now, and not those that come for ever from somebody who reacts to us."""
    block = bytes(_READ_BYTES)
    while len(block) > _READ_BYTES - _EVENT_BYTES_MAX:
        try:
            block = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        yield block


class EventWatcher(ABC):
    """Watches directories through a descriptor of kernel events.

    Args:
        roots: the directories.
        ignored: what to leave out.
    """

    level = ""
    tells_processes = False
    _may_rest = False
    """Whether events may be left to gather: where what they mean does not depend on being seen at once."""

    def __init__(self, roots: tuple[Root, ...], ignored: Ignored) -> None:
        self._roots = roots
        self._ignored = ignored
        self._sightings = Sightings(self._is_noise, has_own=not self.tells_processes)
        self._explorer = Explorer(self._mark, ignored, self._sightings.gaps)
        self._descriptor = -1
        self._wake_read = self._wake_write = -1
        self._thread: threading.Thread | None = None
        self._late: list[Root] = []

    @property
    def sightings(self) -> Sightings:
        """What was seen so far."""
        return self._sightings

    @property
    def rest(self) -> tuple[Root, ...]:
        """The directories that cannot be watched in this way."""
        return tuple(self._explorer.rest)

    def explained(self, seen: Seen, _told: Sequence[FileTold]) -> Seen:
        """Return ``seen``: it does not need the interpreters' word."""
        return seen

    def start(self) -> None:
        """Mark the directories and begin to read events. Raises OSError when the kernel refuses."""
        self._descriptor = self._open()
        try:
            self._explorer.explore(self._roots)
        except OSError:
            for each in self._descriptors():
                os.close(each)
            raise
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._watch, name=f"lineal-{self.level}", daemon=True)
        self._thread.start()

    def stop(self) -> Seen:
        """Take the events that are still queued, stop, and return what was seen."""
        os.write(self._wake_write, b"\0")
        if self._thread is not None:
            self._thread.join()
        self._take_late()
        if self._sightings.overflowed:
            self._take_changed()
        for each in (*self._descriptors(), self._wake_read, self._wake_write):
            os.close(each)
        return self._sightings.seen(self.level)

    def _watch(self) -> None:
        poll, urgent = select.poll(), select.poll()
        for each in self._descriptors():
            poll.register(each, select.POLLIN)
        for each in (*self._urgent(), self._wake_read):
            poll.register(each, select.POLLIN)
            urgent.register(each, select.POLLIN)
        drained_at = 0.0
        try:
            is_running = True
            while is_running:
                ready = poll.poll()
                if self._may_rest and time.monotonic() - drained_at < REST_S:
                    ready += urgent.poll(REST_S * 1000)
                is_running = self._wake_read not in {descriptor for descriptor, _ in ready}
                self._drain()
                drained_at = time.monotonic()
        except Exception as error:  # noqa: BLE001 a fault here must show as a gap and never reach the program
            self._sightings.gaps[f"files: watching stopped early: {type(error).__name__}: {error}"] = None

    def _descriptors(self) -> tuple[int, ...]:
        """Return where events come."""
        return (self._descriptor,)

    def _urgent(self) -> tuple[int, ...]:
        """Return those of them that end a rest."""
        return ()

    def happened(self, place: Place | None, name: str, events: int) -> None:
        """Note ``events`` of the file or directory ``name`` in ``place``; new directories are watched from now on."""
        if events & OVERFLOW:
            self._sightings.overflowed = True
            return
        path = place.path_of(name) if place is not None and name else None
        if path is None:
            return
        has_come = events & (CREATE | MOVED_TO) and place is not None and place.names is None
        if not events & ON_DIRECTORY:
            self._noted(path, events, self._sightings.note(path, events & EVENTS))
            if has_come and os.path.islink(path):
                self._watch_new(path, lambda: self._explorer.follow(path, lambda _found: None))
        elif has_come and not self._ignored.directory(path):
            # What is in there already came with it: the directory is new at this path.
            self._watch_new(path, lambda: self._descend(path))

    def _noted(self, path: str, events: int, before: int) -> None:  # noqa: B027 - most have nothing to do then
        """Learn that ``events`` of a file were noted, to which others had happened ``before``."""

    def _descend(self, path: str) -> None:
        def came(found: str) -> None:
            self._sightings.note(found, CREATE)

        before = len(self._explorer.rest)
        try:
            self._explorer.descend(os.path.realpath(path), path, came, is_new=True)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            self._explorer.rest.append(Root(path))
        self._late += self._explorer.rest[before:]

    def _watch_new(self, path: str, watch: Callable[[], None]) -> None:
        try:
            watch()
        except FileNotFoundError:
            return  # made and removed again: nothing is left of it to be recorded
        except OSError as error:
            self._sightings.gaps[f"files: the new directory {path} could not be watched: {error.strerror}"] = None

    def _take_late(self) -> None:
        """Take what is in new directories that could not be watched: all of it came while the program ran."""
        for root in self._late:
            for folder, names, found in os.walk(root.path):
                names[:] = [each for each in names if not self._ignored.directory(os.path.join(folder, each))]
                for each in found:
                    self._sightings.note(os.path.join(folder, each), CREATE)
        if self._late:
            self._sightings.gaps[
                f"files: {len(self._late)} new directories were too many to be watched, so reads in them are not known"
            ] = None

    def _take_changed(self) -> None:
        """Take for written what has changed since the start, where events were lost."""

        def changed(path: str) -> None:
            try:
                is_new = os.lstat(path).st_ctime_ns > self._sightings.since_ns
            except OSError:
                return
            if is_new:
                self._sightings.note(path, MODIFY)

        looking = Explorer(lambda _directory, _place: None, self._ignored, self._sightings.gaps)
        for root in self._roots:
            if root.is_deep:
                looking.descend(os.path.realpath(root.path), root.path, changed)

    def _is_noise(self, path: str) -> bool:
        return self._ignored.directory(path) or self._ignored.directory(os.path.dirname(path))

    @abstractmethod
    def _open(self) -> int:
        """Return a descriptor that does not block."""

    @abstractmethod
    def _mark(self, directory: str, place: Place) -> None:
        """Begin to receive the events of ``directory``. Raises OSError."""

    @abstractmethod
    def _drain(self) -> None:
        """Read the events that are queued and call `happened` with each."""

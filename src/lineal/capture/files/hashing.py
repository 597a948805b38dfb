"""Name files by their digests while the program still runs, so that little is left to be read at its end.

A thread of the lowest priority reads what nobody has touched for a while. What it finds is believed at the end only
for a file that is still as it was then, and that nobody closed after writing since: a write through a mapping may leave
no trace in the file's times, but the kernel tells of the close once the mapping is gone.
"""

from __future__ import annotations

import ctypes
import os
import platform
import stat
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.files.watch.events import libc
from lineal.capture.files.watch.watcher import APPEARED, CLOSE_WRITE, Stamp, stamp_of
from lineal.objects.digest import Hasher

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineal.capture.files.watch.watcher import Sightings
    from lineal.objects.digest import Digest
    from lineal.objects.files import Mode

QUIET_S = 1.0
"""A file is read once nothing happened to it for so long; after each time in vain, for twice as long."""

_PIECE_BYTES_MIN, _PIECE_BYTES = 1 << 14, 1 << 20
_ROUND_S = 0.5
_LOWEST = 19
_IO_PRIORITY_CALL = {"x86_64": 251, "aarch64": 30}
_IO_IDLE = 3 << 13
_WRITTEN = APPEARED | CLOSE_WRITE


class Hashed(msgspec.Struct, frozen=True):
    """A file as it was when it was read whole. ``stamp`` is None when it changed meanwhile."""

    digest: Digest
    size_bytes: int
    mode: Mode
    stamp: Stamp | None


class Known(msgspec.Struct, frozen=True):
    """What was hashed while the program ran: files ``as_read``, before any write of the run, and the ``latest``."""

    as_read: dict[str, Hashed] = {}
    latest: dict[str, Hashed] = {}


def hash_file(path: str, go_on: Callable[[], bool] = lambda: True) -> Hashed | None:
    """Return the file at ``path`` by its bytes, or None when it is no regular file, or when ``go_on`` says no.

    Raises:
        OSError: it cannot be read; FileNotFoundError when it is gone.
    """
    # Opening a named pipe for reading would wait for its writer for ever.
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        return None
    hasher = Hasher()
    # Making a large buffer takes longer than reading a small file.
    piece = memoryview(bytearray(max(min(status.st_size + 1, _PIECE_BYTES), _PIECE_BYTES_MIN)))
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        before = os.fstat(descriptor)
        while count := file.readinto(piece):
            if not go_on():
                return None
            hasher.update(piece[:count])
        after = os.fstat(descriptor)
    mode: Mode = "executable" if before.st_mode & stat.S_IXUSR else "file"
    is_steady = stamp_of(before) == stamp_of(after)
    return Hashed(hasher.digest, hasher.size_bytes, mode, stamp_of(before) if is_steady else None)


class Hashing:
    """Hashes the files of a run in the background.

    Args:
        sightings: tells which files were touched.
        is_wanted: tells files that belong to the record from noise.
    """

    def __init__(self, sightings: Sightings, is_wanted: Callable[[str], bool]) -> None:
        self._sightings = sightings
        self._is_wanted = is_wanted
        self._waiting: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        self._known = Known(as_read={}, latest={})
        self._is_over = threading.Event()
        self._working = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="lineal-hashing", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading, in the middle of a file too."""
        self._is_over.set()
        # Where the machine is busy, a thread of the lowest priority would take its time even to end.
        with self._working:
            return

    def known(self) -> Known:
        """Return what was hashed and is not out of date, once everything that happened was noted."""
        self._forget_written()
        return self._known

    def _work(self) -> None:
        with suppress(OSError):  # the system says no: then as fast as the rest of us
            _yield_to_others()
        while not self._is_over.wait(_ROUND_S):
            with self._working:
                if self._is_over.is_set():
                    return
                self._forget_written()
                now = time.monotonic()
                self._hash_all([path for path, at in self._waiting.items() if at <= now])

    def _forget_written(self) -> None:
        """Drop what is out of date, and let every file that was touched wait until it has been quiet."""
        now = time.monotonic()
        for path, events in self._sightings.touched().items():
            if events & _WRITTEN:
                self._known.latest.pop(path, None)
            if path in self._waiting or (path not in self._known.latest and self._is_wanted(path)):
                self._waiting[path] = now + QUIET_S * 2 ** min(self._tries.get(path, 0), 10)

    def _hash_all(self, due: list[str]) -> None:
        for path in due:
            if self._is_over.is_set():
                return
            del self._waiting[path]
            self._tries[path] = self._tries.get(path, 0) + 1
            with suppress(OSError):  # gone, or not to be read: the end of the run says so
                self._hash(path)

    def _hash(self, path: str) -> None:
        self._sightings.expect_own(path)
        found = hash_file(path, lambda: not self._is_over.is_set())
        if found is None or found.stamp is None:
            return
        self._known.latest[path] = found
        sighting = self._sightings.sighting(path)
        # A file that was written soon after it was read may have got its first stamp only then.
        if found.stamp == sighting.first and not sighting.events & APPEARED:
            self._known.as_read.setdefault(path, found)


def _yield_to_others() -> None:
    """Give this thread alone the lowest priority on the processor and, where the disk has a say, on the disk."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, _LOWEST)
    number = _IO_PRIORITY_CALL.get(platform.machine())
    if number is not None:
        libc().syscall(ctypes.c_long(number), 1, thread, _IO_IDLE)

"""Watch files with inotify: every read by whatever library, but it cannot tell the program's from anybody else's."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from lineal.capture.files.watch.events import EventWatcher, blocks, kernel_error, libc
from lineal.capture.files.watch.watcher import EVENTS

if TYPE_CHECKING:
    from lineal.capture.files.places import Ignored
    from lineal.capture.files.watch.directories import Place
    from lineal.capture.files.watch.watcher import Root

_ONLY_DIRECTORIES = 0x01000000
_EVENT = struct.Struct("iIII")  # watch, mask, cookie, bytes of the name


class Inotify(EventWatcher):
    """Watches through inotify.

    Args:
        roots: the directories.
        ignored: what to leave out.
    """

    level = "inotify"

    def __init__(self, roots: tuple[Root, ...], ignored: Ignored) -> None:
        super().__init__(roots, ignored)
        self._places: dict[int, Place] = {}

    def _open(self) -> int:
        try:
            descriptor = int(libc().inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        except AttributeError:
            raise OSError(0, "this system has no inotify") from None
        if descriptor < 0:
            raise kernel_error("inotify_init1")
        return descriptor

    def _mark(self, directory: str, place: Place) -> None:
        watch = libc().inotify_add_watch(self._descriptor, os.fsencode(directory), EVENTS | _ONLY_DIRECTORIES)
        if watch < 0:
            raise kernel_error(directory)
        self._places[watch] = place

    def _drain(self) -> None:
        for block in blocks(self._descriptor):
            self._take(block)

    def _take(self, block: bytes) -> None:
        position = 0
        while position < len(block):
            watch, mask, _, size = _EVENT.unpack_from(block, position)
            start = position + _EVENT.size
            position = start + size
            name = os.fsdecode(block[start:position].rstrip(b"\0"))
            self.happened(self._places.get(watch), name, mask)

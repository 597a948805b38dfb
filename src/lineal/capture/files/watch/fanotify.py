"""Watch files with fanotify: every read by whatever library, with the process that did it (Linux 5.13 and newer)."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING

from lineal.capture.files.watch.events import EventWatcher, kernel_error, libc
from lineal.capture.files.watch.watcher import EVENTS, ON_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineal.capture.files.places import Ignored
    from lineal.capture.files.watch.directories import Place
    from lineal.capture.files.watch.watcher import Root

# FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_FID | FAN_REPORT_DIR_FID | FAN_REPORT_NAME
_FLAGS = 0x1 | 0x2 | 0x200 | 0x400 | 0x800
_UNLIMITED = 0x10 | 0x20  # the queue, and the number of marks
_MARK_ADD = 0x1
_ON_CHILD = 0x08000000
_DIRECTORY_AND_NAME = 2
_AT_FDCWD = -100

# event: u32 length, u8 version, u8 reserved, u16 metadata length, u64 mask, i32 descriptor, i32 process
_EVENT = struct.Struct("<IBBHQii")
# information: u8 kind, u8 padding, u16 length, 8 bytes of file system, u32 bytes of handle, i32 kind of handle
_INFORMATION = struct.Struct("<BBH8sIi")


class _Handle(ctypes.Structure):
    _fields_ = (("size_bytes", ctypes.c_uint), ("kind", ctypes.c_int), ("data", ctypes.c_ubyte * 128))


class Fanotify(EventWatcher):
    """Watches through fanotify.

    Args:
        roots: the directories.
        ignored: what to leave out.
        is_ours: tells whether a process belongs to the program; asked only where the kernel names processes.
    """

    level = "fanotify"
    tells_processes = True

    def __init__(self, roots: tuple[Root, ...], ignored: Ignored, is_ours: Callable[[int], bool]) -> None:
        super().__init__(roots, ignored)
        self._is_ours = is_ours
        self._places: dict[bytes, Place] = {}

    def _open(self) -> int:
        try:
            init = libc().fanotify_init
        except AttributeError:
            raise OSError(0, "this system has no fanotify") from None
        descriptor = int(init(_FLAGS | _UNLIMITED, os.O_RDONLY))  # only root may
        if descriptor < 0:
            descriptor = int(init(_FLAGS, os.O_RDONLY))
        if descriptor < 0:
            raise kernel_error("fanotify_init")
        return descriptor

    def _mark(self, directory: str, place: Place) -> None:
        mask = ctypes.c_uint64(EVENTS | ON_DIRECTORY | _ON_CHILD)
        if libc().fanotify_mark(self._descriptor, _MARK_ADD, mask, _AT_FDCWD, os.fsencode(directory)):
            raise kernel_error(directory)
        self._places[_key(directory)] = place

    def _take(self, block: bytes) -> None:
        position = 0
        own = os.getpid()
        while position < len(block):
            length, _, _, metadata, mask, _, process = _EVENT.unpack_from(block, position)
            end = position + length
            information = position + metadata
            position = end
            if process == own or not (process == 0 or self._is_ours(process)):
                continue
            if information == end:
                self.happened(None, "", mask)
            while information < end:
                kind, _, size, system, handle_bytes, _ = _INFORMATION.unpack_from(block, information)
                if kind == _DIRECTORY_AND_NAME:
                    start = information + _INFORMATION.size
                    handle = block[start : start + handle_bytes]
                    name = block[start + handle_bytes : information + size].partition(b"\0")[0]
                    self.happened(self._places.get(system + handle), os.fsdecode(name), mask)
                information += size


def _key(directory: str) -> bytes:
    """Return what events carry in place of the directory's path: its file system and handle."""
    handle, mount = _Handle(size_bytes=128), ctypes.c_int()
    path = os.fsencode(directory)
    if libc().name_to_handle_at(_AT_FDCWD, path, ctypes.byref(handle), ctypes.byref(mount), 0):
        raise kernel_error(directory)
    system = os.statvfs(directory).f_fsid & 0xFFFFFFFFFFFFFFFF
    return struct.pack("<Q", system) + bytes(handle.data[: handle.size_bytes])

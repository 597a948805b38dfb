"""Watch files with fanotify: every read by whatever library, with the process that did it (Linux 5.13 and newer)."""

from __future__ import annotations

import ctypes
import os
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

from lineal.capture.files.watch.events import EventWatcher, blocks, kernel_error, libc
from lineal.capture.files.watch.watcher import (
    CLOSE_NOWRITE,
    CREATE,
    EVENTS,
    MOVED_TO,
    ON_DIRECTORY,
    READ_EVENTS,
    WRITE_EVENTS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lineal.capture.files.places import Ignored
    from lineal.capture.files.watch.directories import Place
    from lineal.capture.files.watch.watcher import Root

# FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DIR_FID | FAN_REPORT_NAME
_FLAGS = 0x1 | 0x2 | 0x400 | 0x800
_UNLIMITED = 0x10 | 0x20  # the queue, and the number of marks
_MARK_ADD, _MARK_REMOVE = 0x1, 0x2
# FAN_MARK_DONT_FOLLOW | FAN_MARK_IGNORED_MASK; FAN_MARK_EVICTABLE keeps no inode in memory (Linux 5.19). Without
# FAN_MARK_IGNORED_SURV_MODIFY the kernel itself forgets it as soon as the file is written.
_IGNORE, _EVICTABLE = 0x4 | 0x20, 0x200
_ON_CHILD = 0x08000000
_DIRECTORY_AND_NAME = 2
_AT_FDCWD = -100
_QUIET_MAX = 100_000

# event: u32 length, u8 version, u8 reserved, u16 metadata length, u64 mask, i32 descriptor, i32 process
_EVENT = struct.Struct("<IBBHQii")
# information: u8 kind, u8 padding, u16 length, 8 bytes of file system, u32 bytes of handle, i32 kind of handle
_INFORMATION = struct.Struct("<BBH8sIi")


class _Handle(ctypes.Structure):
    _fields_ = (("size_bytes", ctypes.c_uint), ("kind", ctypes.c_int), ("data", ctypes.c_ubyte * 128))


_Happened = tuple[bytes, bytes, int]
"""A directory by what events carry in place of its path, a name in it, and what happened."""


class Fanotify(EventWatcher):
    """Watches through fanotify: one group of events tells of reads, which may gather for a moment, another of all else.

    In one group a read and a write of the same file that nobody has seen yet become one event, which does not tell what was
    first. A file that was read twice is marked, so that its next reads cost nothing until it is written.

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
        self._writes = -1
        self._is_quieting = True
        self._quiet: set[str] = set()

    def _open(self) -> int:
        descriptor = _group()
        with suppress(OSError):  # one too many for this user: then reads are not left to gather
            self._writes = _group()
        self._may_rest = self._writes >= 0
        return descriptor

    def _descriptors(self) -> tuple[int, ...]:
        return (self._descriptor, *self._urgent())

    def _urgent(self) -> tuple[int, ...]:
        return (self._writes,) if self._writes >= 0 else ()

    def _mark(self, directory: str, place: Place) -> None:
        path = os.fsencode(directory)
        if self._writes < 0:
            _mark(self._descriptor, _MARK_ADD, EVENTS | ON_DIRECTORY | _ON_CHILD, path)
        else:
            _mark(self._writes, _MARK_ADD, WRITE_EVENTS | ON_DIRECTORY | _ON_CHILD, path)
            _mark(self._descriptor, _MARK_ADD, READ_EVENTS | _ON_CHILD, path)
        self._places[_key(directory)] = place

    def _drain(self) -> None:
        # In this order: whatever was read before one of these writes is among the reads then. Of what is written while the
        # reads are taken, a file that comes into being cannot have been read before.
        writes = self._queued(self._writes)
        reads = self._queued(self._descriptor)
        meanwhile = self._queued(self._writes)
        new = {(directory, name) for directory, name, mask in writes if mask & (CREATE | MOVED_TO)}
        new.update((directory, name) for directory, name, mask in meanwhile if mask & CREATE)
        first = [each for each in reads if each[:2] not in new] if new else reads
        later = [each for each in reads if each[:2] in new] if new else []
        for directory, name, mask in (*first, *writes, *meanwhile, *later):
            self.happened(self._places.get(directory), os.fsdecode(name), mask)

    def _queued(self, descriptor: int) -> list[_Happened]:
        """Return the events of the run that are queued now."""
        return [each for block in blocks(descriptor) for each in self._events(block)] if descriptor >= 0 else []

    def _noted(self, path: str, events: int, before: int) -> None:
        if self._quiet and events & (CREATE | MOVED_TO):
            # It may be a file that was marked under another name.
            with suppress(OSError):
                _mark(self._descriptor, _MARK_REMOVE | _IGNORE, READ_EVENTS, os.fsencode(path))
        elif events & before & CLOSE_NOWRITE and self._is_quieting and self._may_rest:
            self._quieten(path)

    def _quieten(self, path: str) -> None:
        """Hear no more of reads of a file that has no other name."""
        try:
            if os.lstat(path).st_nlink == 1 and len(self._quiet) < _QUIET_MAX:
                _mark(self._descriptor, _MARK_ADD | _IGNORE | _EVICTABLE, READ_EVENTS, os.fsencode(path))
                self._quiet.add(path)
        except FileNotFoundError:
            return
        except OSError:
            self._is_quieting = False  # an old kernel, or no more marks for this user

    def _events(self, block: bytes) -> Iterator[_Happened]:
        """Yield the events of the run in a block."""
        position = 0
        own = os.getpid()
        while position < len(block):
            length, _, _, metadata, mask, _, process = _EVENT.unpack_from(block, position)
            information = position + metadata
            position += length
            if process == own or not (process == 0 or self._is_ours(process)):
                continue
            if information == position:
                yield b"", b"", mask
                continue
            kind, _, size, system, handle_bytes, _ = _INFORMATION.unpack_from(block, information)
            if kind == _DIRECTORY_AND_NAME:
                start = information + _INFORMATION.size
                name = block[start + handle_bytes : information + size].partition(b"\0")[0]
                yield system + block[start : start + handle_bytes], name, mask


def _group() -> int:
    """Return a descriptor of events. Raises OSError when the kernel has none for us."""
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


def _mark(descriptor: int, flags: int, mask: int, path: bytes) -> None:
    if libc().fanotify_mark(descriptor, flags, ctypes.c_uint64(mask), _AT_FDCWD, path):
        raise kernel_error(os.fsdecode(path))


def _key(directory: str) -> bytes:
    """Return what events carry in place of the directory's path: its file system and handle."""
    handle, mount = _Handle(size_bytes=128), ctypes.c_int()
    path = os.fsencode(directory)
    if libc().name_to_handle_at(_AT_FDCWD, path, ctypes.byref(handle), ctypes.byref(mount), 0):
        raise kernel_error(directory)
    system = os.statvfs(directory).f_fsid & 0xFFFFFFFFFFFFFFFF
    return struct.pack("<Q", system) + bytes(handle.data[: handle.size_bytes])

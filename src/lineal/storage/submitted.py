"""Writes past the cache that nobody waits for: the disk takes them while whoever asked goes on (Linux's ``io_submit``)."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
import threading
from functools import cache
from typing import Any, NamedTuple

_PWRITE = 1
_NUMBERS = {"x86_64": (206, 207, 209, 208), "aarch64": (0, 1, 2, 4)}
"""io_setup, io_destroy, io_submit and io_getevents as the kernel knows them: the library of C has no names for them."""

_DIRECT = getattr(os, "O_DIRECT", 0)


class _Block(ctypes.Structure):
    """The kernel's ``struct iocb``, where the lower half of a word comes first."""

    _fields_ = (
        ("data", ctypes.c_uint64),
        ("key", ctypes.c_uint32),
        ("rw_flags", ctypes.c_uint32),
        ("opcode", ctypes.c_uint16),
        ("priority", ctypes.c_int16),
        ("descriptor", ctypes.c_uint32),
        ("buffer", ctypes.c_uint64),
        ("size_bytes", ctypes.c_uint64),
        ("at", ctypes.c_int64),
        ("_reserved", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("event_descriptor", ctypes.c_uint32),
    )


class _Event(ctypes.Structure):
    """The kernel's ``struct io_event``."""

    _fields_ = (
        ("data", ctypes.c_uint64),
        ("block", ctypes.c_uint64),
        ("result", ctypes.c_int64),
        ("result_2", ctypes.c_int64),
    )


class _Calls(NamedTuple):
    """What makes system calls, and the numbers of those that are needed."""

    library: Any
    setup: int
    destroy: int
    submit: int
    events: int

    def make(self, number: int, *arguments: Any) -> int:
        """Make one. Raises OSError."""
        while (result := int(self.library.syscall(ctypes.c_long(number), *arguments))) < 0:
            _raise_unless_interrupted()
        return result

    def make_room(self, descriptor: int, size_bytes: int) -> None:
        """Give a file all the room that it is going to need. Raises OSError."""
        while self.library.fallocate(descriptor, 0, ctypes.c_int64(0), ctypes.c_int64(size_bytes)):
            _raise_unless_interrupted()


def _raise_unless_interrupted() -> None:
    if (code := ctypes.get_errno()) != errno.EINTR:
        raise OSError(code, os.strerror(code))


class Ended(NamedTuple):
    """A write that ended: its bytes, where they were to go, how many the disk took, and what it said when it took none."""

    data: memoryview
    at: int
    size_bytes: int
    error: OSError | None


class SubmittedWrites:
    """Writes into one file that are on their way. One thread at a time may ask.

    Args:
        descriptor: the file; it stays the caller's.
        size_bytes: how large it is to be. It gets the room for that at once: where a file grows, writes wait for each other.
        count_max: so many writes may be on their way at once.

    Raises:
        OSError: that is not possible with this file, or not here.
    """

    def __init__(self, descriptor: int, size_bytes: int, count_max: int) -> None:
        calls = _calls()
        if calls is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        self._calls = calls
        self._context = ctypes.c_uint64(0)
        self._waiting: dict[int, tuple[memoryview, int]] = {}
        self._events = (_Event * count_max)()
        self._descriptor = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | _DIRECT | os.O_CLOEXEC)
        try:
            calls.make_room(descriptor, size_bytes)
            calls.make(calls.setup, ctypes.c_uint(count_max), ctypes.byref(self._context))
        except OSError:
            os.close(self._descriptor)
            raise

    def submit(self, data: memoryview, at: int) -> None:
        """Have whole blocks written, which come from ``direct.buffer`` and stay as they are until that ended. Raises OSError."""
        where = ctypes.addressof(ctypes.c_char.from_buffer(data))
        block = _Block(
            data=where, opcode=_PWRITE, descriptor=self._descriptor, buffer=where, size_bytes=len(data), at=at
        )
        blocks = ctypes.pointer(ctypes.pointer(block))
        self._calls.make(self._calls.submit, self._context, ctypes.c_long(1), blocks)
        self._waiting[where] = data, at

    def ended(self, *, is_all: bool = False) -> list[Ended]:
        """Return what ended since the last time; wait for the rest if asked. Raises OSError."""
        found = list[Ended]()
        while self._waiting:
            least, most = ctypes.c_long(int(is_all)), ctypes.c_long(len(self._events))
            count = self._calls.make(self._calls.events, self._context, least, most, self._events, None)
            for each in self._events[:count]:
                error = OSError(-each.result, os.strerror(-each.result)) if each.result < 0 else None
                found.append(Ended(*self._waiting.pop(each.data), max(0, each.result), error))
            if not is_all:
                break
        return found

    def close(self) -> None:
        """Wait for what is on its way, and let go of it. Raises OSError."""
        try:
            if self._waiting:
                self._let_go()
            else:
                # The kernel waits for all its processors here, 20 ms and more, also for nothing.
                threading.Thread(target=self._let_go, daemon=True).start()
        finally:
            self._waiting.clear()
            os.close(self._descriptor)

    def _let_go(self) -> None:
        self._calls.make(self._calls.destroy, self._context)


@cache
def _calls() -> _Calls | None:
    """Return what makes the calls; None where there are none, or others."""
    numbers = _NUMBERS.get(platform.machine())
    if not _DIRECT or numbers is None or sys.platform != "linux" or sys.maxsize < 1 << 32:
        return None
    try:
        library = ctypes.CDLL(None, use_errno=True)
        library.syscall.restype = ctypes.c_long
        library.fallocate.restype = ctypes.c_int
    except (OSError, AttributeError):
        return None
    return _Calls(library, *numbers)

"""Kill a program with SIGKILL at its n-th write to a disk: what a power cut or the OOM killer does, at every moment.

Linux only; the kernel's ptrace interface (ptrace(2)) is used directly, so that no tool need be installed.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_WRITES = {
    "x86_64": {
        "write": 1, "pwrite64": 18, "writev": 20, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "rename": 82,
        "mkdir": 83, "link": 86, "unlink": 87, "chmod": 90, "fchmod": 91, "mkdirat": 258, "unlinkat": 263,
        "renameat": 264, "linkat": 265, "fallocate": 285, "renameat2": 316, "copy_file_range": 326,
    },
    "aarch64": {
        "mkdirat": 34, "unlinkat": 35, "linkat": 37, "renameat": 38, "ftruncate": 46, "fallocate": 47, "fchmod": 52,
        "write": 64, "writev": 66, "pwrite64": 68, "fsync": 82, "fdatasync": 83, "renameat2": 276,
        "copy_file_range": 285,
    },
}  # fmt: skip
"""The system calls that change what is on a disk, by machine; the numbers are the kernel's."""

_TRACEME, _CONT, _SYSCALL, _SETOPTIONS, _GET_SYSCALL_INFO = 0, 7, 24, 0x4200, 0x420E
_SYSGOOD, _FORK, _VFORK, _CLONE, _EXITKILL = 1, 2, 4, 8, 0x100000
_ENTRY = 1
_PIPES = 3


class _SyscallInfo(ctypes.Structure):
    _fields_ = (
        ("op", ctypes.c_uint8),
        ("pad", ctypes.c_uint8 * 3),
        ("arch", ctypes.c_uint32),
        ("instruction_pointer", ctypes.c_uint64),
        ("stack_pointer", ctypes.c_uint64),
        ("number", ctypes.c_uint64),
        ("arguments", ctypes.c_uint64 * 6),
    )


class Ended(NamedTuple):
    """How a program ended: its exit status, negative for a signal, and the writes it came to, by name, in order."""

    exit_status: int
    writes: tuple[str, ...]


def run_until_write(
    command: Sequence[str], *, kill_at: int = 0, directory: Path, variables: Mapping[str, str]
) -> Ended:
    """Run ``command`` and kill it just before its write number ``kill_at``; 0 lets it live and counts.

    Writes to its standard streams do not count. Its children and threads are followed.

    Args:
        command: the program, by its absolute path, and its arguments.
        kill_at: which write it does not live to see; the first is 1.
        directory: where it runs.
        variables: its environment variables.

    Raises:
        OSError: the kernel does not allow it.
    """
    return _watch(lambda: os.execve(command[0], list(command), dict(variables)), kill_at, directory)  # noqa: S606 - the whole point


def call_until_write(act: Callable[[], object], *, kill_at: int = 0, directory: Path) -> Ended:
    """As ``run_until_write``, of a copy of this process that does ``act`` and ends: it need not load what is loaded here.

    The copy has what this process has open: ``act`` opens what it writes to, and no other thread of this process may
    hold a lock that it waits for.

    Args:
        act: what the copy does; an exception makes it end with 1.
        kill_at: which write it does not live to see; the first is 1.
        directory: where it does it.

    Raises:
        OSError: the kernel does not allow it.
    """

    def done() -> None:
        try:
            act()
        except Exception:  # noqa: BLE001 - its exit status tells
            os._exit(1)
        os._exit(0)

    return _watch(done, kill_at, directory)


def _watch(body: Callable[[], None], kill_at: int, directory: Path) -> Ended:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        _become(libc, body, directory)
    os.waitpid(child, 0)
    _ask(libc, _SETOPTIONS, child, 0, _SYSGOOD | _FORK | _VFORK | _CLONE | _EXITKILL)
    names = {number: name for name, number in _WRITES[platform.machine()].items()}
    return _follow(libc, child, names, kill_at)


def _become(libc: ctypes.CDLL, body: Callable[[], None], directory: Path) -> None:
    try:
        os.chdir(directory)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(_PIPES):
            os.dup2(nowhere, stream)
        _ask(libc, _TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)  # the parent sees it, and follows from here
        body()
    finally:
        os._exit(127)


def _follow(libc: ctypes.CDLL, child: int, names: dict[int, str], kill_at: int) -> Ended:
    writes: list[str] = []
    _ask(libc, _SYSCALL, child, 0, 0)
    while True:
        process, status = os.waitpid(-1, 0x40000000)  # __WALL: threads too
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if process == child:
                return Ended(os.waitstatus_to_exitcode(status), tuple(writes))
            continue
        stopped_by, passed_on = os.WSTOPSIG(status), 0
        if stopped_by == signal.SIGTRAP | 0x80:
            if name := _write_begun(libc, process, names):
                writes.append(name)
                if len(writes) == kill_at:
                    os.kill(child, signal.SIGKILL)
                    continue
        elif stopped_by not in {signal.SIGTRAP, signal.SIGSTOP}:
            passed_on = stopped_by
        try:
            _ask(libc, _SYSCALL, process, 0, passed_on)
        except ProcessLookupError:  # it was killed meanwhile
            continue


def _write_begun(libc: ctypes.CDLL, process: int, names: dict[int, str]) -> str:
    """Return the name of the write that ``process`` is about to make, or nothing."""
    info = _SyscallInfo()
    _ask(libc, _GET_SYSCALL_INFO, process, ctypes.sizeof(info), ctypes.addressof(info))
    name = names.get(info.number, "") if info.op == _ENTRY else ""
    return "" if name in {"write", "writev"} and info.arguments[0] < _PIPES else name


def _ask(libc: ctypes.CDLL, request: int, process: int, address: int, data: int) -> None:
    if libc.ptrace(request, process, address, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

"""What a program prints goes where it would go without us, and a copy into the spool.

A terminal is left to the program, which may ask it for its size and colours. A file is left to it too: what was added
is copied at the end, and a full disk is the program's to see. Only between the program and a pipe stands a process of
its own (`passing`), so that a recorder that is killed takes nothing with it.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.capture.program import standard

if TYPE_CHECKING:
    from lineal.capture.gaps import Gaps

KEPT_BYTES_MAX = 64 << 20
"""What a program prints beyond this is passed on and not kept."""

_PIPE_BYTES = 1 << 18
_RANKS_WAITING_MAX = 1024
_PIECE_BYTES = 1 << 20
_PASSING = str(Path(__file__).with_name("passing.py"))
_DESCRIPTORS = {"stdout": 1, "stderr": 2}


class _Added:
    """A regular file that the program writes to by itself; what it added is copied at the end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        appends = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND
        self._began = os.fstat(descriptor).st_size if appends else os.lseek(descriptor, 0, os.SEEK_CUR)

    def copy(self, path: Path) -> bool:
        """Copy what was added to ``path``; tell whether that was all of it. Raises OSError."""
        source = os.open(f"/dev/fd/{self._descriptor}", os.O_RDONLY)
        try:
            at, end = self._began, os.fstat(source).st_size
            with path.open("wb") as copy:
                while at < min(end, self._began + KEPT_BYTES_MAX):
                    piece = os.pread(source, min(_PIECE_BYTES, self._began + KEPT_BYTES_MAX - at), at)
                    at += copy.write(piece)
                    if not piece:
                        break
        finally:
            os.close(source)
        return at >= end


class Tees:
    """What is between a program and its standard output and error.

    Args:
        spool: where the copies go.
        gaps: where to say what was not kept.
    """

    def __init__(self, spool: Path, gaps: Gaps) -> None:
        self._spool = spool
        self._gaps = gaps
        self._files: dict[str, _Added] = {}
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.streams = ""
        """What ranks of a training must know to get pipes of their own (`lineal_shim.streams`); empty when there are none."""
        self.ends: dict[str, int] = {}
        """The descriptors that the program gets in place of ours, by stream."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        with gaps.guard("what the program printed was not kept"):
            self._arrange()

    def _arrange(self) -> None:
        kinds = {name: _kind(descriptor) for name, descriptor in _DESCRIPTORS.items()}
        is_one = "closed" not in kinds.values() and os.path.sameopenfile(1, 2)
        piped: list[str] = []
        for name, kind in kinds.items():
            if kind in {"terminal", "device"}:
                self._gaps.note(f"{name} went to a {kind} and was not kept")
            elif kind in {"file", "pipe"} and name == "stderr" and is_one:
                self._gaps.note("stderr went where stdout went and was kept with it")
            elif kind == "file":
                self._files[name] = _Added(_DESCRIPTORS[name])
            elif kind == "pipe":
                piped.append(name)
        if piped:
            self._pass(piped)
            if is_one and "stdout" in piped:
                self.ends["stderr"] = self.ends["stdout"]

    def _pass(self, names: list[str]) -> None:
        """Start the process that stands between the program and pipes. Raises OSError."""
        ours, theirs = socket.socketpair()
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sources, targets, ends = [], [], {}
        try:
            for name in names:
                source, ends[name] = os.pipe()
                sources.append(source)
                targets.append(os.dup(_DESCRIPTORS[name]))
                if hasattr(fcntl, "F_SETPIPE_SZ"):
                    fcntl.fcntl(source, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            # Without a path, which may be too long for a socket, and gone with it.
            address = f"lineal-{self._spool.name}-{os.urandom(8).hex()}"
            listening.bind(f"\0{address}")
            listening.listen(_RANKS_WAITING_MAX)
            self.streams = " ".join((address, *(f"{name}={os.fstat(end).st_ino}" for name, end in ends.items())))
            streams = (":".join(map(str, each)) for each in zip(names, sources, targets, strict=True))
            self._process = subprocess.Popen(
                (
                    *(sys.executable, "-I", "-S", _PASSING),
                    *(str(theirs.fileno()), str(listening.fileno()), str(KEPT_BYTES_MAX), str(self._spool), *streams),
                ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={},
                process_group=0,  # what a terminal sends to the program's group must not reach it, not even at its start
                pass_fds=(theirs.fileno(), listening.fileno(), *sources, *targets),
            )
        except OSError:
            for end in ends.values():
                os.close(end)
            ours.close()
            raise
        finally:
            theirs.close()
            listening.close()
            for each in (*sources, *targets):
                os.close(each)
        self._control, self.ends = ours, ends

    def start(self) -> None:
        """Let go of what the program has got."""
        for end in set(self.ends.values()):
            os.close(end)

    def finish(self) -> None:
        """Wait until everything that the program printed is passed on, and kept."""
        if self._control is not None and self._process is not None:
            with self._gaps.guard("what the program printed was not kept in full"):
                has_ended = not _ask(self._control)
                # What goes on for processes that outlived the program is no longer ours to wait for.
                self._process.returncode = self._process.wait() if has_ended else 0
            self._control.close()
        for name, file in self._files.items():
            with self._gaps.guard(f"{name} was not kept in full"):
                if not file.copy(self._spool / name):
                    self._gaps.note(f"{name} was kept only up to {KEPT_BYTES_MAX >> 20} MiB")


def _ask(control: socket.socket) -> bytes:
    """Say that the program has ended; return nothing when all was passed on, or a byte when somebody still prints."""
    try:
        control.sendall(b"e")
        return control.recv(1)
    except (BrokenPipeError, ConnectionResetError):  # it had ended already
        return b""


def _kind(descriptor: int) -> str:
    """Return what a stream is, by what can be put in its place without the program seeing a difference."""
    if descriptor in standard.closed:
        return "closed"
    mode = os.fstat(descriptor).st_mode
    if os.isatty(descriptor):
        return "terminal"
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISCHR(mode):
        # Writing to the null device never fails, so a pipe does as well; others have faults of their own.
        return "pipe" if os.fstat(descriptor).st_rdev == os.stat(os.devnull).st_rdev else "device"
    return "lost" if _is_lost(descriptor) else "pipe"


def _is_lost(descriptor: int) -> bool:
    """Tell whether nobody reads any more: the program's first write must tell it so."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & (select.POLLERR | select.POLLNVAL) for _, events in poll.poll(0))

"""Processes that read or write many small files: in one process, threads would only wait for one another."""

from __future__ import annotations

import fcntl
import marshal
import mmap
import os
import select
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, NamedTuple, Self

from lineal.client.workspace.hand import FILE, HEAD, SIZE
from lineal.client.workspace.scanning import Stamp
from lineal.storage import processes
from lineal.storage.blobs.reading import TEMPORARY

if TYPE_CHECKING:
    import subprocess

_COUNT = min(4, (os.cpu_count() or 1) - 1)
"""One core is left for whoever makes something of what is read."""

_ASKED_MAX = 2
"""So many requests wait for each process, so that none is idle."""

_LISTED_MAX, _PIPE_BYTES = 4, 1 << 20
"""So many directories wait for a process that lists, and so much of what it found for whoever asked."""

_ROOM_BYTES = 6 << 20
_SCRIPT = Path(__file__).with_name("hand.py")

FEW_FILES = 500
"""For so many small files no process is started."""

REQUEST_FILES = 256
REQUEST_BYTES = 4 << 20
"""What is worth a request; one more small file may come on top."""


class Asked(NamedTuple):
    """A file that is to be read, or written: its path, its size in bytes, and with which mode and bytes it is written.

    One that is unpacked is written with the bytes from ``start`` on of another file, whose SHA-256 is to be ``digest``;
    ``CHECKED`` stands for one that is known to be right.
    """

    path: str
    size_bytes: int
    mode: int = 0
    data: bytes = b""
    start: int = 0
    digest: bytes = b""


class Done(NamedTuple):
    """A file that was read or written: what it was then, on which device; the SHA-256 and the bytes that were read."""

    stamp: Stamp
    device: int
    digest: bytes
    data: bytes


Answer = Callable[[], Sequence[Done | None]]
"""Waits for what was asked for, file by file; None for one that whoever asked must look after themselves."""


Work = Literal["read", "write", "create", "unpack", "unpack new"]
_UNPACKS = frozenset({"unpack", "unpack new"})


class Hands:
    """Processes that work for this one; started when they are first asked.

    Whatever goes wrong with them, files are answered with None: nobody relies on a process that may be killed.

    Args:
        work: what they do. To create is to write where nothing is, in place: one who looks early sees a file's beginning.
            To unpack is to write, and to unpack new to create, what lies in another file.
    """

    def __init__(self, work: Work) -> None:
        self._work: Work = work
        self._hands: list[_Hand] = []
        self._turn = 0

    @property
    def room(self) -> int:
        """How many requests may wait for their answers; answers are taken in the order of the requests."""
        return max(1, (_COUNT + (self._work in _UNPACKS)) * _ASKED_MAX)

    def ask(self, files: Sequence[Asked], source: str = "") -> Answer:
        """Have files read or written, or unpacked from ``source``."""
        if not self._hands and _can_start():
            # Who has files unpacked never sees their bytes, and leaves the last core free too.
            count = _COUNT + 1 if source and _COUNT else _COUNT
            self._hands = [_Hand(self._work) for _ in range(count)]
        if not self._hands or (not source and sum(each.size_bytes for each in files) >= _ROOM_BYTES):
            return lambda: [None] * len(files)
        self._turn += 1
        return self._hands[self._turn % len(self._hands)].ask(files, source)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._hands:
            each.close()


def _memory() -> IO[bytes]:
    """Return a file that is nothing but memory, where there is such a thing."""
    import tempfile  # noqa: PLC0415 - most commands start no process

    return os.fdopen(os.memfd_create("lineal"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()


def _can_start() -> bool:
    return _SCRIPT.is_file() and processes.can_start()


class Lister:
    """A process that lists directories, while this one lists others; started when it is first asked.

    Whatever goes wrong with it, it answers with None: whoever asked looks for themselves.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_able = _COUNT > 0 and _can_start()
        self._waiting = 0

    @property
    def has_room(self) -> bool:
        """Whether one more directory may be asked for."""
        return self._is_able and self._waiting < _LISTED_MAX

    @property
    def is_ready(self) -> bool:
        """Whether an answer has come, or will never."""
        stream = self._process.stdout if self._process else None
        return stream is None or bool(select.select([stream], [], [], 0)[0])

    def ask(self, place: str) -> None:
        """Have a directory listed; there must be room."""
        self._waiting += 1
        try:
            self._process = self._process or _lister()
            if self._process.stdin:
                self._process.stdin.write(os.fsencode(place).replace(b"\n", b"\0") + b"\n")
                self._process.stdin.flush()
        except OSError:
            self._give_up()

    def answer(self) -> tuple[int, int, dict[str, Stamp], list[str]] | None:
        """Return what is in the directory that was asked for first, as ``listed`` does."""
        self._waiting -= 1
        said = self._said(SIZE.size)
        found = self._said(*SIZE.unpack(said)) if said else b""
        if not found:
            self._give_up()
            return None
        # Written by our own process: nobody else holds the other end.
        listing: tuple[int, int, dict[str, Stamp], list[str]] | None = marshal.loads(found)  # noqa: S302
        return listing

    def _said(self, size_bytes: int) -> bytes:
        said = self._process.stdout.read(size_bytes) if self._process and self._process.stdout else b""
        return said if len(said) == size_bytes else b""

    def _give_up(self) -> None:
        self._is_able = False
        self.close()

    def close(self) -> None:
        """Let go of the process."""
        if self._process:
            processes.end(self._process)
            self._process = None


def _lister() -> subprocess.Popen[bytes]:
    """Start a process that lists, with room for several answers on their way. Raises OSError."""
    process = _started("0", "list")
    if process.stdout and hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # who has many pipes already may have no more room
            fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process


def _started(*arguments: str, share: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """Start the script. Raises OSError."""
    return processes.start(str(_SCRIPT), *arguments, share=share)


class _Hand:
    """One process, and the memory it shares with us."""

    def __init__(self, work: Work) -> None:
        self._writes = work != "read"
        self._turn = 0
        self._shared = memoryview(b"")
        self._process: subprocess.Popen[bytes] | None = None
        if work in _UNPACKS:
            with suppress(OSError):
                self._process = _started("0", work, TEMPORARY)
            return
        with suppress(OSError), _memory() as file:
            file.truncate(_ROOM_BYTES * _ASKED_MAX)
            self._shared = memoryview(mmap.mmap(file.fileno(), 0))
            self._process = _started(str(file.fileno()), work, TEMPORARY, share=(file.fileno(),))

    def ask(self, files: Sequence[Asked], source: str) -> Answer:
        """Send a request; its bytes go where those of the one before the last were."""
        self._turn += 1
        start = at = self._turn % _ASKED_MAX * _ROOM_BYTES
        places = [each.path for each in files]
        paths = os.fsencode("\0".join([source, *places] if source else places)) + b"\0"
        numbers = [*(each.size_bytes for each in files), *(each.mode for each in files)]
        request = HEAD.pack(len(files), len(paths), start) + struct.pack(f"<{len(numbers)}I", *numbers)
        if source:
            request += struct.pack(f"<{len(files)}Q", *(each.start for each in files))
            request += b"".join(each.digest for each in files)
        try:
            if self._process and self._process.stdin:
                for each in files if self._writes and not source else ():
                    self._shared[at : at + each.size_bytes] = each.data
                    at += each.size_bytes
                self._process.stdin.write(request + paths)
                self._process.stdin.flush()
        except OSError:
            self._end()
        return lambda: self._answer(files, start)

    def _answer(self, files: Sequence[Asked], at: int) -> Sequence[Done | None]:
        wanted = FILE.size * len(files)
        answer = self._process.stdout.read(wanted) if self._process and self._process.stdout else b""
        if len(answer) < wanted:
            self._end()
            return [None] * len(files)
        found = list[Done | None]()
        for asked, (is_done, stamp, device, digest) in zip(files, FILE.iter_unpack(answer), strict=True):
            data = b"" if self._writes else bytes(self._shared[at : at + asked.size_bytes])
            found.append(Done(stamp, device, digest, data) if is_done else None)
            at += asked.size_bytes
        return found

    def _end(self) -> None:
        """Let go of a process that answers no more."""
        if self._process:
            self._process.kill()
            self.close()

    def close(self) -> None:
        """Wait for the end of the process, and let go of the memory."""
        self._shared = memoryview(b"")
        if self._process:
            processes.end(self._process)
            self._process = None

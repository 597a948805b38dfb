"""Pass on what a program prints, byte for byte as it comes, and keep a copy."""

from __future__ import annotations

import os
import select
import stat
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lineal.capture.gaps import Gaps

KEPT_BYTES_MAX = 64 << 20
"""What a program prints beyond this is passed on and not kept."""

_PIECE_BYTES = 1 << 16
# After the program's end only processes that it left behind can still print; the terminal is theirs, our time is not.
_IDLE_MS = 100
_LINGER_SECONDS_MAX = 2.0


class Tee:
    """One stream of the program: reads a pipe, writes to ``target`` and to the file ``kept``.

    Args:
        name: the stream's name, as gaps call it.
        target: the descriptor that the program would have without us.
        kept: where the copy goes.
        gaps: where to say what was not kept.
    """

    def __init__(self, name: str, target: int, kept: Path, gaps: Gaps) -> None:
        self._name = name
        self._target = target
        self._kept = kept
        self._gaps = gaps
        self._has_ended = threading.Event()
        self._room_bytes = KEPT_BYTES_MAX
        self._source, self.program_end = os.pipe()
        self._thread = threading.Thread(target=self._pass_on, name=f"lineal-{name}", daemon=True)

    def start(self) -> None:
        """Begin, after the program has got ``program_end``."""
        os.close(self.program_end)
        self._thread.start()

    def finish(self) -> None:
        """Wait until everything that the program printed is passed on."""
        self._has_ended.set()
        self._thread.join()

    def _pass_on(self) -> None:
        with self._gaps.guard(f"{self._name} was not kept in full"):
            self._copy()
        os.close(self._source)

    def _copy(self) -> None:
        poll = select.poll()
        poll.register(self._source, select.POLLIN | select.POLLHUP)
        with self._kept.open("ab", buffering=0) as copy:
            ended_at: float | None = None
            while True:
                is_ready = bool(poll.poll(_IDLE_MS))
                if self._has_ended.is_set():
                    ended_at = ended_at or time.monotonic()
                    if not is_ready or time.monotonic() - ended_at > _LINGER_SECONDS_MAX:
                        self._gaps.note(f"{self._name}: a process outlived the program; what it prints is not kept")
                        return
                if not is_ready:
                    continue
                piece = os.read(self._source, _PIECE_BYTES)
                if not piece:
                    return
                try:
                    write_all(self._target, piece)
                except (BrokenPipeError, ConnectionResetError):
                    return  # nobody listens any more: closing our end tells the program, as it would be told without us
                self._keep(copy.fileno(), piece)

    def _keep(self, copy: int, piece: bytes) -> None:
        if not self._room_bytes:
            return
        try:
            write_all(copy, piece[: self._room_bytes])
        except OSError as error:
            self._room_bytes = 0
            self._gaps.note(f"{self._name} was not kept in full: {error.strerror}")
            return
        self._room_bytes -= min(len(piece), self._room_bytes)
        if not self._room_bytes:
            self._gaps.note(f"{self._name} was kept only up to {KEPT_BYTES_MAX >> 20} MiB")


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, also to a descriptor that does not block. Raises OSError."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            select.select([], [descriptor], [])


def tees(spool: Path, gaps: Gaps) -> dict[str, Tee]:
    """Return what to put between the program and ``stdout`` and ``stderr``, by stream.

    A terminal is left to the program, which may ask it for its size and colours. Where both streams go to one place
    they share one pipe, so that their order stays.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    kinds = {"stdout": (1, _kind(1)), "stderr": (2, _kind(2))}
    found: dict[str, Tee] = {}
    for name, (descriptor, kind) in kinds.items():
        if kind == "terminal":
            gaps.note(f"{name} went to a terminal and was not kept")
        elif kind == "file" and name == "stderr" and "stdout" in found and os.path.sameopenfile(1, 2):
            gaps.note("stderr went where stdout went and was kept with it")
            found[name] = found["stdout"]
        elif kind != "closed":
            found[name] = Tee(name, descriptor, spool / name, gaps)
    return found


def _kind(descriptor: int) -> str:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return "closed"
    if os.isatty(descriptor):
        return "terminal"
    return "device" if stat.S_ISCHR(mode) else "file"

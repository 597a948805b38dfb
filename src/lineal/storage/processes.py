"""Processes of our own that work for this one: they use nothing of it but their streams, and end when these do."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn, Protocol

if TYPE_CHECKING:
    import subprocess

_STANDARD = 3
"""So many streams every process has."""


class Process(Protocol):
    """A process that was started here."""

    @property
    def stdin(self) -> IO[bytes] | None:
        """What it is told."""

    @property
    def stdout(self) -> IO[bytes] | None:
        """What it answers."""

    def kill(self) -> None:
        """End it now."""

    def wait(self) -> int:
        """Wait for its end, and return how it ended."""


def can_start() -> bool:
    """Tell whether this interpreter can be started as one: another program may have it inside."""
    return os.name == "posix" and Path(sys.executable or "").name.startswith("python")


def start(*arguments: str, share: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """Start this interpreter with nothing but its own library.

    Args:
        arguments: what it runs, and what that is told.
        share: what stays open of ours beside its streams.

    Raises:
        OSError: it cannot be started.
    """
    import subprocess  # noqa: PLC0415 - most commands start no process

    return subprocess.Popen(
        (sys.executable, "-I", "-S", "-B", *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=share,
        process_group=0,  # whoever asks decides what an interrupt at the terminal means
    )


class Copy:
    """A process that began as a copy of this one.

    Args:
        process: its number.
        stdin: what it is told.
        stdout: what it answers.
    """

    def __init__(self, process: int, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self.process = process
        self.stdin = stdin
        self.stdout = stdout
        self.returncode: int | None = None

    def kill(self) -> None:
        """End it now."""
        if self.returncode is None:
            os.kill(self.process, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end, and return how it ended."""
        if self.returncode is None:
            try:
                self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
            except ChildProcessError:  # somebody else in this process waits for all children
                self.returncode = 0
        return self.returncode


def copy(work: Callable[[IO[bytes], IO[bytes]], None]) -> Copy | None:
    """Have a copy of this process work for it: nothing need be started or imported for that.

    Args:
        work: reads what it is told, and writes answers; it must not use what other threads or connections are about.

    Returns:
        None where that is not possible: while another thread runs, a copy may lack what that one was about to let go of.
    """
    if not _is_alone():
        return None
    (asked, asking), (answering, answers) = os.pipe(), os.pipe()
    try:
        process = os.fork()
        if not process:
            _be_a_copy(work, asked, answers)
    except OSError:
        for each in (asking, answering):
            os.close(each)
        return None
    finally:
        for each in (asked, answers):
            os.close(each)
    return Copy(process, os.fdopen(asking, "wb"), os.fdopen(answering, "rb"))


def _is_alone() -> bool:
    """Tell whether no other thread runs in this process, one of a library that Python does not know of among them."""
    try:
        return hasattr(os, "fork") and len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


def _be_a_copy(work: Callable[[IO[bytes], IO[bytes]], None], asked: int, answers: int) -> NoReturn:
    """Work, with nothing of the other process but two streams, and end without tidying up what belongs to it."""
    status = 1
    try:
        os.setpgid(0, 0)  # as above
        gc.disable()
        streams = [fcntl.fcntl(each, fcntl.F_DUPFD, _STANDARD) for each in (asked, answers)]
        for number, each in enumerate((*streams, os.open(os.devnull, os.O_WRONLY))):
            os.dup2(each, number)
        for each in [int(each.name) for each in Path("/proc/self/fd").iterdir()]:
            if each >= _STANDARD:
                with suppress(OSError):  # what listed them is closed already
                    os.close(each)
        # Not those of sys, in which something of the other process may wait to be written.
        with open(0, "rb", closefd=False) as requests, open(1, "wb", closefd=False) as said:
            work(requests, said)
        status = 0
    finally:
        os._exit(status)


def end(process: Process) -> None:
    """Close the streams of a process, which then ends, and wait for that."""
    for each in (process.stdin, process.stdout):
        with suppress(OSError):
            if each:
                each.close()
    process.wait()

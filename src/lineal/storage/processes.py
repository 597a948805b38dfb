"""Processes of our own that work for this one: they have nothing of it but their streams, and end when these do."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess


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


def end(process: subprocess.Popen[bytes]) -> None:
    """Close the streams of a process, which then ends, and wait for that."""
    for each in (process.stdin, process.stdout):
        with suppress(OSError):
            if each:
                each.close()
    process.wait()

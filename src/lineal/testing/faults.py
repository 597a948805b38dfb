"""Faults to inject: stores that fail, fill up or are slow, and disks that really are full or read-only."""

from __future__ import annotations

import errno
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from os import PathLike
from pathlib import Path
from typing import Any

from lineal.objects.digest import Digest
from lineal.storage.blobs.blobs import BlobStore, Bundle
from lineal.storage.blobs.reading import unavailable
from lineal.storage.blobs.wrappers import Forwarding
from lineal.storage.database.asking import Asked, Question
from lineal.storage.database.database import Database, Dialect, Later, Row

Fault = Callable[[], BaseException]
"""Makes what is raised."""


class Crash(BaseException):
    """The program is gone: nothing of ours may catch it."""


def disk_full() -> BaseException:
    """Return what a store raises when its disk is full."""
    return unavailable(Path("/full"), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


class Failing(Forwarding):
    """Writes ``after`` times, then raises at every write.

    Args:
        inner: the store behind it.
        after: how many writes succeed.
        fault: what it raises then.
    """

    def __init__(self, inner: BlobStore, *, after: int, fault: Fault = disk_full) -> None:
        super().__init__(inner)
        self._left = after
        self._fault = fault

    def put(self, data: bytes) -> Digest:
        """Store ``data``, or fail."""
        self._write()
        return super().put(data)

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces, or fail."""
        self._write()
        return super().put_stream(pieces, expected=expected)

    def bundle(self) -> AbstractContextManager[Bundle]:
        """Take many small blobs, or fail."""
        self._write()
        return super().bundle()

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> tuple[Digest, int]:
        """Store a file, or fail."""
        self._write()
        return super().put_file(path, expected=expected, base=base)

    def _write(self) -> None:
        if not self._left:
            raise self._fault()
        self._left -= 1


class Slow(Forwarding):
    """Waits before every write, every read and every piece.

    Args:
        inner: the store behind it.
        delay_ms: how long.
    """

    def __init__(self, inner: BlobStore, *, delay_ms: float) -> None:
        super().__init__(inner)
        self._delay_seconds = delay_ms / 1000

    def put(self, data: bytes) -> Digest:
        """Store ``data``, slowly."""
        time.sleep(self._delay_seconds)
        return super().put(data)

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces, slowly."""
        return super().put_stream(self._slowly(pieces), expected=expected)

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> tuple[Digest, int]:
        """Store a file, slowly."""
        time.sleep(self._delay_seconds)
        return super().put_file(path, expected=expected, base=base)

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, slowly."""
        time.sleep(self._delay_seconds)
        return super().get(digest)

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces, slowly."""
        return self._slowly(super().open(digest, start=start, size=size))

    def _slowly(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            time.sleep(self._delay_seconds)
            yield piece


class FailingRows:
    """A database that changes rows ``after`` times, then raises at every change.

    Args:
        inner: the database behind it.
        after: how many changes succeed.
        fault: what it raises then.
    """

    def __init__(self, inner: Database, *, after: int, fault: Fault = disk_full) -> None:
        self._inner = inner
        self._left = after
        self._fault = fault

    @property
    def dialect(self) -> Dialect:
        """Which SQL this speaks."""
        return self._inner.dialect

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        """Carry out one statement, or fail if it changes something."""
        self._change(sql)
        return self._inner.run(sql, **values)

    def later(self, sql: str, /, **values: Any) -> Later:
        """Have one statement carried out, or fail if it changes something."""
        self._change(sql)
        return self._inner.later(sql, **values)

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``, or fail."""
        self._change(sql)
        self._inner.many(sql, rows)

    def gather(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Have one statement carried out for each of ``rows``, or fail."""
        self._change(sql)
        self._inner.gather(sql, rows)

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything in the block one change."""
        return self._inner.transaction()

    def notes(self, write: Callable[[list[Any]], object], /) -> list[Any]:
        """Return the notes of this thread's transaction."""
        return self._inner.notes(write)

    def ask(self, question: Question) -> Asked:
        """Answer a question."""
        return self._inner.ask(question)

    def hurry(self, *, as_one: bool = False) -> Callable[[], None]:
        """Have changes of this thread wait for nothing."""
        return self._inner.hurry(as_one=as_one)

    def is_retried(self) -> bool:
        """Tell whether what is changed is carried out again when nothing of it can be kept."""
        return self._inner.is_retried()

    def close(self) -> None:
        """Let go of every connection."""
        self._inner.close()

    def _change(self, sql: str) -> None:
        if sql.lstrip().upper().startswith("SELECT"):
            return
        if not self._left:
            raise self._fault()
        self._left -= 1


def run_on_small_disk(
    command: Sequence[str], directory: Path, *, size_bytes: int, read_only: bool = False, prepare: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` where ``directory`` is a disk of its own: a real one, in memory, that nobody else sees. Linux.

    Args:
        command: the program and its arguments.
        directory: an empty directory; what is written into it is gone afterwards.
        size_bytes: the size of the disk.
        read_only: whether it can only be read by ``command``.
        prepare: a program that runs before ``command``, and can write.

    Returns:
        How ``command`` ended, with what it printed as text.

    Raises:
        OSError: this system lets nobody but root mount a disk, also not in a name space of their own.
    """
    steps = [shlex.join(("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(directory)))]
    if prepare:
        steps.append(shlex.join(prepare))
    if read_only:
        steps.append(shlex.join(("mount", "-o", "remount,ro", str(directory))))
    script = " && ".join([*(f"({step}) || exit 119" for step in steps), "exec " + shlex.join(command)])
    own = ("--mount",) if os.geteuid() == 0 else ("--user", "--map-root-user", "--mount")
    done = subprocess.run(
        ("unshare", *own, "sh", "-c", script),  # noqa: S607 - wherever the system has them
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 119:
        raise OSError(errno.EPERM, f"no disk could be made: {done.stderr.strip()}")
    return done

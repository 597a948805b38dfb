"""The log of a database in a file, to which changes are written: when the disk has it, and how it gets into the file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress

from lineal.objects.errors import LinealError, Unavailable

_sync_file = getattr(os, "fdatasync", os.fsync)

_PAGES = 8_000
"""Of the log, before they are put into the file: 32 MB. A page of an index is changed by many runs, and then written there once."""

# sqlite.org/fileformat2.html, "WAL file format".
_HEAD_BYTES, _FRAME_HEAD_BYTES = 32, 24


class Log:
    """A log that somebody waits for, many times a second.

    A long one is put into the file in two steps. A thread does nearly all of it while changes go on; the few pages that came
    meanwhile are left to whoever waits for the disk, between two changes, since only a log that is wholly in the file is begun
    anew.

    Args:
        path: the database.
        put: puts what is in the log by now into the file, on a connection of the thread that asks.
    """

    def __init__(self, path: str, put: Callable[[], object]) -> None:
        self._path = path
        self._put = put
        self._descriptor = -1
        self._putting: threading.Thread | None = None

    def sync(self) -> None:
        """Wait until the disk has the log, in which all changes are that are not in the file yet. Raises Unavailable."""
        try:
            if self._descriptor < 0:
                self._descriptor = os.open(f"{self._path}-wal", os.O_RDONLY | os.O_CLOEXEC)
            _sync_file(self._descriptor)
        except OSError as error:
            raise Unavailable(
                f"the database {self._path}: {error.strerror}", hint="check the disk's free space and permissions"
            ) from None
        self._shorten()

    def close(self) -> None:
        """Let go of it."""
        if self._putting:
            self._putting.join()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _shorten(self) -> None:
        if self._putting is None:
            if self._is_long():
                self._putting = threading.Thread(target=self._put_now, name="lineal-log", daemon=True)
                self._putting.start()
        elif not self._putting.is_alive():
            self._putting = None
            self._put_now()

    def _put_now(self) -> None:
        with suppress(LinealError):  # the next one tries again
            self._put()

    def _is_long(self) -> bool:
        """Tell whether the log has so many pages that are of use; behind them stand those from before it was begun anew."""
        with suppress(OSError):
            head = os.pread(self._descriptor, _HEAD_BYTES, 0)
            page_bytes, salts = int.from_bytes(head[8:12]), head[16:24]
            at = _HEAD_BYTES + (_PAGES - 1) * (_FRAME_HEAD_BYTES + page_bytes)
            return bool(salts) and os.pread(self._descriptor, len(salts), at + 8) == salts
        return False

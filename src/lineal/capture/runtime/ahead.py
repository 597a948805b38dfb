"""Look at what a program runs with while it runs, so that little is left to be done at its end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lineal.capture.told.reading import read
from lineal.capture.told.record import SpoolRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FIRST_LOOK_S, _LOOK_S_MAX = 0.01, 1.0


class Ahead:
    """A thread that looks at once, and again when the program's interpreter has told of itself.

    Args:
        spool: where it tells.
        look: is called with what was told, nothing at first. What goes wrong goes wrong again at the end, which says so.
    """

    def __init__(self, spool: Path, look: Callable[[SpoolRecord], object]) -> None:
        self._spool = spool
        self._look = look
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lineal-ahead", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for what is being looked at: it is needed now."""
        self._is_over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        self._look(SpoolRecord())
        seconds = _FIRST_LOOK_S
        while not self._is_over.wait(seconds):
            record = read(self._spool) if any(self._spool.glob("events-*.jsonl")) else None
            if record is not None and record.python:
                self._look(record)
                return
            seconds = min(2 * seconds, _LOOK_S_MAX)

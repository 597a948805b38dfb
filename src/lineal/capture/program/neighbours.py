"""Runs that go on beside one: a process that is gone may have been theirs."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from lineal.capture.spool import read_start

if TYPE_CHECKING:
    from pathlib import Path

    from lineal.capture.gaps import Gaps

_BESIDE_MAX = 256
_ASKED_MAX = 200
"""So many spools are searched for so many processes: of a thousand runs in one directory, each hears of the processes of all."""


class Neighbours:
    """The runs whose spools lie beside one.

    Args:
        spool: the one.
        gaps: where to say that there were too many.
    """

    def __init__(self, spool: Path, gaps: Gaps) -> None:
        self._spool = spool
        self._gaps = gaps
        self._processes: set[int] = set()
        self._beside: dict[str, bool] = {}
        self._asked = 0

    def had(self, process: int) -> bool:
        """Tell whether ``process``, which may be gone, belonged to one of them."""
        events = f"events-{process}.jsonl"
        if process in self._processes:
            return True
        if os.path.exists(f"{self._spool}/{events}"):
            return False
        if self._asked >= _ASKED_MAX:
            self._gaps.note("so many runs went on at once that files of others may be among those of this one")
            return False
        self._look()
        self._asked += bool(self._beside)
        beside = islice(self._beside, _BESIDE_MAX)
        return process in self._processes or any(os.path.exists(f"{each}/{events}") for each in beside)

    def _look(self) -> None:
        """Read who runs what in the spools that have come, or had not said it yet."""
        for path in self._spool.parent.iterdir():
            name = str(path)
            if path == self._spool or self._beside.get(name):
                continue
            start = read_start(path)
            self._beside[name] = bool(start and start.program)
            if start:
                self._processes |= {start.process, start.program} - {0}

"""Make planned moves when they are due, while the server runs. Of several servers over one database one makes each."""

from __future__ import annotations

import logging
import threading

import msgspec

from lineal.objects.errors import LinealError
from lineal.operations import find
from lineal.operations.perform import perform
from lineal.storage.store import Actor, Store

ACTOR = Actor("timetable", "admin")
"""Who the journal names; each move is made with the role of whoever planned it."""

_DUE = "SELECT 1 FROM planned_move WHERE state = 'planned' AND due_at <= :now LIMIT 1"
"""One look into an index: what makes moves brings a lot along, and most servers never have one."""

_log = logging.getLogger(__name__)


class Timetable:
    """Looks for moves that are due, from ``start`` to ``stop``.

    Args:
        store: where they are planned.
        every_s: how long it waits between two looks.
    """

    def __init__(self, store: Store, *, every_s: float = 2.0) -> None:
        self._store = store.acting(ACTOR)
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timetable", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the moves that are being made."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                if self._store.database.run(_DUE, now=self._store.clock.now()):
                    self._make_due()
            except LinealError as error:
                _log.warning("planned moves cannot be made: %s", error.message)
            except msgspec.MsgspecError:
                _log.exception("a planned move cannot be read")

    def _make_due(self) -> None:
        due = find("move due")
        assert due  # noqa: S101 - there is such a verb
        for each in perform(self._store, due, due.request()):
            _log.info("the move %s to %s was %s %s", each.id, each.stage, each.state, each.detail)

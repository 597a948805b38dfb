"""Many small changes at once, for a database with one writer: they share a commit, and with it the wait for the disk.

Each is still a change of its own: one that fails leaves nothing of itself, and nobody is told of success before the commit.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from lineal.storage.database.database import Database

P = ParamSpec("P")
T = TypeVar("T")

_TOGETHER_MAX = 64
"""So many share a commit, so that the first of them does not wait long for the last."""


class _Task:
    """Work that waits, and how it ended."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.future: Future[Any] = Future()
        self._work = work
        self._result: Any = None
        self._error: BaseException | None = None

    def carry_out(self, database: Database) -> None:
        """Work, as a change within the change of all."""
        try:
            with database.transaction():
                self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for it
            self._error = error

    def tell(self, error: BaseException | None) -> None:
        """Tell who waits how it ended; ``error`` is why nothing of all was kept."""
        if found := self._error or error:
            self.future.set_exception(found)
        else:
            self.future.set_result(self._result)


class Grouping(Executor):
    """Carries out what changes a database, one after the other, in a thread of its own.

    What is submitted must be quick, for all others wait meanwhile.

    Args:
        database: whose changes share commits.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="lineal-commit", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have something carried out; its future has a result once that is safe on the disk."""
        task = _Task(lambda: work(*args, **kwargs))
        self._waiting.put(task)
        return task.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Carry out what waits, and nothing after it."""
        self._waiting.put(None)
        if wait:
            self._thread.join()

    def _work(self) -> None:
        is_open = True
        while is_open:
            tasks = [self._waiting.get()]
            while len(tasks) < _TOGETHER_MAX and not self._waiting.empty():
                tasks.append(self._waiting.get())
            is_open = None not in tasks
            self._commit([each for each in tasks if each and each.future.set_running_or_notify_cancel()])

    def _commit(self, tasks: list[_Task]) -> None:
        failure: BaseException | None = None
        try:
            with self._database.transaction():
                for each in tasks:
                    each.carry_out(self._database)
        except BaseException as error:  # noqa: BLE001 - told to everybody who waits
            failure = error
        for each in tasks:
            each.tell(failure)

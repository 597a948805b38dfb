"""Threads that do what a loop of events must not wait for, with half of what an executor does for each job."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

End = Callable[[Any, BaseException | None], object]
"""Gets what a job returned, or what it raised."""


class Workers:
    """Threads that are made when they are needed, and end when this is gone. The loop alone gives them jobs.

    Args:
        name: what they are called.
        most: so many work at once; more jobs wait.
    """

    def __init__(self, name: str, most: int = 1) -> None:
        self._name = name
        self._most = most
        self._made = self._under_way = 0
        self._jobs = SimpleQueue[_Job | None]()
        weakref.finalize(self, self._jobs.put, None)

    def do(self, work: Callable[[], Any], end: End) -> None:
        """Have a thread do ``work``, and tell ``end`` in the loop what came of it."""
        self._under_way += 1
        if self._made < min(self._under_way, self._most):
            self._made += 1
            threading.Thread(target=_work_off, args=(self._jobs,), name=self._name, daemon=True).start()
        self._jobs.put(_Job(asyncio.get_running_loop(), work, partial(self._end, end)))

    def _end(self, end: End, result: Any, error: BaseException | None) -> None:
        self._under_way -= 1
        end(result, error)

    async def run(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns in a thread. Raises what it raises."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.do(work, partial(tell, future))
        return await future


def tell(future: asyncio.Future[T], result: T, error: BaseException | None) -> None:
    """Tell whoever waits what came of a job."""
    if future.done():
        return  # nobody waits any more
    if error:
        future.set_exception(error)
    else:
        future.set_result(result)


class _Job(NamedTuple):
    loop: asyncio.AbstractEventLoop
    work: Callable[[], Any]
    end: End


def _work_off(jobs: SimpleQueue[_Job | None]) -> None:
    # Each in a function of its own: a thread that waits for the next keeps nothing of the last.
    while _do_next(jobs):
        pass
    jobs.put(None)  # for the other threads


def _do_next(jobs: SimpleQueue[_Job | None]) -> bool:
    if not (job := jobs.get()):
        return False
    result, error = None, None
    try:
        result = job.work()
    except BaseException as raised:  # noqa: BLE001 - told to whoever waits
        error = raised
    with suppress(RuntimeError):  # the loop was closed: nobody waits any more
        job.loop.call_soon_threadsafe(job.end, result, error)
    return True

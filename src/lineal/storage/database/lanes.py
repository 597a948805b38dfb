"""Work in the loop of events that waits for the database: it is set aside meanwhile, and the loop goes on.

A thread can wait as well, but whoever runs Python holds its lock, and each wait of a thread hands that to another, which
is woken on another core for it. Here all stays in one thread, and plain functions that know nothing of the loop may call
what waits: each piece of work is a greenlet (docs/decisions/0054).
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, Generic, TypeVar

from greenlet import getcurrent, greenlet

from lineal.storage.database.workers import End

T = TypeVar("T")


class Lane(greenlet):
    """Work that the loop carries out, one stretch after the other. Only the loop's thread may make and begin one.

    Args:
        work: what is done; each stretch of it should be quick, for everything else waits meanwhile.
        end: is told in the loop what came of it.
    """

    def __init__(self, work: Callable[[], Any], end: End) -> None:
        super().__init__(self._carry_out)
        self._loop = asyncio.get_running_loop()
        self._work = work
        self._tell = end
        self._result: Any = None
        self._error: BaseException | None = None

    def begin(self) -> None:
        """Do the first stretch."""
        self._go_on()

    def _carry_out(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            self._error = error

    def _go_on(self, *given: object) -> None:
        """Do the next stretch, and have the loop wait for what the one after it needs."""
        wanted = self.switch(*given)
        while not self.dead:
            try:
                wanted()
            except Exception as error:  # noqa: BLE001 - raised by what waits
                wanted = self.throw(error)
            else:
                return
        self._tell(self._result, self._error)

    # What a lane calls only says what the loop must do, and leaves that to ``_go_on``, outside of it: uvloop keeps pointers into its
    # stack, and while a lane runs something else may be there.

    def wait_until(self, descriptor: int, ready: int) -> None:
        """Let the loop go on until a file is ready to be read, or to be written if ``ready`` says that this will do too."""
        self._let_others(partial(self._watch, descriptor, bool(ready & select.POLLOUT)))

    def wait_for(self, work: Callable[[], T]) -> T:
        """Let the loop go on while a thread does ``work``; return what that returns."""
        future: asyncio.Future[T] = self._let_others(partial(self._hand_over, work))
        return future.result()

    def _let_others(self, wanted: Callable[[], None]) -> Any:
        assert self.parent  # noqa: S101 - whoever made it
        return self.parent.switch(wanted)

    def _watch(self, descriptor: int, may_be_written: bool) -> None:
        self._loop.add_reader(descriptor, self._is_ready, descriptor, may_be_written)
        if may_be_written:
            self._loop.add_writer(descriptor, self._is_ready, descriptor, may_be_written)

    def _is_ready(self, descriptor: int, may_be_written: bool) -> None:
        self._loop.remove_reader(descriptor)
        if may_be_written:
            self._loop.remove_writer(descriptor)
        self._go_on()

    def _hand_over(self, work: Callable[[], Any]) -> None:
        self._loop.run_in_executor(None, work).add_done_callback(self._go_on)


def current() -> Lane | None:
    """Return the lane that this is called in, if it is one."""
    found = getcurrent()
    return found if isinstance(found, Lane) else None


def aside(work: Callable[[], T]) -> T:
    """Return what ``work`` returns, which waits for something; a thread does it where the loop must not wait."""
    lane = current()
    return lane.wait_for(work) if lane else work()


class Own(Generic[T]):
    """What each thread has of its own, and each lane: a thread that never heard of greenlets is one too.

    Args:
        make: makes it for one that has none yet.
    """

    _numbers = count()

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._name = f"lineal_{next(self._numbers)}"

    def __call__(self) -> T:
        """Return that of whoever calls this."""
        kept: dict[str, T] = getcurrent().__dict__
        if (found := kept.get(self._name)) is None:
            found = kept[self._name] = self._make()
        return found

"""Threads that do what a loop of events must not wait for."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable, Coroutine
from functools import partial, wraps

import pytest

from lineal.storage.database.workers import Workers


def in_a_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """Have a test run in a loop of events."""
    return wraps(test)(lambda: asyncio.run(test()))


def _this_thread() -> threading.Thread:
    return threading.current_thread()


class _Large:
    """Something that takes much memory."""


@in_a_loop
async def test_work_is_done_in_a_thread_of_that_name() -> None:
    assert (await Workers("some").run(_this_thread)).name == "some"


@in_a_loop
async def test_one_job_after_the_other_takes_one_thread() -> None:
    workers = Workers("some", 16)
    assert len({await workers.run(_this_thread) for _ in range(20)}) == 1


@in_a_loop
async def test_jobs_at_once_take_as_many_threads_and_no_more_than_there_may_be() -> None:
    workers, three = Workers("some", 3), threading.Barrier(3, timeout=20)

    def meet() -> threading.Thread:
        three.wait()
        return threading.current_thread()

    assert len(set(await asyncio.gather(*(workers.run(meet) for _ in range(6))))) == 3


@in_a_loop
async def test_what_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await Workers("some").run(lambda: 1 // 0)


@in_a_loop
async def test_work_that_nobody_waits_for_any_more_is_done_and_the_next_as_well() -> None:
    workers, may_end = Workers("some"), threading.Event()
    waiting = asyncio.ensure_future(workers.run(may_end.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    may_end.set()
    assert await workers.run(may_end.is_set)


@in_a_loop
async def test_a_thread_that_waits_for_work_keeps_nothing_of_the_last() -> None:
    workers, large = Workers("some"), _Large()
    gone = weakref.ref(large)
    assert await workers.run(partial(id, large)) == id(large)
    del large
    await asyncio.sleep(0.1)
    gc.collect()
    assert gone() is None


@in_a_loop
async def test_threads_end_when_nobody_has_work_for_them_any_more() -> None:
    workers, two = Workers("some", 2), threading.Barrier(2, timeout=20)

    def meet() -> threading.Thread:
        two.wait()
        return threading.current_thread()

    threads = await asyncio.gather(workers.run(meet), workers.run(meet))
    del workers
    gc.collect()
    await asyncio.sleep(0)
    for each in threads:
        each.join(timeout=20)
    assert not any(each.is_alive() for each in threads)

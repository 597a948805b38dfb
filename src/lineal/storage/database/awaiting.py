"""Waits for the answer to a question as long as somebody else waits for it: a part of servers, which alone have a loop of events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from lineal.storage.database.stopping import Stop

T = TypeVar("T")

_WATCHED_AFTER_S = 0.25
"""Nearly everything is answered before, and is not worth a look at whether somebody still waits."""


async def awaited(
    work: Callable[[], T],
    in_thread: Callable[[Callable[[], T]], Awaitable[T]],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
) -> T:
    """Return what ``work`` returns, which only reads; it is stopped when its client hangs up, or waiting for it is cancelled.

    Args:
        work: what asks the database.
        in_thread: carries it out in a thread.
        receive: gives the messages of the request, whose body was read: the last is that the client is gone.
    """
    loop, stop = asyncio.get_running_loop(), Stop()
    watching = list[asyncio.Task[None]]()
    timer = loop.call_later(_WATCHED_AFTER_S, lambda: watching.append(loop.create_task(_watch(receive, stop))))
    try:
        return await in_thread(partial(stop.over, work))
    except asyncio.CancelledError:
        stop.ask()
        raise
    finally:
        timer.cancel()
        for each in watching:
            each.cancel()


async def _watch(receive: Callable[[], Awaitable[Mapping[str, Any]]], stop: Stop) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stop.ask()

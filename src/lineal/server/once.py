"""Requests that come again while the first is still worked on: its client lost the connection and asks once more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from lineal.objects.errors import Conflict


class Once:
    """Work under way, by idempotency key. What has ended is kept by ``perform``, in the database."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[bytes, asyncio.Future[Any]]] = {}

    async def run(self, key: str, request: bytes, work: Callable[[], Awaitable[Any]]) -> Any:
        """Return what ``work`` gives; a second call with the same ``key`` meanwhile gets the first one's answer.

        Args:
            key: whose request it is, and which; empty for one that is not to be known again.
            request: its bytes: one key is for one request.
            work: begins it.

        Raises:
            Conflict: another request with this key is under way.
        """
        if not key:
            return await work()
        if key in self._running:
            known, running = self._running[key]
            if known != request:
                raise Conflict("the idempotency key is in use for another request", hint="use a new key")
        else:
            running = asyncio.ensure_future(work())
            self._running[key] = (request, running)
            running.add_done_callback(lambda _: self._running.pop(key))
        # Whoever stops waiting must not stop the work for the others.
        return await asyncio.shield(running)

"""How much requests may bring, and how many of the slow ones are worked on at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from lineal.server.problems import TooLarge

T = TypeVar("T")


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Return the body of a request.

    Raises:
        TooLarge: it has more than ``bytes_max``.
    """
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > bytes_max:
            raise TooLarge(f"the request is larger than {bytes_max:,} bytes", hint="files go to /api/v1/blobs")
    return bytes(found)


class Lane:
    """Threads for one kind of slow work, so that it never takes those of everything else.

    Args:
        width: how many work at once; more wait.
    """

    def __init__(self, width: int) -> None:
        self._limiter = CapacityLimiter(max(1, width))

    async def run(self, work: Callable[[], T]) -> T:
        """Do ``work`` in a thread and return what it returns."""
        return await to_thread.run_sync(work, limiter=self._limiter)

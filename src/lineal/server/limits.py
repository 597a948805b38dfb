"""How much requests may bring, and how many of the slow ones are worked on at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lineal.server.problems import TooLarge

T = TypeVar("T")

_BODILESS = frozenset(("GET", "HEAD", "OPTIONS"))


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


class Bounded:
    """Refuses bodies that are too large: at once where their length is told, else as soon as they are.

    Args:
        app: what answers the others.
        body_bytes_max: the largest request.
        blob_bytes_max: the largest file; 0 for as large as the disk.
    """

    def __init__(self, app: ASGIApp, *, body_bytes_max: int, blob_bytes_max: int) -> None:
        self._app = app
        self._body_bytes_max = body_bytes_max
        self._blob_bytes_max = blob_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] in _BODILESS:
            await self._app(scope, receive, send)
            return
        is_file = scope["method"] == "PUT" or scope["path"].endswith("/upload-artifact")
        most = self._blob_bytes_max if is_file else self._body_bytes_max
        told: bytes = dict(scope["headers"]).get(b"content-length", b"")
        size = int(told) if told.isdigit() else 0

        def check() -> None:
            if size > most:
                what = "files" if is_file else "requests"
                raise TooLarge(f"this server takes {what} of up to {most:,} bytes", hint="ask who runs it for more")

        async def received() -> Message:
            nonlocal size
            check()
            message = await receive()
            if not told:
                size += len(message.get("body", b""))
                check()
            return message

        await self._app(scope, received if most else receive, send)


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

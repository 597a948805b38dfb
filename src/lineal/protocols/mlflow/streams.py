"""Bodies too large to be held: from the socket to the thread that stores them, and from the one that reads to the socket.

A whole transfer has one thread and is a few pieces ahead of it, so that the disk and the network work at the same time
and a slow one of them slows the other down.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from lineal.objects.errors import LinealError

T = TypeVar("T")

PIECE_BYTES = 1 << 20
_AHEAD_MAX = 3


class HungUp(LinealError):
    """Who sent a request is gone; nobody reads an answer."""

    http_status = 400


class Transfers:
    """The transfers of one server.

    Args:
        width: how many go on at once; more wait. They never take the threads of small requests.
    """

    def __init__(self, width: int = 32) -> None:
        self._at_once = CapacityLimiter(width)

    async def received(self, receive: Receive, store: Callable[[Iterator[bytes]], T]) -> T:
        """Return what ``store`` returns, which gets the pieces of a body in a thread as they arrive.

        When it raises, the rest of the body is read all the same: most clients hear an answer only once they sent all.

        Args:
            receive: gives the messages of the request.
            store: takes the pieces; it may take none.

        Raises:
            HungUp: the client went away before the end; ``store`` saw that too.
        """
        arriving = _Arriving()
        pump = asyncio.ensure_future(arriving.pump(receive))
        try:
            return await to_thread.run_sync(partial(store, arriving.pieces()), limiter=self._at_once)
        finally:
            arriving.discard()
            await pump

    async def worked(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, which handles a whole file, in a thread."""
        return await to_thread.run_sync(work, limiter=self._at_once)

    async def awaited(self, scope: Scope, work: Callable[[], object], answer: bytes, silent_s: float) -> ASGIApp | None:
        """Do work that handles a whole file, and return an answer if it takes long; None when it is done already.

        Args:
            scope: of the request. HTTP/1.0 knows no answer that is seen to end too early, so there it is waited for.
            work: what to do.
            answer: what to say at its end.
            silent_s: how long clients are left without a sign.
        """
        working = asyncio.ensure_future(self.worked(work))
        if scope.get("http_version") != "1.0":
            await asyncio.wait((working,), timeout=silent_s)
            if not working.done():
                return Awaited(working, answer, silent_s)
        await working
        return None

    def sent(self, pieces: Iterator[bytes], status: int, headers: Mapping[str, str]) -> Streamed:
        """Return an answer whose body is read in a thread, as fast as the client takes it.

        Args:
            pieces: the body. When they raise, the connection ends before its end, so that nobody takes it for whole.
            status: the status of the answer.
            headers: its headers, the length of the body among them.
        """
        return Streamed(pieces, status, headers, self._at_once)


class Awaited:
    """An answer to work that may take longer than clients wait for a silent server: it begins, and goes on with spaces.

    When the work fails after that, the connection ends before the answer does, so that nobody takes it for done.

    Args:
        work: what goes on.
        answer: what to say at its end; spaces may stand before it.
        silent_s: how long clients are left without a sign.
    """

    def __init__(self, work: asyncio.Future[object], answer: bytes, silent_s: float) -> None:
        self._work = work
        self._answer = answer
        self._silent_s = silent_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while not self._work.done():
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.wait((self._work,), timeout=self._silent_s)
        self._work.result()
        await send({"type": "http.response.body", "body": self._answer})


class _Arriving:
    """A body on its way from the loop to a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces: SimpleQueue[bytes | HungUp | None] = SimpleQueue()
        self._room = asyncio.Semaphore(_AHEAD_MAX)
        self._is_wanted = True

    def pieces(self) -> Iterator[bytes]:
        """Yield the pieces, in the thread."""
        while (piece := self._pieces.get()) is not None:
            if isinstance(piece, HungUp):
                raise piece
            self._loop.call_soon_threadsafe(self._room.release)
            yield piece

    async def pump(self, receive: Receive) -> None:
        """Hand over what arrives, in the loop, until its end."""
        is_whole = False
        try:
            is_whole = await self._pump(receive)
        finally:
            # Whatever went wrong, the thread waits no longer, and never takes a part for the whole.
            self._pieces.put(None if is_whole else HungUp("the client went away", hint="send it again"))

    async def _pump(self, receive: Receive) -> bool:
        """Hand over what arrives; tell whether it was all there is."""
        held, size, is_over = list[bytes](), 0, False
        while not is_over:
            message = await receive()
            if message["type"] != "http.request":
                return False
            is_over = not message.get("more_body", False)
            held.append(message.get("body", b""))
            size += len(held[-1])
            if size and (is_over or size >= PIECE_BYTES):
                await self._put(b"".join(held))
                held, size = [], 0
        return True

    async def _put(self, piece: bytes) -> None:
        if self._is_wanted:
            await self._room.acquire()
            self._pieces.put(piece)

    def discard(self) -> None:
        """Hand over nothing more: nobody takes it."""
        self._is_wanted = False
        self._room.release()


class Streamed:
    """An answer whose body comes from a thread: `Transfers.sent` makes it."""

    def __init__(
        self, pieces: Iterator[bytes], status: int, headers: Mapping[str, str], at_once: CapacityLimiter
    ) -> None:
        self._pieces = pieces
        self._at_once = at_once
        self._status = status
        self._headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        leaving = _Leaving(self._pieces)
        reading = asyncio.ensure_future(to_thread.run_sync(leaving.read, limiter=self._at_once))
        gone = asyncio.ensure_future(_hung_up(receive))
        try:
            while not gone.done() and (piece := await leaving.next()):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            leaving.stop()
            await reading


class _Leaving:
    """A body on its way from a thread to the loop."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces = pieces
        self._waiting: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD_MAX)
        self._is_wanted = True

    def read(self) -> None:
        """Hand over what there is, in the thread."""
        try:
            for piece in held_back(self._pieces):
                self._room.acquire()
                if not self._is_wanted:
                    return
                self._put(piece)
            self._put(None)
        except Exception as error:  # noqa: BLE001 - told to whoever waits for the next piece
            self._put(error)

    def _put(self, piece: bytes | Exception | None) -> None:
        with suppress(RuntimeError):  # the server has stopped
            self._loop.call_soon_threadsafe(self._waiting.put_nowait, piece)

    async def next(self) -> bytes | None:
        """Return the next piece, in the loop; nothing at the end. Raises what reading raised."""
        piece = await self._waiting.get()
        self._room.release()
        if isinstance(piece, Exception):
            raise piece
        return piece

    def stop(self) -> None:
        """Read nothing more: nobody takes it."""
        self._is_wanted = False
        self._room.release()


def held_back(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield each piece once the next one is there: the last is not sent before the whole was found to be true."""
    held = b""
    for piece in pieces:
        if held:
            yield held
        held = piece
    yield held


async def _hung_up(receive: Receive) -> None:
    """Return once the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass

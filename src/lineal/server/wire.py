"""What is sent on a connection: an answer's head leaves together with what follows at once.

They are two writes of the protocol's. Each is a call into the system, a packet, and wakes who waits for the answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from starlette.types import Scope
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from lineal.protocols import UNCHANGING
from lineal.server.measures import OBSERVE

_KNOWN_MAX = 64

_JOINED_BYTES_MAX = 16 << 10
"""What is longer is not copied for that."""


class Joining:
    """A transport that holds back the head of an answer until something follows, or everybody else had their turn.

    Args:
        transport: sends it.
    """

    __slots__ = ("_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if self._head:
            head, self._head = self._head, b""
            if len(data) <= _JOINED_BYTES_MAX:
                self._transport.write(head + data)
            else:
                self._transport.writelines((head, data))
        elif data.startswith(b"HTTP/1.1 2") and data.endswith(b"\r\n\r\n"):
            self._head = data
            self._loop.call_soon(self._send_head)
        else:
            self._transport.write(data)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """Send bytes that are in pieces."""
        self._send_head()
        self._transport.writelines(pieces)

    def close(self) -> None:
        """Hang up once everything was sent."""
        self._send_head()
        self._transport.close()

    def _send_head(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def __getattr__(self, name: str) -> Any:
        """Return what else a transport has."""
        return getattr(self._transport, name)


if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
else:
    _Protocol = AutoHTTPProtocol


class Http(_Protocol):
    """HTTP as uvicorn speaks it, whichever parser there is.

    A request that is byte for byte one that was answered before, by what always answers the same, is answered as that was. Only
    the faster parser tells where requests begin and end, which that needs.
    """

    known: ClassVar[dict[bytes, Scope]]
    """The scopes of such requests, by their bytes."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._raw = b""
        self._begun = 0
        self._is_between = True
        self._answered_s = float("-inf")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a connection."""
        super().connection_made(cast("asyncio.Transport", Joining(cast("asyncio.Transport", transport))))

    def data_received(self, data: bytes) -> None:
        """Take bytes that came."""
        # The bytes of a long upload are not looked up: that would read each of them.
        if self._is_between and data in self.known and self._is_idle and OBSERVE in (scope := self.known[data]):
            self._answer(scope)
            return
        self._raw = data if self._is_between else b""
        self._begun = 0
        super().data_received(data)

    @property
    def _is_idle(self) -> bool:
        """Whether everything that came was answered, and an answer can be sent."""
        is_answered = self.cycle is None or (self.cycle.response_complete and self.cycle.keep_alive)
        return is_answered and not self.flow.write_paused and not self.transport.is_closing()

    def _answer(self, scope: Scope) -> None:
        began = time.perf_counter()
        headers, body = scope[UNCHANGING]
        lines = b"".join([b"%b: %b\r\n" % each for each in (*self.server_state.default_headers, *headers)])
        self.transport.write(b"HTTP/1.1 200 OK\r\n%b\r\n%b" % (lines, body))
        self.server_state.total_requests += 1
        self._answered_s = self.loop.time()
        if not self.timeout_keep_alive_task:
            self._keep_alive_for(self.timeout_keep_alive)
        scope[OBSERVE](time.perf_counter() - began, 0, len(body))

    def _keep_alive_for(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Hang up on whoever has been silent for so long."""
        left_s = self._answered_s + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._keep_alive_for(left_s)
        else:
            super().timeout_keep_alive_handler()

    def on_message_begin(self) -> None:
        """Take note that a request begins."""
        self._is_between = False
        self._begun += 1
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Take note that a request was read to its end."""
        super().on_message_complete()
        self._is_between = True

    def on_response_complete(self) -> None:
        """Take note of what is always answered so."""
        is_whole = self._raw and self._begun == 1 and self._is_between and self.cycle.keep_alive
        if is_whole and UNCHANGING in self.scope and len(self.known) < _KNOWN_MAX:
            self.known[bytes(self._raw)] = cast("Scope", self.scope)
        super().on_response_complete()


def protocol() -> type[asyncio.Protocol]:
    """Return the protocol for one server."""
    return type("Http", (Http,), {"known": {}})

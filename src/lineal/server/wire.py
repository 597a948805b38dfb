"""What comes and goes on a connection: heads that were read before are not read again, and an answer's head leaves with its body.

uvicorn reads each request anew and has a task for it, which is as much work as a small change. And it writes an answer in two pieces: each is a call into
the system, a packet, and wakes who waits for the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from starlette.types import Scope
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from lineal.protocols import AGAIN, Headers
from lineal.server.measures import MEASURED

_END = b"\r\n\r\n"
_KNOWN_MAX = 512
_HEAD_BYTES_MAX, _BODY_BYTES_MAX = 4 << 10, 256 << 10
"""What is longer is read as it comes."""

_NOT_ALL = frozenset((b"expect", b"transfer-encoding", b"upgrade"))
"""Headers with which a request is more than a head and so many bytes."""

_JOINED_BYTES_MAX = 16 << 10
"""What is longer is not copied for that."""


class Joining:
    """A transport that holds back the head of an answer until something follows, or everybody else had their turn.

    Args:
        transport: sends it.
    """

    __slots__ = ("_head", "_loop", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.is_closing = transport.is_closing  # asked for each answer
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


class Known(NamedTuple):
    """A request that was answered: what answers another with the same head is in its scope, and so long is the body of each."""

    scope: Scope
    body_bytes: int


class Http(_Protocol):
    """HTTP as uvicorn speaks it, whichever parser there is.

    A request whose head is, byte for byte, one that was read before is not read again: what answered that one is given the new body.
    Programs send the same heads again and again. Only the faster parser tells where requests begin and end, which that needs.
    """

    known: ClassVar[dict[bytes, Known]]
    """Such requests, by the digest of their heads: these tell who somebody is, and are not kept for longer than it takes."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head = b""
        self._begun = self._read_bytes = 0
        self._is_between = True
        self._held = b""
        """What came of a request whose head is known, or while another one is answered."""
        self._is_asked = self._is_last = False
        self._answered_s = float("-inf")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a connection."""
        super().connection_made(cast("asyncio.Transport", Joining(cast("asyncio.Transport", transport))))

    def data_received(self, data: bytes) -> None:
        """Take bytes that came."""
        if self._held:
            data, self._held = self._held + data, b""
        if self._is_asked:
            self._held = data
            self.flow.pause_reading()
            return
        end = data.find(_END, 0, _HEAD_BYTES_MAX) + len(_END) if self._is_between and self._is_idle else 0
        known = self.known.get(sha256(data[:end]).digest()) if end >= len(_END) else None
        if not (known and (again := known.scope.get(MEASURED))):
            self._read(data)
        elif len(data) < (whole := end + known.body_bytes):
            self._held = data
        else:
            self._held, self._is_asked = data[whole:], True
            if not again(data[end:whole], self._reply):
                self._held, self._is_asked = b"", False
                self._read(data)

    @property
    def _is_idle(self) -> bool:
        """Whether everything that came was answered, and an answer can be sent."""
        is_answered = self.cycle is None or (self.cycle.response_complete and self.cycle.keep_alive)
        return is_answered and not self.flow.write_paused and not self.transport.is_closing()

    def _reply(self, status: int, headers: Headers, body: bytes) -> None:
        self._is_asked = False
        if self.transport.is_closing():
            return
        answer = _status_line(status)
        for each in (*self.server_state.default_headers, *headers):
            answer += b"%b: %b\r\n" % each
        self.transport.write(answer + b"\r\n" + body)
        self.server_state.total_requests += 1
        self._answered_s = self.loop.time()
        if not self.timeout_keep_alive_task:
            self._keep_alive_for(self.timeout_keep_alive)
        if self._is_last:
            self.transport.close()
        elif self._held:
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Take what came while another request was answered."""
        self.flow.resume_reading()
        if self._held and not self.transport.is_closing():
            self.data_received(b"")

    def shutdown(self) -> None:
        """Hang up, once what is asked was answered."""
        if self._is_asked or self._held:
            self._is_last = True
        else:
            super().shutdown()

    def _keep_alive_for(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Hang up on whoever has been silent for so long."""
        left_s = self._answered_s + self.timeout_keep_alive - self.loop.time()
        if self._is_asked or self._held:
            self._keep_alive_for(self.timeout_keep_alive)
        elif left_s > 0:
            self._keep_alive_for(left_s)
        else:
            super().timeout_keep_alive_handler()

    def _read(self, data: bytes) -> None:
        """Have bytes read that nothing is known of."""
        if self._is_between:
            before = data.find(_END, 0, _HEAD_BYTES_MAX)
            self._head = data[: before + len(_END)] if before >= 0 else b""
            self._begun = self._read_bytes = 0
        self._read_bytes += len(data)
        super().data_received(data)

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
        """Take note of what can be answered again without being read."""
        if self._head and self._begun == 1 and self._is_between and AGAIN in self.scope and self.cycle.keep_alive:
            self._note()
        super().on_response_complete()
        if self._is_last:
            self.transport.close()

    def _note(self) -> None:
        scope = cast("Scope", self.scope)
        body_bytes = _body_bytes(scope["headers"])
        # Else it is not as long as its head says, or its head did not end where that looks as if it did.
        if len(self._head) + body_bytes == self._read_bytes and body_bytes <= _BODY_BYTES_MAX:
            if len(self.known) >= _KNOWN_MAX:
                del self.known[next(iter(self.known))]
            self.known[sha256(self._head).digest()] = Known(scope, body_bytes)
            scope["headers"] = []


def _body_bytes(headers: Headers) -> int:
    """Return how long a request's body is, from its headers; -1 where its head does not say all."""
    length = 0
    for name, value in headers:
        if name in _NOT_ALL:
            return -1
        if name == b"content-length":
            length = int(value)
    return length


@lru_cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()


def protocol() -> type[asyncio.Protocol]:
    """Return the protocol for one server."""
    return type("Http", (Http,), {"known": {}})

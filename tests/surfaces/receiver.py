"""A receiver of webhooks: it notes what comes, and answers what it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Message(NamedTuple):
    """What came: its headers, its bytes, and what those say."""

    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Receiver:
    """Notes messages.

    Args:
        answers: the statuses that it answers one after the other; then 200.
        headers: what it answers beside them.
    """

    def __init__(self, answers: tuple[int, ...] = (), headers: dict[str, str] | None = None) -> None:
        self.messages: list[Message] = []
        self.url = ""
        self._answers = list(answers)
        self._headers = headers or {}
        self._lock = threading.Lock()

    def note(self, message: Message) -> tuple[int, dict[str, str]]:
        """Note a message and return what it is answered."""
        with self._lock:
            self.messages.append(message)
            return (self._answers.pop(0) if self._answers else 200), self._headers

    def wait(self, count: int, *, seconds: float = 20) -> list[Message]:
        """Return the messages once there are so many."""
        return until(lambda: self.messages if len(self.messages) >= count else None, seconds=seconds)


def until(found: Callable[[], Any], *, seconds: float = 20) -> Any:
    """Return what is found once something is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (value := found()) is not None:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


@contextmanager
def receiving(receiver: Receiver, *, port: int = 0) -> Iterator[str]:
    """Listen while the block runs; give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = receiver.note(Message(dict(self.headers), body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"heard")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook?a=1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

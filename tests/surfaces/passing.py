"""Stands before a server, passes everything on as it comes, and counts: who was asked for what, and who gave the bytes."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Passed(NamedTuple):
    """A request that passed, and how its answer was."""

    method: str
    path: str
    status: int
    size_bytes: int


class Passing:
    """What passed.

    Args:
        behind: the address of the server.
    """

    def __init__(self, behind: str) -> None:
        self.behind = urlsplit(behind)
        self.url = ""
        self.passed = list[Passed]()

    def answer(self, handler: Any) -> None:
        """Pass one request on, its host too, by which it may be signed, and the answer back."""
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(size) if size else None
        connection = http.client.HTTPConnection(str(self.behind.hostname), self.behind.port, timeout=60)
        connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        self.passed.append(Passed(handler.command, handler.path, answer.status, len(data)))
        handler.send_response_only(answer.status)
        length = answer.headers.get("Content-Length") if handler.command == "HEAD" else str(len(data))
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                handler.send_header(name, value)
        if length is not None:
            handler.send_header("Content-Length", length)
        handler.end_headers()
        handler.wfile.write(data)

    def gave(self, part: str) -> int:
        """Return how many bytes passed back, whole or in ranges, at addresses that hold ``part``."""
        return sum(each.size_bytes for each in self.passed if part in each.path and each.status in {200, 206})


@contextmanager
def passing(behind: str) -> Iterator[Passing]:
    """Stand before the server at ``behind`` while the block runs."""
    it = Passing(behind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            it.answer(self)

        do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - named so by the standard library

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    it.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()

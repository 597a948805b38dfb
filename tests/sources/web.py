"""A web server with files: ETags, ranges, users, redirects, and connections that break."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Site:
    """What a server serves, and how: ``files``, ``redirects`` and more ``headers`` by path. ``asked`` is every request so far."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.user = ""
        self.signature = ""
        self.has_etags = True
        self.has_times = True
        self.has_sizes = True
        self.knows_head = True
        self.cut_after_bytes = 0
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.url = ""


@contextmanager
def serving() -> Iterator[Site]:
    """Serve a site on this machine while the block runs."""
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        site, path = self.site, urlsplit(self.path).path
        site.asked.append((self.command, self.path, dict(self.headers.items())))
        if path in site.redirects:
            self._send(302, {"Location": site.redirects[path]}, b"")
        elif self.command == "HEAD" and not site.knows_head:
            self._send(405, {}, b"")
        elif not self._may():
            self._send(401 if site.user else 403, {}, b"who are you?")
        elif path not in site.files:
            self._send(404, {}, b"nothing here")
        else:
            self._file(site.files[path])

    def _may(self) -> bool:
        said = base64.b64encode(self.site.user.encode()).decode()
        if self.site.user and self.headers.get("Authorization") != f"Basic {said}":
            return False
        return not self.site.signature or f"X-Amz-Signature={self.site.signature}" in self.path

    def _file(self, data: bytes) -> None:
        headers = {"Accept-Ranges": "bytes"}
        if self.site.has_etags:
            headers["ETag"] = f'"{hashlib.md5(data).hexdigest()}"'
        if self.site.has_times:
            headers["Last-Modified"] = f"Thu, 05 Nov 2026 12:00:{len(data) % 60:02} GMT"
        headers |= self.site.headers.get(urlsplit(self.path).path, {})
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted and self.site.has_sizes:
            first, last = int(wanted[1]), int(wanted[2] or len(data) - 1)
            headers["Content-Range"] = f"bytes {first}-{min(last, len(data) - 1)}/{len(data)}"
            self._send(206, headers, data[first : last + 1])
        else:
            self._send(200, headers, data)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        is_file = status in {200, 206}
        if is_file and not self.site.has_sizes:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if is_file and 0 < self.site.cut_after_bytes < len(body):
            body = body[: self.site.cut_after_bytes]
            self.close_connection = True
        with suppress(OSError):  # who asked may have seen enough
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

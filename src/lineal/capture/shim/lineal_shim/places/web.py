"""Tell what is read and written over HTTP, at the lowest level of each family of clients.

``http.client`` is below urllib, urllib3 and requests; httpx and aiohttp have ways of their own.
"""

from __future__ import annotations

import os

from .telling import seen_by, tell_object, tell_peer
from .wrapping import watch

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_REDIRECTS_MAX = 1_000
_PORTS = {"http": 80, "https": 443}
_ASKED = "_lineal_asked"

_TRACKERS = "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "WANDB_BASE_URL", "LINEAL_REPOSITORY"
"""The variables that name servers to which programs tell what they do: what they answer is no input."""

_OF_TRACKERS = "/api/2.0/mlflow", "/ajax-api/", "/api/2.0/mlflow-artifacts"
_METADATA = "169.254."
"""Where a cloud's machines ask for their own keys."""

_origins: dict[str, str] = {}
"""Where a redirect led, and the address that the program asked for."""

_skipped: set[str] = set()


def watch_http_client(client: Any) -> None:
    """Record every answer of ``http.client``."""

    def asked(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        connection, method, url = (*arguments, *named.values())[:3]
        setattr(connection, _ASKED, (method, url))

    def answered(response: Any, arguments: tuple[Any, ...], _named: dict[str, Any]) -> None:
        connection = arguments[0]
        method, url = getattr(connection, _ASKED, ("", ""))
        if "://" not in url:
            host, port = getattr(connection, "_tunnel_host", None) or connection.host, connection.port
            if getattr(connection, "_tunnel_host", None):
                port = connection._tunnel_port  # noqa: SLF001 the one way to know where a proxy leads
            # urllib3's connections over TLS inherit another class than the library's own, but not another port.
            scheme = "https" if connection.default_port == _PORTS["https"] else "http"
            url = f"{_base(scheme, host, port)}{url}"
        peer = f"{connection.host}:{connection.port}"
        _tell(method, url, peer, response.status, response.getheader, _library(connection))

    watch(client.HTTPConnection, "putrequest", asked)
    watch(client.HTTPConnection, "getresponse", answered)


def watch_httpx(httpx: Any) -> None:
    """Record every answer of httpx's own transports."""
    library = httpx.__name__

    def answered(response: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        request = (*arguments, *named.values())[1]
        url = request.url
        peer = f"{url.host}:{url.port or _PORTS.get(url.scheme)}"
        _tell(request.method, str(url), peer, response.status_code, response.headers.get, library)

    watch(httpx.HTTPTransport, "handle_request", answered)
    watch(httpx.AsyncHTTPTransport, "handle_async_request", answered)


def watch_aiohttp(client: Any) -> None:
    """Record every answer of aiohttp; it has followed redirects by then."""

    def answered(response: Any, _arguments: tuple[Any, ...], _named: dict[str, Any]) -> None:
        url = response.history[0].url if response.history else response.url
        for each in (response, *response.history):
            _tell_explained(f"{each.url.host}:{each.url.port}")
        peer = f"{url.host}:{url.port}"
        _tell(response.method, str(url), peer, response.status, response.headers.get, "aiohttp")

    watch(client.ClientSession, "_request", answered)


def _library(connection: Any) -> str:
    root = type(connection).__module__.partition(".")[0]
    return "urllib" if root == "http" else root


def _base(scheme: str, host: str, port: int) -> str:
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" if port == _PORTS[scheme] else f"{scheme}://{host}:{port}"


def _tell(method: str, url: str, peer: str, status: int, header: Callable[[str], Any], by: str) -> None:
    is_below = seen_by.get()
    if is_below == "service" or _is_tracker(peer, url):
        _tell_explained(peer)
        return
    origin = _origins.pop(url, url) if _origins else url
    if status in (301, 302, 303, 307, 308) and header("Location"):
        if len(_origins) < _REDIRECTS_MAX:
            _origins[_joined(url, header("Location"))] = origin
        _tell_explained(peer)
    elif is_below == "files" and by != "aiohttp":
        _tell_explained(peer)
    elif method in {"GET", "PUT"} and 200 <= status < 300:
        access = "read" if method == "GET" else "written"
        tell_object(origin, access, by, peer=peer, **_facts(header, is_read=method == "GET"))
    elif method in {"GET", "PUT", "HEAD", "OPTIONS", "CONNECT"}:
        _tell_explained(peer)
    elif 200 <= status < 300:
        host, _, port = peer.rpartition(":")
        tell_peer(host, host, port, "unseen")


def _facts(header: Callable[[str], Any], *, is_read: bool) -> dict[str, Any]:
    """Return what an answer's headers say of the state of an object."""
    whole = (header("Content-Range") or "").rpartition("/")[2] or header("Content-Length") or ""
    etag = header("X-Linked-Etag") or header("ETag") or ""
    return {
        "etag": etag,
        "version": header("x-amz-version-id") or header("x-goog-generation") or header("X-Repo-Commit") or "",
        # A compressed answer is shorter than what it stands for.
        "size_bytes": int(whole) if is_read and whole.isdigit() and not header("Content-Encoding") else None,
        "digest": etag.strip('"') if len(etag.strip('"')) == 64 else "",
    }


def _joined(url: str, location: str) -> str:
    from urllib.parse import urljoin

    return urljoin(url, location)


def _is_tracker(peer: str, url: str) -> bool:
    if not _skipped:
        _skipped.add("")
        from urllib.parse import urlsplit

        for name in _TRACKERS:
            parts = urlsplit(os.environ.get(name, ""))
            if parts.hostname:
                _skipped.add(f"{parts.hostname}:{parts.port or _PORTS.get(parts.scheme)}")
    if any(each in url for each in _OF_TRACKERS):
        _skipped.add(peer)
    return peer in _skipped or peer.startswith(_METADATA) or peer.partition(":")[0].endswith("wandb.ai")


def _tell_explained(peer: str) -> None:
    host, _, port = peer.rpartition(":")
    tell_peer(host, host, port, "explained")

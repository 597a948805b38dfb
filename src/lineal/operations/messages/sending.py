"""Send a message to an address that somebody named: signed, to that address only, and never further than we may reach.

The name in an address is looked up once, each address that it stands for is checked, and one of those is called: whoever
answers for the name cannot send us elsewhere in between. Nobody is followed to another address.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from lineal.objects.errors import Invalid
from lineal.storage.store import Reach

BODY_BYTES_MAX = 4_096
"""So much of an answer is read."""

_PORTS = {"https": 443, "http": 80}
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""Addresses of version 6 that a translator makes addresses of version 4 of (RFC 6052)."""


class Answer(NamedTuple):
    """What came back. Without a status nothing did, and ``problem`` says why."""

    status: int | None
    body: str = ""
    problem: str = ""
    retry_after_s: float | None = None


class _Place(NamedTuple):
    parts: SplitResult
    addresses: tuple[str, ...]
    port: int


def check_url(url: str, reach: Reach) -> None:
    """Refuse an address that may not be called from here. Raises Invalid."""
    _place(url, reach)


def send(url: str, body: str, headers: dict[str, str], reach: Reach) -> Answer:
    """Send a message, once, and return what came back.

    Args:
        url: where to.
        body: the message.
        headers: what stands before it.
        reach: which addresses may be called.
    """
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - many a server sends nothing, and is smaller without

    try:
        return _post(_place(url, reach), body.encode(), headers, reach)
    except Invalid as error:
        return Answer(None, problem=error.message)
    except (HTTPError, OSError) as error:
        return Answer(None, problem=f"{type(error).__name__}: {error}")


def _post(place: _Place, body: bytes, headers: dict[str, str], reach: Reach) -> Answer:
    import urllib3  # noqa: PLC0415 - as above

    parts = place.parts
    host = parts.hostname or ""
    timeout = urllib3.Timeout(total=reach.timeout_s)
    address = place.addresses[0]
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        # The certificate must be that of the name, though an address is called.
        pool = urllib3.HTTPSConnectionPool(
            address, place.port, timeout=timeout, maxsize=1, server_hostname=host, assert_hostname=host
        )
    else:
        pool = urllib3.HTTPConnectionPool(address, place.port, timeout=timeout, maxsize=1)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with pool:
        response = pool.urlopen(
            "POST",
            path,
            body=body,
            headers={**headers, "Host": parts.netloc.rpartition("@")[2]},
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            said = response.read(BODY_BYTES_MAX, decode_content=False)
            return Answer(
                response.status,
                said.decode("utf-8", "replace"),
                retry_after_s=_seconds(response.headers.get("Retry-After")),
            )
        finally:
            response.close()


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdecimal() and len(text) <= 6 else None


def _place(url: str, reach: Reach) -> _Place:
    """Return the parts of an address, and those that its name stands for. Raises Invalid."""
    if not url.strip():
        raise Invalid("Webhook URL cannot be empty or just whitespace", hint="write https://host/path")
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise Invalid(f"Invalid webhook URL: {error}", hint="write https://host/path") from None
    allowed = ("https", "http") if reach.plain else ("https",)
    if parts.scheme not in allowed:
        raise Invalid(
            f"Invalid webhook URL scheme: '{parts.scheme}'. Allowed schemes are: {', '.join(allowed)}.",
            hint="write https://host/path",
        )
    if not parts.hostname:
        raise Invalid("Invalid webhook URL: it names no host", hint="write https://host/path")
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Invalid(
            f"Cannot resolve Webhook URL hostname '{parts.hostname}': {error}", hint="check the name"
        ) from None
    addresses = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    if not reach.private and (inner := [each for each in addresses if not _is_public(each)]):
        raise Invalid(
            f"Webhook URL hostname '{parts.hostname}' resolves to {inner[0]}, which is no public address",
            hint="the server's administrator may allow that with LINEAL_SERVER_WEBHOOK_PRIVATE=1",
        )
    return _Place(parts, addresses, port)


def _is_public(text: str) -> bool:
    """Tell whether everybody can reach an address, also where one is written inside another."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in _meant(address))


def _meant(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
        return
    yield address
    if address.sixtofour:
        yield address.sixtofour
    if address in _TRANSLATED:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)

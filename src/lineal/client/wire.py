"""Requests to a server, again when they were cut off; what it says is wrong becomes the same error here."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import msgspec
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationParseError, NewConnectionError, ProtocolError

from lineal.objects.errors import ERRORS, Denied, Invalid, LinealError, Unavailable, Unsupported
from lineal.objects.prepared import prepared

API = "/api/v1"
_CONNECT_S, _READ_S = 5, 3700
"""An evaluation answers when it is done; the server's own limit is an hour."""

_HURRIED_CONNECT_S, _HURRIED_READ_S = 2, 10
"""The end of a recorded run waits for a server, and the next command tries again."""

WAITS_S = (0.1, 0.5, 2.0)
"""How long to wait before each further attempt. Together long enough for a server that starts again."""

_CONNECTIONS = 8
_CUT_OFF = (NewConnectionError, ConnectTimeoutError, ProtocolError)
_GATEWAYS = frozenset((502, 503, 504))
_PROBLEM = "application/problem+json"

Body = bytes | Callable[[], Iterable[bytes]] | None
"""Bytes, or what gives them anew for each attempt."""


class _Problem(msgspec.Struct, frozen=True):
    """An error on the wire; ``type`` is its name in the tree of errors."""

    type: str
    detail: str
    hint: str = ""


class Wire:
    """Requests to one server.

    Every request may be sent again: bytes go under their digest, and an operation carries an idempotency key, by
    which the second attempt gets the first one's answer.

    Args:
        url: the server's address.
        token: who we are, when the server asks.

    Raises:
        Invalid: the address or the token cannot be one.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = _address(url)
        if not (token.isascii() and token.isprintable()):
            raise Invalid("the token holds signs that no token has", hint="look for line breaks in LINEAL_TOKEN")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = urllib3.Timeout(connect=_CONNECT_S, read=_READ_S)
        self._waits_s: tuple[float, ...] = WAITS_S
        self._pool = urllib3.PoolManager(retries=False, maxsize=_CONNECTIONS)

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """In the block, give a server up soon that does not answer."""
        before = self._timeout, self._waits_s
        self._timeout, self._waits_s = urllib3.Timeout(connect=_HURRIED_CONNECT_S, read=_HURRIED_READ_S), WAITS_S[:1]
        try:
            yield
        finally:
            self._timeout, self._waits_s = before

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: Body = None,
        fields: Sequence[tuple[str, str]] = (),
        headers: dict[str, str] | None = None,
        stream: bool = False,
        also: Collection[int] = (),
    ) -> urllib3.BaseHTTPResponse:
        """Return the answer.

        Args:
            method: of HTTP.
            path: below ``/api/v1``.
            body: what is sent.
            fields: the query.
            headers: beside who we are.
            stream: the caller reads the answer piece by piece, and closes it.
            also: statuses that are answers though they are no successes.

        Raises:
            LinealError: what the server said, as the same error with the same hint.
            Unavailable: there is no answer.
            Invalid: what answers is no Lineal server.
        """
        url = f"{self.url}{API}{path}" + ("?" + urlencode(fields) if fields else "")
        answer = self._attempt(method, url, body, {**self._headers, **(headers or {})}, stream=stream)
        if answer.status < 300 or answer.status in also:
            return answer
        raise self._error(answer)

    def _attempt(
        self, method: str, url: str, body: Body, headers: dict[str, str], *, stream: bool
    ) -> urllib3.BaseHTTPResponse:
        for wait_s in (*self._waits_s, None):
            try:
                answer = self._pool.request(
                    method,
                    url,
                    body=body() if callable(body) else body,
                    headers=headers,
                    preload_content=not stream,
                    redirect=False,
                    timeout=self._timeout,
                )
            except HTTPError as error:
                if wait_s is None or not isinstance(error, _CUT_OFF):
                    raise self.unreachable(error) from None
            else:
                # What stands before the server says so while the server starts again.
                if wait_s is None or answer.status not in _GATEWAYS or _is_problem(answer):
                    return answer
                answer.drain_conn()
            time.sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")

    def unreachable(self, error: HTTPError) -> Unavailable:
        """Return the error for a server that does not answer."""
        cause = getattr(error, "reason", None) or error
        reason = str(cause).rpartition(": ")[2] or type(cause).__name__
        return Unavailable(
            f"{self.url} cannot be reached: {reason}", hint="check the address, and that the server runs"
        )

    def decode(self, answer: urllib3.BaseHTTPResponse, kind: Any) -> Any:
        """Return the value that the answer holds.

        Raises:
            Invalid: it is not JSON, so what answers is no Lineal server.
            Unsupported: it is no such value as this Lineal knows.
        """
        try:
            return msgspec.json.decode(answer.data, type=prepared(kind))
        except msgspec.ValidationError as error:
            raise Unsupported(
                f"{self.url} answers in a form that this Lineal does not know: {error}",
                hint="use the same version of Lineal here and there",
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._stranger(answer) from None

    def _error(self, answer: urllib3.BaseHTTPResponse) -> LinealError:
        try:
            problem = msgspec.json.decode(answer.data, type=prepared(_Problem))
            return ERRORS[problem.type](problem.detail, hint=problem.hint)
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
            pass
        except HTTPError as error:
            return self.unreachable(error)
        if answer.status in {401, 403}:
            return Denied(f"{self.url} does not let you in ({answer.status})", hint="--token TOKEN, or LINEAL_TOKEN")
        if answer.status >= 500:
            return Unavailable(f"{self.url} answered {answer.status}", hint="try again; its log says what is wrong")
        return self._stranger(answer)

    def _stranger(self, answer: urllib3.BaseHTTPResponse) -> Invalid:
        moved = answer.headers.get("Location", "")
        hint = f"it sends you to {moved}" if moved else "check the address: it ends before /api"
        return Invalid(f"{self.url} answered {answer.status} as no Lineal server does", hint=hint)

    def close(self) -> None:
        """Let go of every connection."""
        self._pool.clear()


def _address(url: str) -> str:
    try:
        parsed = urllib3.util.parse_url(url)
    except LocationParseError:
        parsed = urllib3.util.Url()
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.query or parsed.fragment:
        raise Invalid(f"{url!r} is no address of a server", hint="write http://HOST:PORT or https://HOST")
    return url.rstrip("/")


def _is_problem(answer: urllib3.BaseHTTPResponse) -> bool:
    return answer.headers.get("Content-Type", "").startswith(_PROBLEM)

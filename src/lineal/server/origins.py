"""Keeps pages of other sites from acting here through the browser of somebody who may."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from lineal.objects.errors import Denied
from lineal.server import problems

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names by which only this machine is meant."""

_HARMLESS = frozenset(("GET", "HEAD", "OPTIONS"))


class SameSite:
    """Refuses what a browser sends on behalf of another site.

    A page can let a name of its own point at this machine and then read what answers (DNS rebinding): where everybody
    is the owner, only requests to this machine's own names are answered. A page can also post a form anywhere: what
    changes something must come from here, or from no page at all.

    Args:
        app: what answers the others.
        only_loopback: whether everybody is the owner.
    """

    def __init__(self, app: ASGIApp, *, only_loopback: bool) -> None:
        self._app = app
        self._only_loopback = only_loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "http" and (error := self._refusal(scope)):
            await problems.response(error)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Denied | None:
        said = dict(reversed(scope["headers"]))  # the first of several counts
        host, origin = said.get(b"host", b"").decode("latin-1"), said.get(b"origin", b"").decode("latin-1")
        if self._only_loopback and _name(host) not in LOOPBACK:
            return Denied(
                f"without logins this server answers only at its own address, not at {host!r}",
                hint="use http://127.0.0.1:PORT, or lineal server --accounts",
            )
        if origin and scope["method"] not in _HARMLESS and urlsplit(origin).netloc != host:
            return Denied(f"a page of {origin} may not act here", hint="use the command line, or this server's pages")
        return None


@lru_cache(64)  # clients say the same again and again
def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # brackets without an address in them
        return ""

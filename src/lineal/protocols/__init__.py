"""Other systems' protocols on our port, one file or folder each: a module with ``served(acting, repository)`` is served.

``acting`` gives the repository as whoever sent a request may use it. ``repository`` is for requests to addresses that were
signed: whoever has one need not say who they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from lineal.client.local import LocalRepository

ROUTE = "lineal.route"
"""The template of an address, in the scope of a request, where Starlette does not know it."""

Headers = Sequence[tuple[bytes, bytes]]

Reply = Callable[[int, Headers, bytes], object]
"""Sends an answer, in one piece: its status, headers and body."""

Again = Callable[[bytes, Reply], bool]
"""Answers another request with the same head, given its body; tells whether it does: if not, that one goes the way of all."""

AGAIN = "lineal.again"
"""That, in the scope of a request that was answered. Whoever has to look at each request anew puts itself in front of it."""

Acting = Callable[[Request], LocalRepository]


class Served(NamedTuple):
    """What answers a protocol's requests.

    ``at_once`` is by method and address, where no part of the address varies: it is found without a look at any route, and
    tells every error itself.
    """

    routes: list[BaseRoute]
    at_once: dict[tuple[str, str], ASGIApp]


class Unchanging(PlainTextResponse):
    """A text that is answered to everybody, whatever else is so."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["method"] == "GET":
            scope[AGAIN] = self._again
        await super().__call__(scope, receive, send)

    def _again(self, _: bytes, reply: Reply) -> bool:
        reply(self.status_code, self.raw_headers, bytes(self.body))
        return True


def served(acting: Acting, repository: LocalRepository) -> Served:
    """Return what answers the requests of every protocol."""
    found = Served([], {})
    for each in iter_modules(__path__):
        more: Served = import_module(f"{__name__}.{each.name}").served(acting, repository)
        found.routes.extend(more.routes)
        found.at_once.update(more.at_once)
    return found

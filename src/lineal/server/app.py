"""The application: everything the server is made of, wired in this one place."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lineal import __version__, protocols, web
from lineal.client.local import LocalRepository
from lineal.objects.errors import Denied, LinealError
from lineal.server import openapi, problems
from lineal.server.blobs import blob_routes
from lineal.server.measures import Measures
from lineal.server.routes import API, operation_routes
from lineal.server.tokens import Guard
from lineal.storage.repository import FORMAT

LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
"""Names by which only this machine is meant."""


def create_app(repository: LocalRepository, guard: Guard) -> Starlette:
    """Return the application that serves ``repository`` to whom ``guard`` knows."""
    measures = Measures()
    observed = LocalRepository(repository.store, observer=measures.observe)
    # Without tokens everyone is the owner, so a page of another site must not be able to speak in their name:
    # neither by a name that it lets point at this machine, nor by a form that posts here.
    middleware = [Middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK)] if guard.is_open else []
    return Starlette(
        routes=[
            *operation_routes(observed, guard),
            *blob_routes(observed, guard),
            Route(f"{API}/health", _health),
            Route(f"{API}/openapi.json", _openapi),
            Route("/metrics", measures.page),
            *protocols.all_routes(observed),
            *web.routes(lambda request: observed.acting(guard.actor(request))),
        ],
        middleware=[*middleware, Middleware(_SameSite)],
        exception_handlers={
            LinealError: problems.on_error,
            msgspec.ValidationError: problems.on_bad_request,
            msgspec.DecodeError: problems.on_bad_request,
            404: web.on_missing,
        },
    )


async def _health(_: Request) -> Response:
    return _json({"status": "ok", "version": __version__, "format": FORMAT})


async def _openapi(_: Request) -> Response:
    return _json(openapi.document())


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


class _SameSite:
    """Refuses what a browser sends to change something on behalf of another site."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD", "OPTIONS"}:
            request = Request(scope)
            origin = request.headers.get("origin")
            if origin and urlsplit(origin).netloc != request.headers.get("host"):
                error = Denied(
                    f"a page of {origin} may not act here", hint="use the command line, or this server's pages"
                )
                await problems.response(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

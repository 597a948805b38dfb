"""The application: everything the server is made of, wired in this one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lineal import __version__, protocols, web
from lineal.client.local import LocalRepository
from lineal.objects.errors import LinealError
from lineal.protocols import ROUTE
from lineal.server import openapi, problems
from lineal.server.blobs import blob_routes
from lineal.server.deliveries import Deliveries
from lineal.server.guard import Guard, Identified
from lineal.server.limits import Bounded
from lineal.server.measures import Measured, Measures, Timed
from lineal.server.origins import SameSite
from lineal.server.problems import Unknown
from lineal.server.routes import API, operation_routes
from lineal.server.settings import Settings
from lineal.server.timetable import Timetable
from lineal.server.transparency import log_routes
from lineal.storage.repository import FORMAT
from lineal.storage.store import Programs, Reach, Store

_ABOUT_WHO = ("user ", "token ", "model rename")
"""How verbs begin after which somebody may be another, or may do something else."""

LoginRoutes = Callable[[LocalRepository], Sequence[Route]]


def no_logins(_: LocalRepository) -> Sequence[Route]:
    """Return nothing: nobody logs in at a provider."""
    return ()


def create_app(
    repository: LocalRepository, guard: Guard, settings: Settings | None = None, logins: LoginRoutes = no_logins
) -> Measured:
    """Return the application that serves ``repository`` to whom ``guard`` knows.

    Args:
        repository: what is served.
        guard: knows who may come in.
        settings: how much the server takes on.
        logins: gives what answers browsers that log in at a provider of identities; the first is where they are sent.
    """
    settings = settings or Settings()
    measures = Measures()
    database = Timed(repository.store.database, measures)
    # Those who ask are not those whose machine this is: what they send along never runs here.
    programs: Programs = "none" if repository.store.programs == "all" else repository.store.programs
    store = msgspec.structs.replace(repository.store, reach=_reach(settings), database=database, programs=programs)

    def observe(words: str, ended: str, seconds: float) -> None:
        measures.observe(words, ended, seconds)
        if words.startswith(_ABOUT_WHO):
            guard.forget()

    observed = LocalRepository(store, observer=observe)

    def acting(request: Request) -> LocalRepository:
        return observed.acting(guard.actor(request))

    login, spoken = logins(observed), protocols.served(acting, observed)
    routes: list[BaseRoute] = [
        *spoken.routes,
        *operation_routes(observed, guard, settings),
        *blob_routes(observed, guard, settings),
        Route(f"{API}/health", partial(_health, repository)),
        Route(f"{API}/openapi.json", _openapi),
        measures.route(repository.store),
        *log_routes(observed, guard),
        *login,
        *web.routes(acting),
    ]
    answers = Starlette(
        routes=routes,
        lifespan=partial(_sending, store, settings),
        exception_handlers={
            LinealError: partial(_on_error, login[0].path if login else ""),
            HTTPException: _on_address,
            ClientDisconnect: _on_hung_up,
            Exception: problems.on_failure,
        },
    )
    # Around it, not in it, because programs that tell of themselves send the most requests: theirs end before it.
    bounded = Bounded(
        AtOnce(answers, spoken.at_once), body_bytes_max=settings.body_bytes_max, blob_bytes_max=settings.blob_bytes_max
    )
    same_site = SameSite(Identified(bounded, guard=guard), only_loopback=guard.is_open)
    return Measured(same_site, measures=measures, routes=routes)


class AtOnce:
    """Looks up what answers a request at an address of which no part varies; the others are compared with routes.

    Args:
        app: answers the others.
        answers: what answers, by method and address.
    """

    def __init__(self, app: ASGIApp, answers: Mapping[tuple[str, str], ASGIApp]) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and (found := self._answers.get((scope["method"], scope["path"]))):
            scope[ROUTE] = scope["path"]
            await found(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _health(repository: LocalRepository, _: Request) -> Response:
    await run_in_threadpool(repository.store.database.run, "SELECT 1 AS one")
    return _json({"status": "ok", "version": __version__, "format": FORMAT})


@asynccontextmanager
async def _sending(store: Store, settings: Settings, _: Starlette) -> AsyncIterator[None]:
    """Send what is in the outbox while the server runs."""
    if not settings.webhook_workers:
        yield
        return
    # Whoever sends messages makes planned moves too.
    deliveries, timetable = Deliveries(store, workers=settings.webhook_workers), Timetable(store)
    deliveries.start()
    timetable.start()
    yield
    await run_in_threadpool(timetable.stop)
    await run_in_threadpool(deliveries.stop)


async def _on_error(login: str, request: Request, error: Exception) -> Response:
    """Answer one of our own errors; whoever looks at pages and is not known is sent to log in."""
    if login and isinstance(error, Unknown) and request.method == "GET" and _is_page(request):
        place = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{login}?{urlencode({'next': place})}", 303)
    return await problems.on_error(request, error)


def _is_page(request: Request) -> bool:
    return not request.url.path.startswith(("/api/", "/ajax-api/")) and not web.wants_json(request)


def _reach(settings: Settings) -> Reach:
    return Reach(
        plain=bool(settings.webhook_http),
        private=bool(settings.webhook_private),
        timeout_s=settings.webhook_timeout_s,
        attempts_max=settings.webhook_attempts_max,
    )


def _openapi(_: Request) -> Response:
    """Describe everything. No coroutine, and so called in a thread: it takes its time, and imports every verb."""
    return _json(openapi.document())


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


async def _on_address(request: Request, error: Exception) -> Response:
    """Answer an address that nothing has: programs get a problem, people a page."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    wrong = problems.of_address(request, error.status_code)
    if request.url.path.startswith("/api/") or web.wants_json(request):
        return problems.response(wrong, headers=error.headers)
    return await run_in_threadpool(web.problem, request, wrong)


async def _on_hung_up(_: Request, __: Exception) -> Response:
    """End a request whose client is gone: nobody reads this."""
    return Response(status_code=400)

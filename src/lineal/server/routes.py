"""Every operation as a route: questions by GET, everything else by POST."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, get_origin

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared
from lineal.operations import MODULES, QUESTIONS, Operation, find
from lineal.operations.operation import path_of
from lineal.server.guard import Guard
from lineal.server.limits import Lane, read_body
from lineal.server.once import Once
from lineal.server.problems import understood
from lineal.server.settings import Settings
from lineal.storage.database.awaiting import awaited

API = "/api/v1"
_KEY_CHARACTERS_MAX = 200
_QUESTIONS_MAX = 4
"""So many questions in SQL are answered at once: each may take a minute of a thread and of a connection, which others need."""


def operation_routes(repository: LocalRepository, guard: Guard, settings: Settings) -> list[Route]:
    """Return the routes of all operations on ``repository``."""
    server = _Operations(repository, guard, settings)
    return [
        Route(
            f"{API}/{path_of(words)}",
            server.endpoint(words),
            methods=["GET" if words in QUESTIONS else "POST"],
            name=words,
        )
        for words in MODULES
    ]


class _Operations:
    def __init__(self, repository: LocalRepository, guard: Guard, settings: Settings) -> None:
        self._repository = repository
        self._guard = guard
        self._settings = settings
        self._acts = Lane(settings.acts_max)
        self._questions = Lane(_QUESTIONS_MAX)
        self._once = Once()
        self._known = dict[str, Operation]()

    def endpoint(self, words: str) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of one operation. It works in a thread: databases and models take their time."""
        asked_of = _question if words in QUESTIONS else self._order
        asking = self._questions.run if words == "sql" else run_in_threadpool

        async def endpoint(request: Request) -> Response:
            acting = self._repository.acting(self._guard.actor(request))
            operation = self._known.get(words) or await self._found(words)
            asked = await asked_of(request, operation)
            key = _key(request, acting.store.actor.name)
            work = partial(acting.perform, operation, asked, key=key)
            if operation.effect == "reads":
                answer = await awaited(work, asking, request.receive)
            else:
                in_thread = self._acts.run if operation.reaches_outside else run_in_threadpool
                answer = await self._once.run(key, msgspec.json.encode((words, asked)), partial(in_thread, work))
            return Response(msgspec.json.encode(answer), media_type="application/json")

        return endpoint

    async def _found(self, words: str) -> Operation:
        """Return an operation that is asked for for the first time; it is imported in a thread, so that others need not wait."""
        found = await run_in_threadpool(find, words)
        assert found  # noqa: S101 - it is in the table that the routes are made of
        self._known[words] = found
        return found

    async def _order(self, request: Request, operation: Operation) -> msgspec.Struct:
        """Return the request that the body holds."""
        body = await read_body(request, self._settings.body_bytes_max)
        with understood():
            return msgspec.json.decode(body or b"{}", type=prepared(operation.request))


async def _question(request: Request, operation: Operation) -> msgspec.Struct:
    """Return the request that the query string asks."""
    many = {each.name for each in operation.parameters if get_origin(each.type) is tuple}
    given: dict[str, Any] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        if name not in many and len(values) > 1:
            raise Invalid(f"{name} is given {len(values)} times", hint="give it once")
        given[name] = values if name in many else values[0]
    with understood():
        return msgspec.convert(given, prepared(operation.request), strict=False)


def _key(request: Request, name: str) -> str:
    """Return the idempotency key of a request. It belongs to who made it up: nobody gets another's answer by guessing."""
    key = request.headers.get("idempotency-key", "")
    if len(key) > _KEY_CHARACTERS_MAX:
        raise Invalid(f"an idempotency key has at most {_KEY_CHARACTERS_MAX} characters", hint="use a UUID")
    return f"{name!r}:{key}" if key else ""

"""Every operation as a route: questions by GET, everything else by POST."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, get_origin

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid
from lineal.operations import OPERATIONS, Operation
from lineal.server.limits import read_body
from lineal.server.tokens import Guard

API = "/api/v1"
_KEY_CHARACTERS_MAX = 200


def operation_routes(repository: LocalRepository, guard: Guard) -> list[Route]:
    """Return the routes of all operations on ``repository``."""
    return [
        Route(f"{API}/{each.path}", _endpoint(repository, guard, each), methods=[each.method], name=each.words)
        for each in OPERATIONS.values()
    ]


def _endpoint(
    repository: LocalRepository, guard: Guard, operation: Operation
) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of one operation. It works in a thread: databases and models take their time."""

    async def endpoint(request: Request) -> Response:
        acting = repository.acting(guard.actor(request))
        asked = _question(request, operation) if operation.method == "GET" else await _order(request, operation)
        key = request.headers.get("idempotency-key", "")
        if len(key) > _KEY_CHARACTERS_MAX:
            raise Invalid(f"an idempotency key has at most {_KEY_CHARACTERS_MAX} characters", hint="use a UUID")
        # A key belongs to who made it up: nobody gets another's answer by guessing.
        owned = f"{acting.store.actor.name}:{key}" if key else ""
        answer = await run_in_threadpool(acting.perform, operation, asked, key=owned)
        return Response(msgspec.json.encode(answer), media_type="application/json")

    return endpoint


def _question(request: Request, operation: Operation) -> msgspec.Struct:
    """Return the request that the query string asks."""
    many = {each.name for each in operation.parameters if get_origin(each.type) is tuple}
    given: dict[str, Any] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        if name not in many and len(values) > 1:
            raise Invalid(f"{name} is given {len(values)} times", hint="give it once")
        given[name] = values if name in many else values[0]
    return msgspec.convert(given, operation.request, strict=False)


async def _order(request: Request, operation: Operation) -> msgspec.Struct:
    """Return the request that the body holds."""
    return msgspec.json.decode(await read_body(request) or b"{}", type=operation.request)

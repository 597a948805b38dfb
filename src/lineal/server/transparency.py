"""The journal as a transparency log over HTTP: ``/checkpoint`` and ``/tile/…``, as witnesses ask for them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lineal import operations as o
from lineal.client.local import LocalRepository
from lineal.formats.transparency.tiles import parse_path
from lineal.server.guard import Guard

_FOR_EVER = "private, max-age=31536000, immutable"


def log_routes(repository: LocalRepository, guard: Guard) -> list[Route]:
    """Return the routes of the log of ``repository``; who may read everything there may read it. They are called in threads."""

    def checkpoint(request: Request) -> Response:
        acting = repository.acting(guard.actor(request))
        found = o.transparency.checkpoint(acting)
        return Response(found.note, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})

    def tile(request: Request) -> Response:
        acting = repository.acting(guard.actor(request))
        path = parse_path(f"tile/{request.path_params['path']}").path
        found = o.transparency.tile(acting, path)
        return Response(found.data, media_type="application/octet-stream", headers={"Cache-Control": _FOR_EVER})

    return [Route("/checkpoint", checkpoint), Route("/tile/{path:path}", tile)]

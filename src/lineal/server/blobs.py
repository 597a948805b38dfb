"""Bytes and trees over HTTP: streams beside the operations, verified before they have a name."""

from __future__ import annotations

import asyncio
import queue
import re
from collections.abc import Iterator

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lineal.client.local import LocalRepository
from lineal.objects.canonical import decode
from lineal.objects.digest import Digest, is_digest
from lineal.objects.errors import Corrupt, Denied, Invalid, NotFound
from lineal.objects.files import Tree
from lineal.server.limits import read_body
from lineal.server.routes import API
from lineal.server.tokens import Guard
from lineal.storage.store import ROLES, Role

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_QUEUE_PIECES = 16
_MEDIA_TYPE = "application/octet-stream"


def blob_routes(repository: LocalRepository, guard: Guard) -> list[Route]:
    """Return the routes by which files come and go."""
    server = _Blobs(repository, guard)
    return [
        Route(f"{API}/blobs/has", server.has, methods=["POST"]),
        Route(f"{API}/blobs/{{digest}}", server.get, methods=["GET", "HEAD"]),
        Route(f"{API}/blobs/{{digest}}", server.put, methods=["PUT"]),
        Route(f"{API}/trees", server.put_tree, methods=["PUT"]),
    ]


class _Blobs:
    def __init__(self, repository: LocalRepository, guard: Guard) -> None:
        self._repository = repository
        self._blobs = repository.blobs
        self._guard = guard

    async def has(self, request: Request) -> Response:
        """Answer which of a list of digests are here."""
        self._allow(request, "reader")
        wanted = msgspec.json.decode(await read_body(request), type=list[Digest])
        found = await run_in_threadpool(self._blobs.has, wanted)
        return Response(msgspec.json.encode(sorted(found)), media_type="application/json")

    async def get(self, request: Request) -> Response:
        """Send bytes, all or a range of them."""
        self._allow(request, "reader")
        digest = _digest(request)
        whole = await run_in_threadpool(self._blobs.size, digest)
        headers = {"Accept-Ranges": "bytes", "ETag": f'"{digest}"', "Cache-Control": "private, immutable"}
        if request.method == "HEAD":
            return Response(headers={**headers, "Content-Length": str(whole)}, media_type=_MEDIA_TYPE)
        start, size = _range(request, whole)
        if size is None:
            pieces = self._blobs.open(digest)
            headers["Content-Length"] = str(whole)
            return StreamingResponse(pieces, headers=headers, media_type=_MEDIA_TYPE)
        headers |= {"Content-Length": str(size), "Content-Range": f"bytes {start}-{start + size - 1}/{whole}"}
        return StreamingResponse(
            self._blobs.open(digest, start=start, size=size), 206, headers=headers, media_type=_MEDIA_TYPE
        )

    async def put(self, request: Request) -> Response:
        """Store bytes under the digest they were announced by; others are refused."""
        self._allow(request, "writer")
        digest = _digest(request)
        pieces: queue.Queue[bytes | None] = queue.Queue(_QUEUE_PIECES)
        writing = asyncio.ensure_future(run_in_threadpool(self._write, pieces, digest))
        try:
            async for piece in request.stream():
                if piece and not await _hand_over(pieces, piece, writing):
                    break
        finally:
            await _hand_over(pieces, None, writing)
        try:
            await writing
        except Corrupt as error:
            raise Invalid(f"the bytes that arrived are not {digest}: {error.message}", hint="send them again") from None
        return Response(status_code=204)

    def _write(self, pieces: queue.Queue[bytes | None], digest: Digest) -> None:
        def arriving() -> Iterator[bytes]:
            while (piece := pieces.get()) is not None:
                yield piece

        self._blobs.put_stream(arriving(), expected=digest)

    async def put_tree(self, request: Request) -> Response:
        """Store a tree, once all of its files are here."""
        self._allow(request, "writer")
        tree = decode(await read_body(request), Tree)
        digest = await run_in_threadpool(self._put_tree, tree)
        return Response(msgspec.json.encode({"digest": digest}), media_type="application/json")

    def _put_tree(self, tree: Tree) -> Digest:
        needed = {each.digest for each in tree.entries}
        if missing := needed - self._blobs.has(needed):
            raise Invalid(
                f"{len(missing)} files of the tree are not here, such as {min(missing)}", hint="send them first"
            )
        return self._repository.put_tree(tree)

    def _allow(self, request: Request, role: Role) -> None:
        actor = self._guard.actor(request)
        if ROLES.index(actor.role) < ROLES.index(role):
            raise Denied(
                f"{actor.name} is a {actor.role}; this needs a {role}", hint="ask an administrator for the role"
            )


async def _hand_over(pieces: queue.Queue[bytes | None], piece: bytes | None, writing: asyncio.Future[None]) -> bool:
    """Give a piece to the writing thread, as fast as it takes them; tell whether it still does."""
    while not writing.done():
        try:
            pieces.put_nowait(piece)
        except queue.Full:
            await asyncio.sleep(0.001)
        else:
            return True
    return False


def _digest(request: Request) -> Digest:
    digest = str(request.path_params["digest"])
    if not is_digest(digest):
        raise NotFound(f"{digest!r} is no digest", hint="write sha256: and 64 hexadecimal digits")
    return Digest(digest)


def _range(request: Request, whole: int) -> tuple[int, int | None]:
    """Return where the asked range starts and its size; no size for everything."""
    if "range" not in request.headers:
        return 0, None
    match = _RANGE.fullmatch(request.headers["range"])
    start = int(match[1]) if match else whole
    if start >= whole:
        raise Invalid(f"{request.headers['range']!r} is no range of {whole} bytes", hint="write bytes=FIRST-LAST")
    assert match  # noqa: S101 - without one, start is the end
    last = min(int(match[2] or whole - 1), whole - 1)
    return start, last - start + 1

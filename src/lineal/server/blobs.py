"""Bytes and trees over HTTP: streams beside the operations, verified before they have a name."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import partial

import msgspec
from anyio import from_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lineal.client.local import LocalRepository
from lineal.formats import pack
from lineal.formats.ranges import range_of
from lineal.objects.digest import Digest, is_digest
from lineal.objects.errors import Corrupt, Denied, LinealError, NotFound
from lineal.objects.prepared import prepared
from lineal.server.guard import Guard
from lineal.server.limits import Lane, read_body
from lineal.server.problems import Damaged, TooLarge, understood
from lineal.server.routes import API
from lineal.server.settings import Settings
from lineal.storage.store import Role

_MEDIA_TYPE = "application/octet-stream"


def blob_routes(repository: LocalRepository, guard: Guard, settings: Settings) -> list[Route]:
    """Return the routes by which files come and go."""
    server = _Blobs(repository, guard, settings)
    return [
        Route(f"{API}/blobs/has", server.has, methods=["POST"]),
        Route(f"{API}/blobs/get", server.get_many, methods=["POST"]),
        Route(f"{API}/blobs/{{digest}}", server.get, methods=["GET", "HEAD"]),
        Route(f"{API}/blobs/{{digest}}", server.put, methods=["PUT"]),
        Route(f"{API}/packs/{{digest}}", server.put_pack, methods=["PUT"]),
        Route(f"{API}/trees/{{digest}}", server.keep_tree, methods=["PUT"]),
    ]


class _Blobs:
    def __init__(self, repository: LocalRepository, guard: Guard, settings: Settings) -> None:
        self._repository = repository
        self._blobs = repository.blobs
        self._guard = guard
        self._settings = settings
        self._uploads = Lane(settings.uploads_max)

    async def has(self, request: Request) -> Response:
        """Answer which of a list of digests are here."""
        self._allow(request, "reader")
        body = await read_body(request, self._settings.body_bytes_max)
        with understood():
            wanted = msgspec.json.decode(body, type=prepared(list[Digest]))
        found = await run_in_threadpool(self._blobs.has, wanted)
        return Response(msgspec.json.encode(sorted(found)), media_type="application/json")

    async def get(self, request: Request) -> Response:
        """Send bytes, all or a range of them."""
        self._allow(request, "reader")
        digest = _digest(request)
        whole = await run_in_threadpool(self._blobs.size, digest)
        headers = {
            "Accept-Ranges": "bytes",
            "ETag": f'"{digest}"',
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Length": str(whole),
        }
        if request.method == "HEAD":
            return Response(headers=headers, media_type=_MEDIA_TYPE)
        part = range_of(request.headers.get("range", ""), whole)
        if part is None:
            return StreamingResponse(_held(self._blobs.open(digest)), headers=headers, media_type=_MEDIA_TYPE)
        start, size = part
        headers |= {"Content-Length": str(size), "Content-Range": f"bytes {start}-{start + size - 1}/{whole}"}
        pieces = self._blobs.open(digest, start=start, size=size)
        return StreamingResponse(pieces, 206, headers=headers, media_type=_MEDIA_TYPE)

    async def put(self, request: Request) -> Response:
        """Store bytes under the digest they were announced by; others are refused."""
        self._allow(request, "writer")
        digest = _digest(request)
        pieces = self._arriving(request)
        try:
            await self._uploads.run(partial(self._blobs.put_stream, pieces, expected=digest))
        except Corrupt as error:
            raise Damaged(f"what arrived is not {digest}: {error.message}", hint="send it again") from None
        return Response(status_code=204)

    def _arriving(self, request: Request) -> Iterator[bytes]:
        """Yield the pieces of a body in the thread that writes them, as fast as it takes them."""
        stream, most, received = request.stream(), self._settings.blob_bytes_max, 0
        while piece := from_thread.run(_next, stream):
            received += len(piece)
            if most and received > most:
                raise TooLarge(f"this server takes files of up to {most:,} bytes", hint="ask who runs it for more")
            yield piece

    async def get_many(self, request: Request) -> Response:
        """Send many small blobs, each behind its digest and size."""
        self._allow(request, "reader")
        body = await read_body(request, self._settings.body_bytes_max)
        with understood():
            wanted = msgspec.json.decode(body, type=prepared(list[Digest]))
        if missing := set(wanted) - await run_in_threadpool(self._blobs.has, wanted):
            raise NotFound(f"{len(missing)} blobs are not here, such as {min(missing)}", hint="ask for them elsewhere")
        return StreamingResponse(self._framed(wanted), media_type=_MEDIA_TYPE)

    def _framed(self, wanted: list[Digest]) -> Iterator[bytes]:
        rest = dict.fromkeys(wanted)
        with suppress(LinealError):  # which of them it is, is told below
            for digest, data in self._blobs.get_many(list(rest)):
                del rest[digest]
                yield pack.frame(digest, len(data)) + data
        for digest in rest:
            data = self._readable(digest)
            yield pack.frame(digest, len(data)) + data

    def _readable(self, digest: Digest) -> bytes:
        """Return the bytes of a blob; nothing in place of damaged ones, which whoever asked sees to be another blob."""
        try:
            return self._blobs.get(digest)
        except LinealError:
            return b""

    async def put_pack(self, request: Request) -> Response:
        """Store the blobs of a pack, each under its own digest."""
        self._allow(request, "writer")
        digest = _digest(request)
        await self._uploads.run(partial(self._unpack, digest, self._arriving(request)))
        return Response(status_code=204)

    def _unpack(self, name: Digest, pieces: Iterator[bytes]) -> None:
        with tempfile.TemporaryFile() as file:
            for piece in pieces:
                file.write(piece)
            try:
                with self._blobs.bundle() as bundle:
                    for digest, data in pack.blobs_of(name, file):
                        bundle.put(digest, data)
            except Corrupt as error:
                raise Damaged(f"what arrived is not {name}: {error.message}", hint="send it again") from None

    async def keep_tree(self, request: Request) -> Response:
        """Write the rows of a tree, once all of its files are here."""
        self._allow(request, "writer")
        await run_in_threadpool(self._keep_tree, _digest(request))
        return Response(status_code=204)

    def _keep_tree(self, digest: Digest) -> None:
        try:
            with understood():
                self._repository.store.keep_tree(digest)
        except Corrupt as error:  # nothing here is: it is the request
            raise Damaged(error.message, hint="send a tree's canonical bytes") from None

    def _allow(self, request: Request, role: Role) -> None:
        actor = self._guard.actor(request)
        if not actor.may_somewhere(role):
            raise Denied(
                f"{actor.name} is a {actor.role}; this needs a {role}", hint="ask an administrator for the role"
            )


async def _next(stream: AsyncIterator[bytes]) -> bytes:
    """Return the next piece that holds anything; nothing at the end."""
    async for piece in stream:
        if piece:
            return piece
    return b""


def _held(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield each piece once the next one is there: the last is not sent before the whole was found to be true."""
    held = b""
    for piece in pieces:
        if held:
            yield held
        held = piece
    yield held


def _digest(request: Request) -> Digest:
    digest = str(request.path_params["digest"])
    if not is_digest(digest):
        raise NotFound(f"{digest!r} is no digest", hint="write sha256: and 64 hexadecimal digits")
    return Digest(digest)

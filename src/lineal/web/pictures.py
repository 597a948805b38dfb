"""The bytes of files that runs logged, for browsers: pictures as what they are, everything else only to be saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lineal.client.local import LocalRepository

_BYTES_MAX = 64 << 20
"""A larger file is no picture that a page shows."""

HEAD_BYTES = 512
"""So much of a file tells what it is."""

_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
    # A picture may hold a script (SVG), or be a page that is called a picture: nothing of it runs, nothing is loaded.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


def endpoint(repository_for: Callable[[Request], LocalRepository]) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers with the bytes of a file: ``run`` and ``path`` of the query string say of which."""

    async def file(request: Request) -> Response:
        repository = repository_for(request)
        run, path = request.query_params.get("run", ""), request.query_params.get("path", "")
        found = await run_in_threadpool(repository.artifacts.show, run, path)
        head = b"".join(await run_in_threadpool(lambda: list(repository.blobs.open(found.digest, size=HEAD_BYTES))))
        kind = picture_type(head, path)
        is_shown = kind and found.size_bytes <= _BYTES_MAX
        headers = {
            **_HEADERS,
            "Content-Disposition": "inline" if is_shown else "attachment",
            "Content-Length": str(found.size_bytes),
            "ETag": f'"{found.digest}"',
        }
        media_type = kind if is_shown else "application/octet-stream"
        return StreamingResponse(repository.blobs.open(found.digest), headers=headers, media_type=media_type)

    return file


def picture_type(head: bytes, path: str) -> str:
    """Return the media type of a picture by its first bytes; empty for what is none, whatever it is called."""
    for sign, kind in _SIGNS:
        if head.startswith(sign):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    is_markup = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<svg", b"<!DOCTYPE svg"))
    return "image/svg+xml" if is_markup and path.lower().endswith(".svg") else ""

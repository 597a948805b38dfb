"""How much a request may bring."""

from __future__ import annotations

from starlette.requests import Request

from lineal.objects.errors import Invalid

BODY_BYTES_MAX = 64 << 20
"""The largest request is the end of a run with a long list of files and metrics; files have their own way."""


async def read_body(request: Request) -> bytes:
    """Return the body of a request.

    Raises:
        Invalid: it is larger than ``BODY_BYTES_MAX``.
    """
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > BODY_BYTES_MAX:
            raise Invalid(f"the request is larger than {BODY_BYTES_MAX >> 20} MiB", hint="files go to /api/v1/blobs")
    return bytes(found)

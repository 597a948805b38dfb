"""Errors as HTTP says them: application/problem+json (RFC 9457), from the one tree of errors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lineal.objects.errors import ERRORS, Corrupt, Denied, Invalid, LinealError, NotFound, Unavailable

MEDIA_TYPE = "application/problem+json"


class ProblemDetails(msgspec.Struct, frozen=True):
    """An error on the wire. ``type`` is the error's name, by which the client raises the same."""

    type: str
    title: str
    status: int
    detail: str
    hint: str


class Unknown(Denied):
    """The caller did not say who it is, or in a way that nobody knows."""

    http_status = 401


class Limited(Unavailable):
    """The caller sends more than it may; it may go on after a while.

    Args:
        message: what there is too much of.
        wait_s: after how many seconds it may go on.
    """

    http_status = 429

    def __init__(self, message: str, *, wait_s: float) -> None:
        self.retry_after_s = math.ceil(wait_s)
        super().__init__(message, hint=f"send the next request in {self.retry_after_s} s")


class WrongMethod(Invalid):
    """The address is right, and the method is not."""

    http_status = 405


class TooLarge(Invalid):
    """The request brings more than the server takes."""

    http_status = 413


class Damaged(Corrupt):
    """What arrived is not what was announced; nothing here is corrupt."""

    http_status = 400


# Browsers ask their person for a name and password; the password may be a token.
_HEADERS: dict[int, dict[str, str]] = {401: {"WWW-Authenticate": 'Basic realm="Lineal", charset="UTF-8"'}}


def headers_of(error: LinealError) -> dict[str, str]:
    """Return the headers that belong to an error."""
    wait_s = getattr(error, "retry_after_s", 0)
    return {**_HEADERS.get(error.http_status, {}), **({"Retry-After": str(wait_s)} if wait_s else {})}


def response(error: LinealError, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that says ``error``."""
    status = error.http_status
    name = next(each.__name__ for each in type(error).__mro__ if each.__name__ in ERRORS)
    title = (type(error).__doc__ or name).partition("\n")[0]
    details = ProblemDetails(type=name, title=title, status=status, detail=error.message, hint=error.hint)
    found = {**headers_of(error), **(headers or {})}
    return Response(msgspec.json.encode(details), status, headers=found, media_type=MEDIA_TYPE)


async def on_error(_: Request, error: Exception) -> Response:
    """Answer one of our own errors."""
    assert isinstance(error, LinealError)  # noqa: S101 - registered for nothing else
    return response(error)


async def on_failure(request: Request, _: Exception) -> Response:
    """Answer when the server itself went wrong; the log has the traceback."""
    return response(
        LinealError(f"the server failed at {request.method} {request.url.path}", hint="its log says where; report it")
    )


def of_address(request: Request, status: int) -> LinealError:
    """Return the error for an address that nothing has, or not for this method."""
    if status == WrongMethod.http_status:
        return WrongMethod(
            f"{request.url.path} cannot be asked by {request.method}", hint="/api/v1/openapi.json says how it can"
        )
    return NotFound(f"there is nothing at {request.url.path}", hint="/api/v1/openapi.json lists what there is")


@contextmanager
def understood() -> Iterator[None]:
    """Tell that a request's arguments have other names or types than the operation takes."""
    try:
        yield
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the request cannot be read: {error}", hint="/api/v1/openapi.json says what it takes") from None

"""What went wrong, as MLflow's clients understand it: a code, and the status that belongs to it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from lineal.objects.errors import (
    Conflict,
    Corrupt,
    Denied,
    Exists,
    Invalid,
    LinealError,
    NotFound,
    Refused,
    Unavailable,
    Unsupported,
)


class Code(NamedTuple):
    """An error code, its HTTP status and its class."""

    name: str
    status: int
    kind: str = ""


INTERNAL = Code("INTERNAL_ERROR", 500)
UNKNOWN = Code("UNAUTHENTICATED", 401)
LIMITED = Code("REQUEST_LIMIT_EXCEEDED", 429)
TOO_LARGE = Code("INVALID_PARAMETER_VALUE", 413, "INVALID_PARAMETER_VALUE")
NO_ENDPOINT = Code("ENDPOINT_NOT_FOUND", 404)
NO_PART = Code("NOT_IMPLEMENTED", 501)
DISABLED = Code("FEATURE_DISABLED", 501)

_CODES: tuple[tuple[type[LinealError], Code], ...] = (
    (Exists, Code("RESOURCE_ALREADY_EXISTS", 400, "RESOURCE_ALREADY_EXISTS")),
    (NotFound, Code("RESOURCE_DOES_NOT_EXIST", 404, "RESOURCE_NOT_FOUND")),
    (Invalid, Code("INVALID_PARAMETER_VALUE", 400, "INVALID_PARAMETER_VALUE")),
    (Conflict, Code("RESOURCE_CONFLICT", 409)),
    (Refused, Code("PERMISSION_DENIED", 403)),
    (Denied, Code("PERMISSION_DENIED", 403)),
    (Unavailable, Code("TEMPORARILY_UNAVAILABLE", 503)),
    (Unsupported, Code("NOT_IMPLEMENTED", 501)),
    (Corrupt, Code("DATA_LOSS", 500)),
)
"""The first that an error is; a subclass stands before its base."""

_BY_STATUS = {each.status: each for each in (UNKNOWN, LIMITED, TOO_LARGE)}
"""Errors of the server, which stands above this."""


class _Body(msgspec.Struct, omit_defaults=True):
    error_code: str
    message: str
    sqlstate: str = ""
    error_class: str = ""


def code_of(error: BaseException) -> Code:
    """Return the code of an error; one that is none of ours is internal."""
    if code := _BY_STATUS.get(getattr(error, "http_status", 0)):
        return code
    return next((code for kind, code in _CODES if isinstance(error, kind)), INTERNAL)


def body(code: Code, message: str) -> bytes:
    """Return the answer's body."""
    return msgspec.json.encode(_Body(code.name, message, "KAM00" if code.kind else "", code.kind))


def told(error: BaseException) -> tuple[int, bytes]:
    """Return the status and the body that tell of an error. What is none of ours is told without its text."""
    code = code_of(error)
    if not isinstance(error, LinealError):
        return code.status, body(code, "an unexpected error; the server's log has it")
    message = error.message
    # People read the message alone, wherever it is shown.
    if error.hint and isinstance(error, Refused | Denied | Unavailable | Corrupt):
        message = f"{message} ({error.hint})"
    return code.status, body(code, message)


def headers_of(error: BaseException) -> dict[str, str]:
    """Return the headers that tell a client what else it needs to know."""
    wait_s = getattr(error, "retry_after_s", 0)
    return {"Retry-After": str(wait_s)} if wait_s else {}

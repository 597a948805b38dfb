"""Objects: immutable values, the one byte string that stands for each, and its digest.

The rules of the bytes are in ``docs/reference/format.md``; golden files keep them.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, TypeVar

import msgspec

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, Unsupported
from lineal.objects.prepared import prepared

Number = float | str
"""A measured number. JSON has no NaN or infinities, so those three are the words in ``NOT_FINITE``."""

NOT_FINITE = ("NaN", "Infinity", "-Infinity")

Scalar = str | int | float | bool | None
"""A parameter's value."""


class Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An immutable value that is stored once and named by the digest of its canonical bytes.

    Defaults are left out of the bytes, so a new optional field changes no old digest.
    """

    def __post_init__(self) -> None:
        """Make every field that equals its default the default itself: msgspec leaves out only what is identical."""
        for name, default in _compared_defaults(type(self)):
            if (value := getattr(self, name)) is not default and value == default:
                msgspec.structs.force_setattr(self, name, default)


@cache
def _compared_defaults(kind: type[Object]) -> tuple[tuple[str, Any], ...]:
    """Return the fields whose defaults msgspec compares by identity and that may be built anew: texts and parts."""
    fields = msgspec.structs.fields(kind)
    return tuple((each.name, each.default) for each in fields if isinstance(each.default, str | msgspec.Struct))


T = TypeVar("T", bound=Object)

_encode = msgspec.json.Encoder(order="sorted").encode


def canonical_bytes(value: Object) -> bytes:
    """Return the bytes that stand for ``value``: JSON, sorted keys, no spaces, defaults left out."""
    return _encode(value)


def object_digest(value: Object) -> Digest:
    """Return the digest that names ``value``."""
    return digest_of(canonical_bytes(value))


def decode(data: bytes | str, kind: type[T]) -> T:
    """Return the object that ``data`` stands for.

    Raises:
        Unsupported: the bytes hold a field that this Lineal does not know.
        Corrupt: the bytes are no such object.
    """
    try:
        return msgspec.json.decode(data, type=prepared(kind))
    except msgspec.ValidationError as error:
        if "unknown field" in str(error) or "Invalid value" in str(error):
            raise Unsupported(
                f"a {kind.__name__} here has a part this Lineal does not know: {error}", hint="upgrade Lineal"
            ) from None
        raise Corrupt(f"these bytes are no {kind.__name__}: {error}") from None
    except msgspec.DecodeError as error:
        raise Corrupt(f"these bytes are no {kind.__name__}: {error}") from None


def number(value: float) -> Number:
    """Return ``value`` as it is kept: finite numbers as they are, the others as their word."""
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")

"""The token of a next page: where the page before it ended, sealed with what was asked, and opaque to whoever gets it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from lineal.objects.errors import Invalid
from lineal.query.keys import MISSING, VALUED, Form, Key, Place

_LENGTH_MAX = 100_000
_WHOLE_MAX = 2**63
_HINT = "send the token that the page before gave, with the same search"
_WORDS = {math.inf: "Infinity", -math.inf: "-Infinity"}
_VALUES = {word: value for value, word in _WORDS.items()}
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
"""Characters that no database keeps."""


def fingerprint(*asked: object) -> str:
    """Return a short text that is another one for whatever else is asked."""
    return hashlib.sha256(repr(asked).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def token(seal: str, places: Sequence[Place]) -> str:
    """Return the token of the page behind the row that stands at ``places``."""
    told = [(rank, _WORDS.get(value, value) if isinstance(value, float) else value) for rank, value in places]
    return base64.urlsafe_b64encode(msgspec.json.encode((seal, told))).decode()


def places_of(page_token: str, seal: str, keys: Sequence[Key]) -> tuple[Place, ...]:
    """Return the places in a token.

    Args:
        page_token: what the page before gave.
        seal: the fingerprint of what is asked now.
        keys: what it is put in order by.

    Raises:
        Invalid: it is no token, or that of another search.
    """
    try:
        raw = base64.b64decode(page_token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise Invalid("Invalid page token, could not base64-decode", hint=_HINT) from None
    try:
        found, told = msgspec.json.decode(raw, type=tuple[str, list[tuple[int, Any]]])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Invalid("Invalid page token", hint=_HINT) from None
    if found != seal or len(told) != len(keys) or len(raw) > _LENGTH_MAX:
        raise Invalid("Invalid page token", hint=_HINT)
    return tuple(_place(rank, value, key) for (rank, value), key in zip(told, keys, strict=True))


def _place(rank: int, value: Any, key: Key) -> Place:
    if key.rank and VALUED < rank <= MISSING and value is None:
        return rank, None
    value = _VALUES.get(value, value) if key.form == "number" and isinstance(value, str) else value
    if rank != VALUED or not _FITS[key.form](value):
        raise Invalid("Invalid page token", hint=_HINT)
    return rank, value


def _is_whole(value: object) -> bool:
    return type(value) is int and -_WHOLE_MAX <= value < _WHOLE_MAX


def _is_number(value: object) -> bool:
    return isinstance(value, float) or _is_whole(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not _UNKEPT.search(value)


_FITS = dict[Form, Any](number=_is_number, whole=_is_whole, text=_is_text)

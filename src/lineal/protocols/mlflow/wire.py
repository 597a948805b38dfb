"""Requests and answers: JSON as Protocol Buffers write it, read as leniently as MLflow's server does.

Numbers may be texts of digits, unknown fields are left out, a null is a field that is not there, and a body may be JSON
inside a JSON text, which old clients send.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared

T = TypeVar("T", bound=msgspec.Struct)

_PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]*)`")
_DOCUMENTED = "See the API docs for more information about request parameters."


def read_body(data: bytes, kind: type[T]) -> T:
    """Return the request that a body holds. Raises Invalid."""
    try:
        return msgspec.json.decode(data or b"{}", type=prepared(kind), strict=False)
    except (msgspec.DecodeError, RecursionError) as error:
        try:
            said = _parsed(data)
            if isinstance(said, str):
                return read_body(said.encode(), kind)
            return _again(said, kind, error)
        except RecursionError:
            raise Invalid(
                "the body is no request: it is nested too deep", hint="send what MLflow's client sends"
            ) from None


def _parsed(data: bytes) -> Any:
    """Return what a body says; NaN and Infinity are numbers, as Python writes them, and so are numbers that are too large."""
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        try:
            said = json.loads(data)
            json.dumps(said, ensure_ascii=False).encode()  # half a character is none
        except ValueError:
            raise Invalid(f"the body is no JSON: {error}") from None
        return said


def _again(given: Any, kind: type[T], error: Exception) -> T:
    """Read a request once more, without its nulls."""
    said = _without_nulls(given)
    try:
        return msgspec.convert(said, prepared(kind), strict=False)
    except msgspec.ValidationError as again:
        # A null that was no null's place is gone now, and what is wrong with the rest is the news.
        is_known = said == given and isinstance(error, msgspec.ValidationError)
        raise wrong(error if is_known else again, given) from None  # type: ignore[arg-type]  # it is one


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def read_query(query: bytes, kind: type[T]) -> T:
    """Return the request that a query string holds; a field that is given several times is a list. Raises Invalid."""
    given: dict[str, Any] = {}
    lists = _lists(kind)
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in lists:
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    try:
        return msgspec.convert(given, prepared(kind), strict=False)
    except msgspec.ValidationError as error:
        raise wrong(error, given) from None


@lru_cache(maxsize=256)
def _lists(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Return the fields that may be given several times."""
    hints = get_type_hints(kind)
    names = msgspec.structs.fields(kind)
    return frozenset(each.encode_name for each in names if _is_list(hints[each.name]))


def _is_list(hint: Any) -> bool:
    return get_origin(hint) in {list, tuple} or any(_is_list(each) for each in get_args(hint))


def wrong(error: msgspec.ValidationError, said: Any) -> Invalid:
    """Return the error for a request that does not hold what it should, in the words that MLflow has for it."""
    text = str(error)
    path = match["path"] if (match := _PLACE.search(text)) else ""
    if missing := _MISSING.match(text):
        return lacking(f"{path}.{missing['name']}".lstrip("."))
    reason = _PLACE.sub("", text)
    return Invalid(f"Invalid value {_shown(_at(said, path))} for parameter '{path}' supplied: {reason}. {_DOCUMENTED}")


def lacking(name: str) -> Invalid:
    """Return the error for a parameter that is not there."""
    return Invalid(f"Missing value for required parameter '{name}'. {_DOCUMENTED}")


def _at(said: Any, path: str) -> Any:
    for step in re.findall(r"[^.\[\]]+", path):
        if isinstance(said, Mapping):
            said = said.get(step)
        elif isinstance(said, Sequence) and not isinstance(said, str) and step.isdigit():
            said = said[int(step)]
    return said


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f'"{text}"' if isinstance(value, str) else text


encode = msgspec.json.Encoder().encode
"""Returns an answer as JSON. Fields that are not set are left out by their structs."""

"""JSON of others, read so that nothing is lost without a word: no member twice, no unbounded depth or size."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from lineal.objects.errors import Invalid

BYTES_MAX = 64 << 20
"""A larger result is refused: what tools write of metrics is small, and samples are not read whole."""

_HINT = "let the tool write it again, or mend it"


def read_json(data: bytes, what: str) -> Any:
    """Return the value of a JSON text; ``NaN`` and infinities, which Python writes, are numbers.

    Args:
        data: the text, in UTF-8.
        what: the name of the file, for messages.

    Raises:
        Invalid: it is no JSON, too large, too deep, or an object has a member twice.
    """
    if len(data) > BYTES_MAX:
        raise Invalid(f"{what} is larger than {BYTES_MAX >> 20} MiB", hint="give the file with the metrics alone")

    def members(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise Invalid(f"{what} has {name!r} twice in one object: nobody knows which is meant", hint=_HINT)
            found[name] = value
        return found

    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=members)
    except RecursionError:
        _refuse(what, "it is nested too deep")
    except ValueError as error:  # also what is no UTF-8, and integers of thousands of digits
        _refuse(what, str(error))


def _refuse(what: str, why: str) -> NoReturn:
    raise Invalid(f"{what} is no JSON that can be read: {why}", hint=_HINT) from None

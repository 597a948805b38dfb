"""The Range header: which bytes of a whole somebody asks for (RFC 9110, 14.2)."""

from __future__ import annotations

import re

from lineal.objects.errors import Invalid

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class NoSuchRange(Invalid):
    """The bytes end before what was asked for."""

    http_status = 416


def range_of(header: str, whole: int) -> tuple[int, int] | None:
    """Return the first byte that a Range header asks for, and how many.

    None stands for everything: there is no such header, or it has a form that need not be known.

    Args:
        header: what the header says; empty where there is none.
        whole: how many bytes there are.

    Raises:
        NoSuchRange: it begins behind the end.
    """
    match = _RANGE.fullmatch(header)
    if not match or match[0] == "bytes=-":
        return None
    first, last = match.groups()
    start = int(first) if first else max(0, whole - int(last))
    end = min(int(last) + 1, whole) if first and last else whole
    if last and first and int(last) < int(first):
        return None
    if start >= whole:
        raise NoSuchRange(f"{header!r} is no range of {whole} bytes", hint="write bytes=FIRST-LAST")
    return start, end - start

"""Cut a long table of text into units, at the ends of records, where its content says so.

A unit is 2 to 8 MiB, 4 on average. Behind the first 2 MiB it ends with the first record whose own bytes say so, with a
chance in proportion to their number: so that rows which are added, changed or removed move only the ends near them, and
every other unit is found again. (The idea of content-defined chunking, Muthitacharoen, Chen and Mazières 2001, SOSP,
with records in the place of bytes.)
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any, Protocol
from zlib import crc32

from lineal.formats.tables.delimited import lines
from lineal.objects.errors import Invalid

MIN_BYTES, MORE_BYTES, MAX_BYTES = 2 << 20, 2 << 20, 8 << 20
"""A unit has at least ``MIN_BYTES``, and ``MORE_BYTES`` more on average, but ends with the record at ``MAX_BYTES``."""

RECORD_BYTES_MAX = 64 << 20
"""Nothing with a longer row is a table."""

_QUOTE, _NEWLINE = ord('"'), ord("\n")


class Spans(Protocol):
    """Tells where records are."""

    def __call__(self, data: bytes, behind: int, *, is_last: bool) -> Iterator[tuple[int, int]]:
        """Yield where records begin and end; those alone that end behind a place.

        Args:
            data: bytes that begin with a record.
            behind: the place.
            is_last: whether the file ends with them; otherwise they break off anywhere.
        """


class Window:
    """The bytes of a file from some place on, as many as were asked for.

    Args:
        pieces: the bytes of the file, in order.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = bytearray()
        self.is_last = False
        """Whether the file ends with what is held."""

    def held(self, size_bytes: int) -> bytes:
        """Return what comes next: at least ``size_bytes``, less only at the end of the file."""
        while len(self._held) < size_bytes and not self.is_last:
            piece = next(self._pieces, None)
            self.is_last = piece is None
            self._held += piece or b""
        return bytes(self._held)

    def drop(self, size_bytes: int) -> None:
        """Go on ``size_bytes`` farther on."""
        del self._held[:size_bytes]


def units(window: Window, spans: Spans) -> Iterator[bytes]:
    """Yield the bytes of each unit of what ``window`` holds, which begins with a record."""
    while data := window.held(MAX_BYTES + 1):
        size_bytes = _cut(window, data, spans)
        window.drop(size_bytes)
        unit = data[:size_bytes]
        del data
        yield unit
        del unit


def _cut(window: Window, data: bytes, spans: Spans) -> int:
    """Return the size of the unit that ``data``, and what follows it, begins with."""
    while len(data) > MIN_BYTES:
        for start, end in spans(data, MIN_BYTES, is_last=window.is_last):
            if end >= MAX_BYTES or crc32(data[start:end]) * MORE_BYTES < (end - start) << 32:
                return end
        if window.is_last:
            break
        if len(data) > RECORD_BYTES_MAX:
            raise Invalid(f"more than {RECORD_BYTES_MAX >> 20} MiB are one row", hint="end each row with a line break")
        data = window.held(2 * len(data))
    return len(data)


def line_spans(data: bytes, behind: int, *, is_last: bool) -> Iterator[tuple[int, int]]:
    """Yield where lines begin and end."""
    start = data.rfind(b"\n", 0, behind) + 1
    while end := data.find(b"\n", start) + 1:
        yield start, end
        start = end
    if is_last and max(start, behind) < len(data):
        yield start, len(data)


def record_spans(data: bytes, behind: int, *, is_last: bool, delimiter: str) -> Iterator[tuple[int, int]]:
    """Yield where the records of a delimited table begin and end; an end of line in quotes ends none."""
    if b"\r" not in data or data.count(b"\r") == data.count(b"\r\n"):
        if b'"' not in data:
            return line_spans(data, behind, is_last=is_last)
        if (ends := _quoted_ends(data, delimiter)) is not None:
            return _between(ends, behind, len(data) if is_last else 0)
    return _read_spans(data, behind, is_last=is_last, delimiter=delimiter)


def _quoted_ends(data: bytes, delimiter: str) -> Any:
    """Return where lines end outside of quotes, all at once.

    None when quotes stand where they mean something else, or NumPy is not there: then the text must be read.
    """
    try:
        import numpy as np  # noqa: PLC0415 - not needed where it is not there
    except ImportError:
        return None
    found = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(found == _QUOTE)
    around = np.zeros(256, bool)
    around[[_QUOTE, _NEWLINE, ord("\r"), ord(delimiter)]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before, after = found[opening[opening > 0] - 1], found[closing[closing + 1 < len(data)] + 1]
    if not (around[before].all() and around[after].all()):
        return None
    newlines = np.flatnonzero(found == _NEWLINE)
    return newlines[np.searchsorted(quotes, newlines) % 2 == 0] + 1


def _between(ends: Any, behind: int, last: int) -> Iterator[tuple[int, int]]:
    first = int(ends.searchsorted(behind, side="right"))
    start = int(ends[first - 1]) if first else 0
    for end in map(int, ends[first:]):
        yield start, end
        start = end
    if max(start, behind) < last:
        yield start, last


def _read_spans(data: bytes, behind: int, *, is_last: bool, delimiter: str) -> Iterator[tuple[int, int]]:
    """Yield the same by reading every record as it is read later."""
    if not is_last:  # the last line may break off within a character, or between the signs of its end
        data = data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1]
    start = end = 0

    def counted() -> Iterator[str]:
        nonlocal end
        for line in lines((data,), is_part=True):
            end += len(line) if line.isascii() else len(line.encode())
            yield line

    try:
        for _ in csv.reader(counted(), delimiter=delimiter):
            if end > behind and (is_last or end < len(data)):
                yield start, end
            start = end
    except csv.Error as error:
        raise Invalid(f"this is no table: {error}", hint="give a CSV file") from None

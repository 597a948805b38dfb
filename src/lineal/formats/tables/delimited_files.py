"""Files of delimited text, in units that are profiled once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

import msgspec

from lineal.formats.tables import delimited_arrays
from lineal.formats.tables.cutting import MAX_BYTES, Window, record_spans, units
from lineal.formats.tables.delimited import BYTE_ORDER_MARK, SAMPLE_LINES, Dialect, batches, dialect_of, lines, records
from lineal.formats.tables.table import Batch, Source, Unit, part_key
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid

_COLUMN_BYTES = 64 << 10
"""A unit has at least so many bytes for each column: the profile of one takes a few thousand."""


class Part(NamedTuple):
    """Some records of a file: where they begin, how many bytes they have, their key, and the bytes where they are kept."""

    start: int
    size_bytes: int
    key: Digest
    kept: bytes


class DelimitedFiles:
    """CSV, and its like with semicolons or tabs."""

    name = "csv"

    def units(self, source: Source) -> Iterator[Unit]:
        """Yield the units of a file, in order. Raises Invalid."""
        window = Window(source.pieces())
        dialect, start = _beginning(window)
        window.drop(start)
        read_as = msgspec.json.encode(dialect)
        least_bytes = len(dialect.header) * _COLUMN_BYTES
        waiting: list[Part] = []
        for data in units(window, partial(record_spans, delimiter=dialect.delimiter)):
            # One part is kept until it is profiled; several together are too large, and are read again.
            kept = b"" if waiting else data
            waiting.append(Part(start, len(data), part_key(self.name, read_as, (data,)), kept))
            start += len(data)
            if _is_enough(waiting, least_bytes):
                yield self._unit(source, dialect, waiting)
                waiting = []
        if waiting:
            yield self._unit(source, dialect, waiting)

    def _unit(self, source: Source, dialect: Dialect, parts: Sequence[Part]) -> Unit:
        if len(parts) == 1:
            return Unit(parts[0].key, parts[0].size_bytes, partial(_batches, dialect, parts[0].kept, parts[0].start))
        key = part_key(f"{self.name} parts", b"", (part.key.encode() for part in parts))
        spans = [(part.start, part.size_bytes) for part in parts]
        return Unit(key, sum(part.size_bytes for part in parts), partial(_read_again, source, dialect, spans))


def _is_enough(parts: Sequence[Part], least_bytes: int) -> bool:
    """Tell whether parts are a unit: large enough, and the last one's content says so, so that units are found again."""
    size_bytes = sum(part.size_bytes for part in parts)
    if len(parts) == 1 or size_bytes < least_bytes:
        return size_bytes >= least_bytes
    return int(parts[-1].key[-1], 16) % 2 == 0 or size_bytes >= 2 * least_bytes


def _read_again(source: Source, dialect: Dialect, spans: Sequence[tuple[int, int]]) -> Iterator[Batch]:
    for start, size_bytes in spans:
        yield from _batches(dialect, source.read(start, size_bytes), start)


def _beginning(window: Window) -> tuple[Dialect, int]:
    """Return how the table is written, and how many bytes stand before its first row."""
    data = window.held(MAX_BYTES + 1)
    mark = len(BYTE_ORDER_MARK) if data.startswith(BYTE_ORDER_MARK) else 0
    sample = list(islice(lines((memoryview(data)[mark:],), is_part=True), SAMPLE_LINES))
    if not window.is_last and len(sample) < SAMPLE_LINES:
        sample.pop()  # it breaks off
    dialect = dialect_of(sample)
    return dialect, mark + _header_bytes(sample, dialect.delimiter)


def _header_bytes(sample: Sequence[str], delimiter: str) -> int:
    used: list[int] = []

    def counted() -> Iterator[str]:
        for line in sample:
            used.append(len(line.encode()))
            yield line

    next(records(counted(), delimiter))
    return sum(used)


def _batches(dialect: Dialect, data: bytes, start: int) -> Iterator[Batch]:
    """Yield the batches of a unit. The way is no matter: both give the same, but for the time it takes."""
    try:
        yield from delimited_arrays.batches(dialect, data) or batches(dialect, data)
    except Invalid as error:
        where = f"behind byte {start:,}: " if start > MAX_BYTES else ""
        raise Invalid(where + error.message, hint=error.hint) from None

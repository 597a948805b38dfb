"""Files of delimited text, in units that are profiled once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

import msgspec

from lineal.formats.tables import delimited_arrays
from lineal.formats.tables.cutting import MAX_BYTES, Window, record_spans, units
from lineal.formats.tables.delimited import BYTE_ORDER_MARK, SAMPLE_LINES, Dialect, batches, dialect_of, lines, records
from lineal.formats.tables.table import Batch, Source, Unit, part_key
from lineal.objects.errors import Invalid


class DelimitedFiles:
    """CSV, and its like with semicolons or tabs."""

    name = "csv"

    def units(self, source: Source) -> Iterator[Unit]:
        """Yield the units of a file, in order. Raises Invalid."""
        window = Window(source.pieces())
        dialect, start = _beginning(window)
        window.drop(start)
        read_as = msgspec.json.encode(dialect)
        for data in units(window, partial(record_spans, delimiter=dialect.delimiter)):
            key = part_key(self.name, read_as, (data,))
            yield Unit(key, len(data), partial(_batches, dialect, data, start))
            start += len(data)


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

"""Tables as text: a header and rows between commas, semicolons or tabs (RFC 4180, and what people make of it)."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from lineal.formats.pieces import Pieces
from lineal.formats.profiles import limits
from lineal.formats.tables.table import Batch, batch_rows
from lineal.formats.tables.texts import BLANKS, NUMBER, TextCells
from lineal.objects.datasets import Column
from lineal.objects.errors import Invalid

DELIMITERS = (",", ";", "\t")

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""With it, some programs begin a file."""

SAMPLE_LINES = 50
"""So many lines tell how a table is written."""

_BATCH_ROWS = 10_000
LINE_CHARACTERS_MAX = 1 << 24
_DTYPES = (
    ("boolean", re.compile(r"(?i:true|false)")),
    ("integer", re.compile(r"[+-]?\d+")),
    ("float", re.compile(NUMBER)),
)
"""From narrow to wide; a column that fits none is a string."""


class Dialect(NamedTuple):
    """How a table is written: what stands between its cells, and what its columns are called."""

    delimiter: str
    header: tuple[str, ...]


class TableFacts(NamedTuple):
    """What a table looks like."""

    columns: tuple[Column, ...]
    row_count: int


def describe(pieces: Iterable[bytes]) -> TableFacts | None:
    """Return what the table in ``pieces`` looks like, or None when the bytes are no table with a header.

    Reads once, keeps 10,000 rows at a time. A text whose rows have unequal numbers of cells is no table.

    Args:
        pieces: the bytes of the file, in order, cut anywhere.
    """
    try:
        header, records = _open(pieces)
        columns = [_Column(name) for name in header]
        row_count = 0
        while batch := list(islice(records, _BATCH_ROWS)):
            row_count += len(batch)
            for column, cells in zip(columns, zip(*batch, strict=True), strict=True):
                column.take(set(cells))
    except Invalid:
        return None
    if not row_count or (len(columns) == 1 and columns[0].dtype == "string"):
        return None  # one column of words is prose as often as it is a table
    return TableFacts(tuple(Column(name=c.name, dtype=c.dtype, optional=c.optional) for c in columns), row_count)


def rows(pieces: Iterable[bytes]) -> Iterator[dict[str, str]]:
    """Yield each row of the table in ``pieces`` as a dictionary from column to cell.

    Raises:
        Invalid: the bytes are no table with a header; the message names the line.
    """
    header, records = _open(pieces)
    for record in records:
        yield dict(zip(header, record, strict=True))


class _Column:
    """The narrowest type that fits every cell of a column so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.optional = False
        self._fits: set[str] | None = None

    def take(self, cells: set[str]) -> None:
        """Take the distinct cells of the next rows."""
        values = {cell.strip() for cell in cells}
        self.optional = self.optional or not values.isdisjoint(BLANKS)
        for value in values - BLANKS:
            if self._fits is not None and not self._fits:
                return
            fits = {dtype for dtype, shape in _DTYPES if shape.fullmatch(value)}
            self._fits = fits if self._fits is None else self._fits & fits

    @property
    def dtype(self) -> str:
        """``boolean``, ``integer``, ``float`` or ``string``."""
        return next((dtype for dtype, _ in _DTYPES if dtype in (self._fits or ())), "string")


def _open(pieces: Iterable[bytes]) -> tuple[list[str], Iterator[list[str]]]:
    """Return the header of a table and an iterator over its records, each as long as the header."""
    found = lines(pieces)
    sample = list(islice(found, SAMPLE_LINES))
    dialect = dialect_of(sample)
    rest = records(chain(sample, found), dialect.delimiter)
    next(rest)
    return list(dialect.header), even(rest, len(dialect.header))


def dialect_of(sample: list[str]) -> Dialect:
    """Return how a table is written whose first lines these are; 50 are enough. Raises Invalid when it is none."""
    delimiter = _delimiter(sample[:SAMPLE_LINES])
    header = next(records(iter(sample), delimiter), [])
    _check_header(header)
    return Dialect(delimiter, tuple(header))


def batches(dialect: Dialect, data: bytes) -> Iterator[Batch]:
    """Yield the rows of a part of a table that holds whole records. Raises Invalid when they are no such rows."""
    width = len(dialect.header)
    room = limits(width)
    rest = even(records(lines((data,), is_part=True), dialect.delimiter), width)
    while batch := list(islice(rest, batch_rows(width))):
        columns = zip(dialect.header, zip(*batch, strict=True), strict=True)
        yield Batch(len(batch), {name: TextCells(name, cells, room) for name, cells in columns})


def lines(pieces: Iterable[bytes | memoryview], *, is_part: bool = False) -> Iterator[str]:
    """Yield the lines of a text, each with its end.

    Args:
        pieces: the bytes, in order, cut anywhere.
        is_part: they do not begin a file, so that a byte order mark would be none.

    Raises:
        Invalid: it is no text in UTF-8, or has a line without an end.
    """
    encoding = "utf-8" if is_part else "utf-8-sig"
    text = io.TextIOWrapper(io.BufferedReader(Pieces(pieces)), encoding=encoding, newline="")
    number = 0
    try:
        while line := text.readline(LINE_CHARACTERS_MAX):
            number += 1
            if "\0" in line or len(line) == LINE_CHARACTERS_MAX:
                raise Invalid(f"line {number} is no line of a table", hint="give a CSV file in UTF-8")
            yield line
    except UnicodeDecodeError as error:
        raise Invalid(f"after line {number} the file is no UTF-8 text: {error}", hint="save it as UTF-8") from None


def _delimiter(sample: list[str]) -> str:
    """Return the delimiter that cuts the first lines into the most cells, the same number each."""
    if not sample or sample[0].lstrip()[:1] in {"", "{", "[", "<"}:
        raise Invalid(
            "the file does not begin with a table's header", hint="give a CSV file whose first line names columns"
        )
    return max(DELIMITERS, key=lambda each: _fit(sample, each))


def _fit(sample: list[str], delimiter: str) -> tuple[bool, int]:
    """Return whether ``delimiter`` cuts every line into the same number of cells, more than one; and that number."""
    try:
        widths = [len(record) for record in records(iter(sample), delimiter)]
    except Invalid:
        return False, 0  # a wide line that this delimiter does not cut is one cell, too long for the reader
    # The last line may break off inside a quoted cell that goes on after the sample.
    whole = widths[:-1] if len(sample) == SAMPLE_LINES else widths
    width = widths[0] if widths else 0
    return width > 1 and len(set(whole)) == 1, width


def records(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each record that has any. Raises Invalid."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        yield from (record for record in reader if record)
    except csv.Error as error:
        raise Invalid(f"line {reader.line_num} is no line of a table: {error}", hint="give a CSV file") from None


def _check_header(header: list[str]) -> None:
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise Invalid(f"two columns are called {twice[0]!r}", hint="give each column a name of its own")
    if all(re.fullmatch(NUMBER, name.strip()) for name in header):
        raise Invalid("the first line holds only numbers", hint="put the columns' names into the first line")


def even(records: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    """Yield records that all have ``width`` cells. Raises Invalid at the first that has not."""
    for number, record in enumerate(records, 1):
        if len(record) != width:
            raise Invalid(f"row {number} has {len(record)} cells under {width} columns", hint="mend the row")
        yield record

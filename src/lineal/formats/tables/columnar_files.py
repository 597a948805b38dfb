"""Files of Parquet and Arrow, in units that are profiled once. Nothing in them is ever carried out."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from lineal.formats.profiles import limits
from lineal.formats.tables.arrow_columns import ERRORS, ArrowColumn
from lineal.formats.tables.buffers import release
from lineal.formats.tables.parquet_footer import RowGroup, row_groups
from lineal.formats.tables.table import Batch, Source, Unit, batch_rows, part_key
from lineal.objects.errors import Invalid

_BUFFER_BYTES = 1 << 20
_BATCH_BYTES = 16 << 20
_COLUMNS_MAX = 16
"""Each column that is read at once takes two or three megabytes."""

_FILE_MARK = b"ARROW1"
"""What an Arrow file begins with; a stream of Arrow's begins otherwise."""


class ParquetFiles:
    """Parquet; a unit is a row group."""

    name = "parquet"

    def units(self, source: Source) -> Iterator[Unit]:
        """Yield the units of a file, in order. Raises Invalid."""
        for _ in source.pieces():
            pass  # at their end it is known that they are the right ones: what follows reads here and there
        groups = row_groups(source)
        try:
            file = pq.ParquetFile(_opened(source), buffer_size=_BUFFER_BYTES, pre_buffer=False)
            schema = file.schema_arrow.remove_metadata()
            read_as = schema.serialize().to_pybytes()
        except ERRORS as error:
            raise _unreadable(self.name, error) from None
        wanted = [_named(schema), *_some_at_a_time(schema.names)]
        for place, each in enumerate(groups):
            key = part_key(self.name, read_as, _pieces(source, each))
            ways = [
                partial(_read, self.name, schema, names, partial(_row_group, file, place, each, names))
                for names in wanted
            ]
            yield Unit(key, each.size_bytes, ways[0], tuple(ways[1:]))
        if not groups:
            key = part_key(self.name, read_as, ())
            yield Unit(key, 0, partial(_read, self.name, schema, schema.names, lambda: iter(())))


def _named(schema: Any) -> list[str]:
    """Return the names of the columns. Raises Invalid when two have the same."""
    names: list[str] = schema.names
    if len(set(names)) < len(names):
        raise Invalid("two columns have the same name", hint="give each column a name of its own")
    return names


def _some_at_a_time(names: list[str]) -> list[list[str]]:
    """Return the names in groups, when they are too many to be read at once."""
    if len(names) <= _COLUMNS_MAX:
        return []
    return [names[at : at + _COLUMNS_MAX] for at in range(0, len(names), _COLUMNS_MAX)]


class ArrowFiles:
    """Arrow IPC files, which Feather files are too, and streams; the whole file is one unit."""

    name = "arrow"

    def units(self, source: Source) -> Iterator[Unit]:
        """Yield the file as a unit. Raises Invalid."""
        key = part_key(self.name, b"", source.pieces())
        try:
            is_file = source.read(0, len(_FILE_MARK)) == _FILE_MARK
            file = (pyarrow.ipc.open_file if is_file else pyarrow.ipc.open_stream)(_opened(source))
        except ERRORS as error:
            raise _unreadable(self.name, error) from None
        found = partial(_record_batches, file) if is_file else partial(iter, file)
        names = _named(file.schema)
        yield Unit(key, source.size_bytes, partial(_read, self.name, file.schema, names, found))


def _read(name: str, schema: Any, names: list[str], record_batches: Callable[[], Iterator[Any]]) -> Iterator[Batch]:
    """Yield the rows of a unit. There is always a batch: it tells the columns of a table without rows too.

    Args:
        name: the format.
        schema: of the whole file.
        names: the columns that are read.
        record_batches: their values.
    """
    row_count = 0
    try:
        for each in record_batches():
            each.validate(full=True)  # places and sizes in an Arrow file are taken for true until somebody looks
            for part in _slices(each):
                yield _batch(schema, names, part.columns, len(part))
                release()
            row_count += len(each)
    except ERRORS as error:
        raise _unreadable(name, error) from None
    if not row_count:
        yield _batch(schema, names, [pa.nulls(0, schema.field(each).type) for each in names], 0)


def _batch(schema: Any, names: Sequence[str], columns: Sequence[Any], row_count: int) -> Batch:
    room = limits(len(schema))
    named = zip(names, columns, strict=True)
    return Batch(row_count, {name: ArrowColumn(name, cells, room) for name, cells in named})


def _slices(found: Any) -> Iterator[Any]:
    rows = min(batch_rows(found.num_columns), _rows_of(found.nbytes, len(found)))
    return (found.slice(start, rows) for start in range(0, len(found), rows))


def _rows_of(size_bytes: int, row_count: int) -> int:
    """Return how many rows are a batch, when so many rows have so many bytes."""
    return max(1, _BATCH_BYTES * row_count // max(1, size_bytes))


def _row_group(file: Any, place: int, found: RowGroup, names: list[str]) -> Iterator[Any]:
    # Lists have more values than rows.
    width = -(-found.value_count // max(1, found.row_count))
    rows = min(batch_rows(width), _rows_of(found.read_bytes, found.row_count))
    for each in file.iter_batches(batch_size=rows, row_groups=[place], columns=names, use_threads=False):
        yield each.select(names)  # "a" also brings what is called "a.b"


def _record_batches(file: Any) -> Iterator[Any]:
    return (file.get_batch(place) for place in range(file.num_record_batches))


def _pieces(source: Source, found: RowGroup) -> Iterator[bytes]:
    end = found.start + found.size_bytes
    return (source.read(at, min(_BUFFER_BYTES, end - at)) for at in range(found.start, end, _BUFFER_BYTES))


def _opened(source: Source) -> Any:
    return pa.PythonFile(io.BufferedReader(_Seekable(source), _BUFFER_BYTES), mode="r")


class _Seekable(io.RawIOBase):
    """A source as a file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._place = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from any place."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._source.size_bytes}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with the next bytes."""
        found = self._source.read(self._place, len(buffer))
        buffer[: len(found)] = found
        self._place += len(found)
        return len(found)


def _unreadable(name: str, error: Exception) -> Invalid:
    return Invalid(f"this is no {name} file that can be read: {error}", hint="write it anew")

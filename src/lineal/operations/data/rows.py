"""Rows of two tables side by side, by a key, in bounded memory: hashes go into files, and each pair of files fits.

A row is its key and a digest of its other cells. Rows of the same key fall into the same bucket on both sides, so buckets
are compared one by one (the hash join of Kitsuregawa, Tanaka and Moto-oka 1983, New Generation Computing 1:63-74).
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple, cast

from lineal.checks.comparing.rows import RowChanges, compare_keys
from lineal.formats.tables.formats import format_of, reader_of
from lineal.formats.tables.json_lines import quoted
from lineal.formats.tables.table import Batch, Unit
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.files import Entry
from lineal.objects.profiles import Profile, Table
from lineal.operations.data.tables import BlobSource
from lineal.storage.store import Store

_RECORD = struct.Struct("<QQQ")
"""The first and the second half of a key's hash, and the hash of the row."""

_BUCKET_ROWS = 100_000
_BUCKETS_MAX = 256
_HELD_BYTES = 128 << 10
_BETWEEN, _NOTHING = "\x1f", "\x00"
"""What stands between cells, and in the place of one that is missing, while they are hashed."""


class TableFiles(NamedTuple):
    """The only table of a dataset version: its reference, what is known of it, and the files of the version."""

    store: Store
    reference: str
    table: Table
    profile: Profile
    files: Callable[[], Iterator[Entry]]

    def units(self) -> Iterator[Unit]:
        """Yield the units of the table."""
        reader = reader_of(self.table.format)
        for entry in self.files():
            # A single file may be a table whatever its name.
            if entry.mode != "symlink" and (
                format_of(entry.path) == self.table.format or entry.path == self.table.name
            ):
                yield from reader.units(BlobSource(self.store.blobs, entry))


def rows_between(left: TableFiles, right: TableFiles, key: str) -> RowChanges:
    """Return how many rows of a table were inserted, deleted and changed.

    Units that both sides have are not read: they hold the same rows. So of a table that has grown, only its end is.

    Args:
        left: the table.
        right: the other table.
        key: the column by which a row is known.

    Raises:
        Invalid: a side has no such column.
    """
    for side in (left, right):
        names = [each.name for each in side.profile.columns if each.name not in side.table.partitions]
        if quoted(key) not in names:
            raise Invalid(f"{side.reference} has no column {key!r}", hint="its columns are " + ", ".join(names[:40]))
    shared = Counter(unit.key for unit in left.units()) & Counter(unit.key for unit in right.units())
    row_count = max(left.profile.row_count, right.profile.row_count)
    return compare_rows(_batches(left, shared), _batches(right, shared), key, row_count)


def _batches(side: TableFiles, shared: Counter[Digest]) -> Iterator[Batch]:
    """Yield the rows of the units that only one side has."""
    left = shared.copy()
    for unit in side.units():
        if left[unit.key]:
            left[unit.key] -= 1
        else:
            yield from (batch for batch in unit.batches() if batch.row_count)


def compare_rows(left: Iterator[Batch], right: Iterator[Batch], key: str, row_count: int) -> RowChanges:
    """Return how many rows were inserted, deleted and changed.

    Args:
        left: rows.
        right: the other rows. Where both have rows, the columns that both have are compared.
        key: the column by which a row is known.
        row_count: how many rows there are on the larger side, about.
    """
    count = min(_BUCKETS_MAX, 1 + row_count // _BUCKET_ROWS)
    totals: Counter[str] = Counter()
    firsts = [next(batches, None) for batches in (left, right)]
    known = [set(first.columns) for first in firsts if first]
    columns = sorted(set.intersection(*known) - {key}) if known else []
    with ExitStack() as stack:
        sides = [_Buckets(count, stack) for _ in range(2)]
        for side, first, batches in zip(sides, firsts, (left, right), strict=True):
            for batch in chain((first,) if first else (), batches):
                side.take(batch, key, columns)
        for place in range(count):
            totals.update(compare_keys(*(side.rows(place) for side in sides)))
    return RowChanges(key=key, **totals)


class _Buckets:
    """The hashes of the rows of a side, in files that stay in memory while they are small."""

    def __init__(self, count: int, stack: ExitStack) -> None:
        self._files = [
            cast("IO[bytes]", stack.enter_context(SpooledTemporaryFile(_HELD_BYTES)))  # noqa: SIM115 - the stack does
            for _ in range(count)
        ]

    def take(self, batch: Batch, key: str, columns: Sequence[str]) -> None:
        """Take the rows of a batch; what a row lacks is missing in it."""
        nothing: Sequence[str | None] = [None] * batch.row_count
        keys, *cells = (batch.columns[name].texts() if name in batch.columns else nothing for name in (key, *columns))
        waiting: dict[int, list[bytes]] = defaultdict(list)
        for found, *row in zip(keys, *cells, strict=True):
            first, second = struct.unpack("<QQ", hash_row([found], 16))
            record = _RECORD.pack(first, second, *struct.unpack("<Q", hash_row(row, 8)))
            waiting[first % len(self._files)].append(record)
        for place, records in waiting.items():
            self._files[place].write(b"".join(records))

    def rows(self, place: int) -> Mapping[Hashable, Sequence[int]]:
        """Return the hashes of the rows in a bucket, by key."""
        file = self._files[place]
        file.seek(0)
        found: dict[Hashable, list[int]] = defaultdict(list)
        for first, second, row in _RECORD.iter_unpack(file.read()):
            found[first, second].append(row)
        return found


def hash_row(cells: Sequence[str | None], size_bytes: int) -> bytes:
    """Return a hash of some cells of a row, in their order."""
    text = _BETWEEN.join(_NOTHING if cell is None else cell for cell in cells)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size_bytes).digest()

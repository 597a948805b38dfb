"""The rows of a table as sorted digests, computed once for a dataset: what is in two tables, and what is twice in one.

A row is eight bytes of a hash of its cells, in the order of the columns' names. Rows fall into buckets by their first bits,
each bucket is sorted by itself, and so neither writing nor comparing holds more than a few buckets in memory.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from lineal.formats.tables.json_lines import quoted
from lineal.formats.tables.table import part_key
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.profiles import RowDigests
from lineal.operations.data.derived import keep, known
from lineal.operations.data.rows import TableFiles, hash_row
from lineal.operations.data.tables import entries, tables_of
from lineal.storage.store import Store

_BUCKET_ROWS = 100_000
_BUCKETS_MAX = 256
_HELD_BYTES = 128 << 10
_RANGES_ROWS = 500_000
_DIGEST_BYTES = 8


def only_table(store: Store, dataset: Digest, reference: str) -> TableFiles | str:
    """Return the only table of a dataset version, or a sentence that says why there is none."""
    value = store.get_object(dataset, DatasetVersion)
    if not value.kept:
        return "its content is not here: it stands at its source"
    found = tables_of(store, value.tree)
    tables, gaps = found.tables.tables, (*found.notes, *found.tables.gaps)
    if gaps or len(tables) != 1:
        return gaps[0] if gaps else f"it has {len(tables)} tables, and one is needed"
    return TableFiles(store, reference, tables[0], found.profiles[tables[0].name], partial(entries, store, value.tree))


def column_names(table: TableFiles) -> list[str]:
    """Return the columns that stand in the files of a table, in the order of their names."""
    return sorted(each.name for each in table.profile.columns if each.name not in table.table.partitions)


def overlap(held_out: TableFiles, training: TableFiles, ignore: Sequence[str] = ()) -> int | str:
    """Return how many held-out rows stand in the training data, by the columns that both have, or why nobody can tell."""
    left_out = {quoted(each) for each in ignore}
    names = [each for each in column_names(held_out) if each in set(column_names(training)) and each not in left_out]
    if not names:
        return "it has no column in common with the held-out rows"
    left, right = (digests(each, names) for each in (held_out, training))
    store = held_out.store
    return sum(sum(map(set(theirs).__contains__, ours)) for ours, theirs in _side_by_side(store, left, right))


def repeated(table: TableFiles, columns: Sequence[str] = ()) -> int | str:
    """Return how many rows of a table are like another one before them, or why nobody can tell."""
    known_names = column_names(table)
    names = [quoted(each) for each in columns] or known_names
    if absent := [each for each in names if each not in known_names]:
        return f"it has no column {absent[0]}"
    found = digests(table, sorted(names))
    return sum(len(rows) - len(set(rows)) for rows, _ in _side_by_side(table.store, found, found))


def digests(table: TableFiles, names: Sequence[str]) -> RowDigests:
    """Return the digests of the rows of a table by some of its columns, which nobody computes a second time."""
    store = table.store
    subject = part_key("row digests", "\0".join(names).encode(), (table.table.profile.encode(), *_pieces(table)))
    found = known(store, subject, RowDigests)
    if found and found.digests in store.blobs.has([found.digests]):
        return found
    row_count = table.profile.row_count
    digest, _ = store.blobs.put_stream(_sorted(table, names, row_count))
    found = RowDigests(digests=digest, row_count=row_count, columns=tuple(names))
    keep(store, subject, found)
    return found


def _pieces(table: TableFiles) -> Iterator[bytes]:
    """Yield what tells a table's rows from others': its files."""
    return (each.digest.encode() for each in table.files())


def _sorted(table: TableFiles, names: Sequence[str], row_count: int) -> Iterator[bytes]:
    """Yield the digests of all rows, in order, in big endian: so bytes are ordered as numbers are."""
    count = min(_BUCKETS_MAX, 1 + row_count // _BUCKET_ROWS)
    with ExitStack() as stack:
        buckets = [cast("IO[bytes]", stack.enter_context(SpooledTemporaryFile(_HELD_BYTES))) for _ in range(count)]
        for unit in table.units():
            for batch in unit.batches():
                nothing: Sequence[str | None] = [None] * batch.row_count
                cells = [batch.columns[name].texts() if name in batch.columns else nothing for name in names]
                waiting: dict[int, list[bytes]] = defaultdict(list)
                for row in zip(*cells, strict=True):
                    found = hash_row(row, _DIGEST_BYTES)
                    waiting[int.from_bytes(found[:4], "big") * count >> 32].append(found)
                for place, records in waiting.items():
                    buckets[place].write(b"".join(records))
        for bucket in buckets:
            bucket.seek(0)
            yield _turned(array("Q", sorted(_turned(array("Q", bucket.read()))))).tobytes()


def _side_by_side(store: Store, left: RowDigests, right: RowDigests) -> Iterator[tuple[array[int], array[int]]]:
    """Yield the digests of two tables in the same ranges, so that what is equal comes together."""
    count = 1 + max(left.row_count, right.row_count) // _RANGES_ROWS
    sides = [_Reading(store.blobs.open(each.digests)) for each in (left, right)]
    for number in range(1, count + 1):
        bound = (number << 64) // count
        yield sides[0].below(bound), sides[1].below(bound)


class _Reading:
    """Sorted digests, read from their beginning."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def below(self, bound: int) -> array[int]:
        """Return those that come next and are below a bound."""
        found = array("Q")
        while True:
            whole = len(self._left) // _DIGEST_BYTES * _DIGEST_BYTES
            rows = _turned(array("Q", self._left[:whole]))
            inside = bisect_left(rows, bound)
            found.extend(rows[:inside])
            self._left = self._left[inside * _DIGEST_BYTES :]
            if inside < len(rows):
                return found
            piece = next(self._pieces, None)
            if piece is None:
                return found
            self._left += bytes(piece)


def _turned(rows: array[int]) -> array[int]:
    """Return numbers in big endian as this machine's own, and the other way."""
    if sys.byteorder == "little":
        rows.byteswap()
    return rows

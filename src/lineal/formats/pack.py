"""Packs: many small blobs in one file, and the table that says where each lies. Specified in ``format.md``.

A pack is named by the digest of its table, and the table names every blob by its own digest: who has checked the blobs
against the table and the table against the name has checked all of it, in one reading.

::

    blob bytes, one after the other
    table: a line, then for each blob 32 bytes of SHA-256, 8 bytes of start, 8 bytes of size, sorted by SHA-256
    8 bytes of the table's size, 8 bytes "LINEALPK"
"""

from __future__ import annotations

import os
import struct
import sys
from array import array
from binascii import unhexlify
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from hashlib import sha256
from itertools import count, pairwise
from operator import add, itemgetter
from typing import IO, TYPE_CHECKING, NamedTuple

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

END_BYTES = 16
"""How much of a pack's end says how large its table is."""

_HEAD = b"lineal pack 1\n"
_MARK = b"LINEALPK"
_RECORD = struct.Struct(">32sQQ")
_WHERE = struct.Struct(">QQ")
_KEY = struct.Struct("32s16x")
_KEY_BYTES = 32
_NUMBERS, _START_AT, _SIZE_AT = 6, 4, 5
"""A record as numbers: how many, and which two of them are no part of the SHA-256."""

_START, _SIZE, _SPAN = itemgetter(1), itemgetter(2), itemgetter(1, 2)
_END = struct.Struct(">Q8s")
_TABLE_BYTES_MAX = 1 << 30
_READ_BYTES = 4 << 20
_FRAME = struct.Struct(">32sQ")

FRAME_BYTES = _FRAME.size
"""How much stands before each blob where many are sent one after the other."""


class Place(NamedTuple):
    """Where a blob lies in its pack, in bytes."""

    digest: Digest
    start: int
    size_bytes: int


class Table:
    """Which blobs a pack holds, and where.

    Args:
        body: the table's bytes.
        is_known: whether somebody has found that they are a table; only where its blobs lie is asked of it then.

    Raises:
        Corrupt: they are no table, or its blobs do not lie side by side.
    """

    def __init__(self, body: bytes, *, is_known: bool = False) -> None:
        records = memoryview(body)[len(_HEAD) :]
        if not body.startswith(_HEAD) or len(records) % _RECORD.size:
            raise Corrupt("these bytes are no table of a pack", hint="fetch the pack anew")
        self.body = body
        self._records = records
        self.data_bytes: int = sum(self._sizes)
        if not is_known:
            self._check()

    def _check(self) -> None:
        if self._keys() != sorted(self._rows):
            raise Corrupt("the table of a pack is not sorted", hint="fetch the pack anew")
        if not _lie_side_by_side(self._numbers()[_START_AT::_NUMBERS], self._sizes, self.data_bytes):
            raise Corrupt("the blobs of a pack do not lie side by side", hint="fetch the pack anew")

    def _keys(self) -> list[bytes]:
        return [key for (key,) in _KEY.iter_unpack(self._records)]

    def _numbers(self) -> array[int]:
        """Return the records as numbers of eight bytes each, of which two are their starts and sizes."""
        numbers = array("Q")
        numbers.frombytes(self._records)
        if sys.byteorder == "little":
            numbers.byteswap()
        return numbers

    @cached_property
    def _sizes(self) -> array[int]:
        return self._numbers()[_SIZE_AT::_NUMBERS]

    @cached_property
    def _rows(self) -> dict[bytes, int]:
        """Which row each SHA-256 is in."""
        return dict(zip(self._keys(), count()))

    @cached_property
    def name(self) -> Digest:
        """The pack's name."""
        return digest_of(self.body)

    @property
    def size_bytes(self) -> int:
        """The size of the whole pack."""
        return self.data_bytes + len(self.body) + END_BYTES

    def __len__(self) -> int:
        return len(self._sizes)

    def find(self, digest: Digest) -> Place | None:
        """Return where a blob lies, or None when the pack does not hold it."""
        row = self._rows.get(raw(digest))
        if row is None:
            return None
        _, start, size = _RECORD.unpack_from(self._records, row * _RECORD.size)
        return Place(digest, start, size)

    def find_all(self, digests: Mapping[bytes, Digest]) -> list[Place]:
        """Return where blobs lie that the pack holds, given by their SHA-256, in the order in which they lie."""
        rows, records, size = self._rows, self._records, _RECORD.size
        found = [(*_WHERE.unpack_from(records, rows[key] * size + _KEY_BYTES), each) for key, each in digests.items()]
        found.sort()
        return [Place(digest, start, size) for start, size, digest in found]

    def among(self, digests: Iterable[Digest]) -> Iterator[Digest]:
        """Yield those of ``digests`` that the pack holds."""
        rows = self._rows
        return (each for each in digests if raw(each) in rows)

    def common(self, keys: AbstractSet[bytes]) -> AbstractSet[bytes]:
        """Return those of many SHA-256 that the pack holds."""
        return keys & self._rows.keys()

    def spans(self) -> list[tuple[bytes, int, int]]:
        """Return the SHA-256, the start and the size of every blob, in the order in which they lie."""
        spans = sorted(_RECORD.iter_unpack(self._records), key=_START)
        if not all(map(_SIZE, spans)):
            spans.sort(key=_SPAN)  # an empty one lies before the one that begins where it does
        return spans

    def places(self) -> Iterator[Place]:
        """Yield every blob, in the order in which they lie."""
        return (Place(cooked(key), start, size) for key, start, size in self.spans())

    def size_of(self, keys: AbstractSet[bytes]) -> int:
        """Return how many bytes some of its blobs have together, given by their SHA-256."""
        if len(keys) == len(self):
            return self.data_bytes
        return sum(map(self._sizes.__getitem__, map(self._rows.__getitem__, keys)))

    def digests(self) -> Iterator[Digest]:
        """Yield the digest of every blob, in order."""
        return (cooked(key) for key in self._rows)


def _lie_side_by_side(starts: Sequence[int], sizes: Sequence[int], end: int) -> bool:
    """Tell whether blobs follow one another from the first byte to ``end``, which is the size of all of them."""
    # Sorting them would take three times as long. From each blob to the one that begins where it ends: no step leads
    # back, so who comes to the end of all has met every one of them.
    ends, at = dict(zip(starts, map(add, starts, sizes), strict=True)), 0
    if are_some_empty := 0 in sizes:
        ends = {start: start + size for start, size in zip(starts, sizes, strict=True) if size}
    for _ in ends:
        at = ends.get(at, 0)
    return at == end and (not are_some_empty or all(each in ends or each == end for each in starts))


def table_of(places: Iterable[Place]) -> Table:
    """Return the table of blobs that lie at ``places``."""
    records = sorted((raw(each.digest), each.start, each.size_bytes) for each in places)
    return Table(_HEAD + b"".join(_RECORD.pack(*each) for each in records))


def ending(table: Table) -> bytes:
    """Return what follows the blobs in a pack: its table, and where that begins."""
    return table.body + _END.pack(len(table.body), _MARK)


def table_bytes(end: bytes) -> int:
    """Return the size of the table of a pack whose last ``END_BYTES`` bytes are ``end``.

    Raises:
        Corrupt: these are no pack's last bytes.
    """
    if len(end) == END_BYTES:
        size, mark = _END.unpack(end)
        if mark == _MARK and size <= _TABLE_BYTES_MAX:
            return int(size)
    raise Corrupt("the end of a pack is missing", hint="fetch the pack anew")


def read_table(name: Digest, file: IO[bytes], *, is_known: bool = False) -> Table:
    """Return the table of a pack in a file.

    Args:
        name: the pack's name.
        file: the file.
        is_known: whether somebody has found that what this name stands for is a table.

    Raises:
        Corrupt: it is damaged, or that of another pack.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - END_BYTES))
    body_bytes = table_bytes(file.read(END_BYTES))
    file.seek(max(0, size - END_BYTES - body_bytes))
    body = file.read(body_bytes)
    if (found := digest_of(body)) != name:
        raise Corrupt(f"the table of the pack {name} is another one: {found}", hint="fetch the pack anew")
    table = Table(body, is_known=is_known)
    if table.size_bytes != size:
        raise Corrupt(f"the pack {name} has {size} bytes, not {table.size_bytes}", hint="fetch the pack anew")
    return table


def blobs_of(name: Digest, file: IO[bytes]) -> Iterator[tuple[Digest, bytes]]:
    """Yield every blob of a pack in a file, verified.

    Raises:
        Corrupt: it is damaged; blobs that were yielded before are what they should be.
    """
    table = read_table(name, file)
    file.seek(0)
    for place in table.places():
        data = file.read(place.size_bytes)
        if (found := digest_of(data)) != place.digest:
            raise Corrupt(f"byte {place.start} of the pack {name} is not {place.digest} but {found}")
        yield place.digest, data


class Passing:
    """Compares a pack with its table while its bytes pass by, in their order: whoever copies it needs no second reading.

    Args:
        table: its table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        spans = table.spans()
        self._keys = [key for key, _, _ in spans]
        self._ends = [start + size for _, start, size in spans]
        self._next = self._at = 0
        self._begun = sha256()  # what has passed of the next blob

    def take(self, data: Buffer) -> None:
        """Take the next bytes.

        Raises:
            Corrupt: they are not those of the pack.
        """
        view, first, ends = memoryview(data), self._at, self._ends
        self._at = end = first + len(view)
        if (stop := bisect_right(ends, end, self._next)) > self._next:
            cuts = [each - first for each in ends[self._next : stop]]
            self._begun.update(view[: cuts[0]])
            self._compare([self._begun.digest(), *(sha256(view[start:cut]).digest() for start, cut in pairwise(cuts))])
            self._begun = sha256()
            view, self._next = view[cuts[-1] :], stop
        if stop < len(ends):
            self._begun.update(view)
        elif view:
            after = end - len(view) - self._table.data_bytes
            if ending(self._table)[after : after + len(view)] != bytes(view):
                raise Corrupt(f"what follows the blobs of the pack {self._table.name} is not its end")

    def _compare(self, found: list[bytes]) -> None:
        """Compare the SHA-256 of the next blobs with those of the table. Raises Corrupt."""
        if found == self._keys[self._next : self._next + len(found)]:
            return
        for number, each in enumerate(found, self._next):
            if each != (key := self._keys[number]):
                start = self._ends[number - 1] if number else 0
                raise Corrupt(f"byte {start} of the pack {self._table.name} is not {cooked(key)} but {cooked(each)}")

    def finish(self) -> None:
        """Say that all bytes passed. Raises Corrupt when some are missing."""
        if self._at != self._table.size_bytes:
            raise Corrupt(f"the pack {self._table.name} has {self._at} bytes, not {self._table.size_bytes}")


def check(table: Table, read: Callable[[int, int], Buffer]) -> None:
    """Compare every blob of a pack with its table.

    Args:
        table: the table.
        read: returns bytes of the pack, from a first one on and as many as are asked for or are left; what it returned
            before is not needed any more then.

    Raises:
        Corrupt: one is another one.
    """
    passing, at = Passing(table), 0
    while size := memoryview(data := read(at, _READ_BYTES)).nbytes:
        passing.take(data)
        at += size
    passing.finish()


def groups(places: Iterable[Place]) -> Iterator[list[Place]]:
    """Yield places that lie side by side together, as many as are worth one read."""
    group, end = list[Place](), -1
    for each in places:
        if group and (each.start != end or each.start - group[0].start >= _READ_BYTES):
            yield group
            group = []
        group.append(each)
        end = each.start + each.size_bytes
    if group:
        yield group


def frame(digest: Digest, size_bytes: int) -> bytes:
    """Return what stands before a blob where many are sent one after the other."""
    return _FRAME.pack(raw(digest), size_bytes)


def frame_of(head: bytes) -> tuple[Digest, int]:
    """Return the digest and size of the blob behind ``head``, which has ``FRAME_BYTES``."""
    key, size = _FRAME.unpack(head)
    return cooked(key), size


def raw(digest: str) -> bytes:
    """Return the 32 bytes of a digest."""
    return unhexlify(digest[7:])  # tens of thousands at once: the quickest way there is


def raws(digests: Iterable[str]) -> list[bytes]:
    """Return the 32 bytes of each of many digests."""
    return [unhexlify(each[7:]) for each in digests]


def cooked(key: bytes) -> Digest:
    """Return the digest of 32 bytes."""
    return Digest("sha256:" + key.hex())


def prefix(digest: str) -> int:
    """Return the first 63 bits of a digest as a number: what an index of many millions of blobs keeps of each."""
    return int(digest[7:23], 16) >> 1

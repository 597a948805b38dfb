"""Profiles put together: of the batches of a unit, the units of a file, the files of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from typing import NamedTuple

import msgspec

from lineal.formats.sketches import categories, distinct, distributions
from lineal.objects.profiles import ColumnProfile, Profile

ITEMS = "[]"
"""What stands behind a column's name in that of its items, when it is one of lists."""

_WIDER = {frozenset(("integer", "float")): "float", frozenset(("date", "timestamp")): "timestamp"}
"""What two dtypes are together; any other two are ``mixed``."""

_COLUMNS_AT_ONCE = 4_096
_FEWEST_AT_ONCE, _MOST_AT_ONCE = 4, 32
"""So many profiles wait in memory. Each time that points collapse adds to their error, so more are better than two."""


class Limits(NamedTuple):
    """How much is kept of a column: points of a distribution, and texts."""

    points: int
    texts: int


def limits(width: int) -> Limits:
    """Return what is kept of each column of a table of ``width`` columns, so that profiles of wide ones stay small."""
    fair = (1 << 14) // max(1, width)
    return Limits(points=min(256, max(32, fair)), texts=min(256, max(16, fair)))


def dtype_of(parts: Iterable[str]) -> str:
    """Return the dtype of values of these dtypes: the narrowest that holds all of them; ``null`` for no values."""
    return reduce(_wider, parts, "null")


def _wider(left: str, right: str) -> str:
    if right in {left, "null"}:
        return left
    return right if left == "null" else _WIDER.get(frozenset((left, right)), "mixed")


class Merging:
    """Profiles on their way to one, in the order in which they come; few of them are in memory."""

    def __init__(self) -> None:
        self._levels: list[list[Profile]] = []
        self._width = 1

    def add(self, profile: Profile) -> None:
        """Take the profile of what comes next."""
        self._width = max(self._width, len(profile.columns))
        level = 0
        while True:
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(profile)
            if len(self._levels[level]) < min(_MOST_AT_ONCE, max(_FEWEST_AT_ONCE, _COLUMNS_AT_ONCE // self._width)):
                return
            profile, self._levels[level] = _together(self._levels[level]), []
            level += 1

    def profile(self) -> Profile:
        """Return the profile of everything so far."""
        return _together([*chain(*reversed(self._levels))])  # what was carried up came first


def merged(profiles: Iterable[Profile]) -> Profile:
    """Return the profile of everything that ``profiles`` are of, in that order."""
    merging = Merging()
    for each in profiles:
        merging.add(each)
    return merging.profile()


def _together(parts: Sequence[Profile]) -> Profile:
    if len(parts) < 2:
        return parts[0] if parts else Profile(row_count=0)
    names = dict.fromkeys(column.name for part in parts for column in part.columns)
    room = limits(len(names))
    known = [({column.name: column for column in part.columns}, part.row_count) for part in parts]
    return Profile(
        row_count=sum(part.row_count for part in parts),
        columns=tuple(
            _column(name, [found.get(name) or _absent(name, row_count) for found, row_count in known], room)
            for name in names
        ),
    )


def _absent(name: str, row_count: int) -> ColumnProfile:
    """Return the profile of a column in a part that lacks it: missing in every row, unless it is of items of lists."""
    return ColumnProfile(name=name, dtype="null", missing=0 if ITEMS in name else row_count)


def _column(name: str, parts: Sequence[ColumnProfile], room: Limits) -> ColumnProfile:
    found = ColumnProfile(
        name=name,
        dtype=dtype_of(each.dtype for each in parts),
        missing=sum(each.missing for each in parts),
        infinite=sum(each.infinite for each in parts),
        kinds=dict(sum((Counter(each.kinds) for each in parts), Counter())),
        numbers=distributions.merged((each.numbers for each in parts), room.points),
        times=distributions.merged((each.times for each in parts), room.points),
        lengths=distributions.merged((each.lengths for each in parts), room.points),
        texts=categories.merged((each.texts for each in parts), room.texts),
        untold=sum(each.untold for each in parts),
    )
    if tells_all(found) and not any(each.distinct for each in parts):
        return found
    return with_registers(found, distinct.union(registers(each) for each in parts))


def tells_all(column: ColumnProfile) -> bool:
    """Tell whether the parts of a profile hold every different value that there is."""
    parts = (column.numbers, column.times, column.texts)
    return not column.untold and not any(each.error for each in parts if each)


def with_registers(column: ColumnProfile, found: bytes) -> ColumnProfile:
    """Return ``column`` with the registers that tell how many different values it has."""
    return msgspec.structs.replace(column, distinct=distinct.written(found))


def registers(column: ColumnProfile) -> bytes:
    """Return the registers of every value of a column."""
    return distinct.read(column.distinct) if column.distinct else distinct.registers(_hashes(column))


def _hashes(column: ColumnProfile) -> Iterator[int]:
    for found in (column.numbers, column.times):
        yield from map(distinct.of_number, found.values if found else ())
    yield from map(distinct.of_text, column.texts.counts if column.texts else ())


def distinct_count(column: ColumnProfile) -> int:
    """Return how many different values a column has: exactly when it has no registers, else within a few percent."""
    if column.distinct:
        return min(distinct.estimate(distinct.read(column.distinct)), sum(column.kinds.values()))
    values = sum(len(each.values) for each in (column.numbers, column.times) if each)
    return values + (len(column.texts.counts) if column.texts else 0) + bool(column.infinite)

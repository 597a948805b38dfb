"""Which statements a page asks, one after the other: whatever finds it by looking at few rows, however many there are.

Where an index has the order, a page walks along it and stops when it is full. Conditions may leave out nearly all that it
meets. So what they find by themselves is counted, never further than a walk would have to go, and the rarest is begun with
where that is less; and a walk that found too little looks at many more rows before it is asked again.

Rows that have one value of the first key may be very many, and no index of values has these in the rest of the order. So a
walk ends before a value whose rows do not all fit into it, and the rows of that are a search of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lineal.query.keys import MISSING, VALUED, Key, Place
from lineal.query.walks import Walks
from lineal.query.wanted import Ask, Row, Span, Statement

_GROWS_TIMES = 16
"""A walk that found too little looks at no more than so many times as many rows in its next step, and at twice as many at least."""

_COUNTED_TIMES = 16
"""What can be found by itself is counted up to so many times the rows that a walk looked at in vain."""

_BESIDE_TIMES = 4
"""What is not much more than the rarest is read with it: the rows that are in both are fewer still."""

_WALKED_MAX = 25_000
"""A step of a walk looks at no more rows: to read all is quicker, for each that is looked at is copied."""

_AHEAD_TIMES, _AHEAD_MORE = 2, 16
"""The last rows of a page may share a value: a page along values asks for the value behind twice as many rows, and some."""

_RARE = 1 / 20
"""Where fewer than so many of the wanted rows were found, all names are read, which is quicker than all rows."""


class _Found(NamedTuple):
    """Rows, and whether those are all behind where the search went on, of this rank and of the next."""

    rows: list[Row]
    is_all: bool


def read(walks: Walks, places: Sequence[Place] | None, count: int, ask: Ask) -> list[Row]:
    """Return the next rows of a search, with their keys.

    Args:
        walks: the search.
        places: where it goes on, by the numbers of all keys; None is at the beginning.
        count: how many are wanted.
        ask: carries out a statement.
    """
    return [] if walks.is_nothing else _READERS[walks.way](walks, places, count, ask)


def _rows(walks: Walks, places: Sequence[Place] | None, count: int, ask: Ask) -> list[Row]:
    """Read along the index of rows."""
    if walks.is_filtered and (rare := _rare(walks, places, count, ask)) is not None:
        return rare
    return _along(walks, places, count, ask).rows


def _words(walks: Walks, places: Sequence[Place] | None, count: int, ask: Ask) -> list[Row]:
    """Read the rows of each of few words."""
    rows, is_reached = list[Row](), places is None
    for word, part in walks.words:
        inside = places if not is_reached and places and places[walks.lead.number][1] == word else None
        is_reached = is_reached or inside is not None
        if is_reached and len(rows) < count:
            rows += _fixed(read(part, inside, count - len(rows), ask), walks, (VALUED, word))
    return rows


def _values(walks: Walks, places: Sequence[Place] | None, count: int, ask: Ask) -> list[Row]:
    """Read along an index of values: rows with a value, then those whose value is no number, then those without one."""
    begin, rows = places[walks.lead.number][0] if places else VALUED, list[Row]()
    if begin == VALUED:
        if walks.is_filtered and (rare := _rare(walks, places, count, ask)) is not None:
            return rare
        rows, is_all = (_along if walks.is_in_order else _grouped)(walks, places, count, ask)
        if is_all or len(rows) == count:
            return rows
    for rank, part in walks.ranks:
        if rank >= begin and len(rows) < count:
            inside = places if rank == begin else None
            rows += _fixed(read(part, inside, count - len(rows), ask), walks, (rank, None))
    return rows


def _all(walks: Walks, places: Sequence[Place] | None, count: int, ask: Ask) -> list[Row]:
    """Read all rows for which the conditions hold; no index has their order."""
    by = None
    if walks.source.indexed:
        looked_at = walks.looks(count)[-1] * _COUNTED_TIMES
        if (by := _rarest(walks, looked_at, ask)) == ():
            return []
    return _asked(ask, walks.rest(VALUED, places, count, by))


def _along(walks: Walks, places: Sequence[Place] | None, count: int, ask: Ask) -> _Found:
    """Read along an index that has the whole order."""
    span, looked_at = Span(places), walks.looks(count)[0]
    while True:
        rows = _asked(ask, walks.walk(span, count, looked_at))
        if len(rows) == count or not walks.is_filtered:
            return _Found(rows, is_all=False)
        if looked_at >= walks.looks(count)[-1]:
            if _asked(ask, walks.reach(span, looked_at))[0]["reach"] < looked_at:
                return _Found(rows, is_all=False)
            if (others := _others(walks, places, rows, count, looked_at, ask)) is not None:
                return others
        looked_at = _more(walks, looked_at, len(rows), count)


def _grouped(walks: Walks, places: Sequence[Place] | None, count: int, ask: Ask) -> _Found:
    """Read along an index of values, and the rows of a value that many have by a search of their own."""
    rows, span, number = list[Row](), Span(places), walks.lead.number
    looked_at = walks.looks(count)[0] if walks.is_filtered else _AHEAD_TIMES * count + _AHEAD_MORE
    while True:
        before, edge = len(rows), _asked(ask, walks.edge(span, looked_at))
        value: Any = edge[0]["edge"] if edge else None
        inside: Sequence[Place] | None = None
        if edge and span.places and span.places[number][1] == value:
            inside = span.places
        else:
            rows += _asked(ask, walks.walk(span._replace(until=value), count - len(rows), looked_at))
            if not edge or len(rows) == count:
                return _Found(rows, is_all=False)
            if walks.is_filtered and (others := _others(walks, places, rows, count, looked_at, ask)) is not None:
                return others
        rows += _fixed(read(walks.standing(value), inside, count - len(rows), ask), walks, (VALUED, value))
        if len(rows) == count:
            return _Found(rows, is_all=False)
        span = Span(after=value)
        if walks.is_filtered:
            # As this step was, and not the first ones: what is rare in all may be frequent where an order begins.
            looked_at = _more(walks, looked_at, len(rows) - before, count - before)


def _expected(looked_at: int, found: int, count: int) -> int:
    """Return how many more rows would have to be looked at, if those that are to come are as those that were."""
    return int(looked_at * (count - found) / max(found, 1 / 2))


def _more(walks: Walks, looked_at: int, found: int, count: int) -> int:
    """Return how many rows are looked at in the next step."""
    many = walks.looks(count)[-1]
    expected = looked_at + _expected(looked_at, found, count) * 5 // 4
    grown = max(2 * looked_at, min(_GROWS_TIMES * looked_at, expected), 1)
    return many if looked_at < many else grown


def _rare(walks: Walks, places: Sequence[Place] | None, count: int, ask: Ask) -> list[Row] | None:
    """Return the rows as the rarest finds them, where that is less than a walk would look at first; else nothing."""
    by = _rarest(walks, walks.looks(count)[0], ask)
    if by is None:
        return None
    return _asked(ask, walks.rest(VALUED, places, count, by)) if by else []


def _others(
    walks: Walks, places: Sequence[Place] | None, rows: list[Row], count: int, looked_at: int, ask: Ask
) -> _Found | None:
    """Return all rows behind those that were found, where something finds them quicker than to go on; else nothing."""
    by = _rarest(walks, min(_expected(looked_at, len(rows), count), _COUNTED_TIMES * looked_at), ask)
    if by is None and len(rows) < count * _RARE:
        by = walks.uncounted()[:1] or None
    if by is None and _more(walks, looked_at, len(rows), count) <= _WALKED_MAX:
        return None
    behind = places_after(rows[-1], walks.keys) if rows else places
    rest = [] if by == () else _asked(ask, walks.rest(VALUED, behind, count - len(rows), by))
    return _Found(rows + rest, is_all=True)


def _rarest(walks: Walks, most: int, ask: Ask) -> tuple[int, ...] | None:
    """Return what finds fewer than so many rows, by its numbers: nothing where there are none of one; None where all find more."""
    statement = walks.counts(most)
    if statement is None:
        return None
    counted = {int(name.rpartition("_")[2]): found for name, found in _asked(ask, statement)[0].items()}
    least = min(counted.values())
    if least >= most:
        return None
    # What was counted to its end only: of the rest nobody knows how many there are.
    return (
        tuple(place for place, found in counted.items() if found <= min(_BESIDE_TIMES * least, most - 1))
        if least
        else ()
    )


def _asked(ask: Ask, statement: Statement) -> list[Row]:
    return ask(statement.sql, **statement.values)


def _fixed(rows: list[Row], walks: Walks, place: Place) -> list[Row]:
    """Return rows with the place by the first key, which is that of all of them."""
    rank, value = place
    same = [
        each
        for each in walks.keys
        if each is walks.lead or (rank == MISSING and each.known and each.known == walks.lead.known)
    ]
    fixed = {f"rank_{key.number}": rank for key in same} | {f"key_{key.number}": value for key in same}
    return [row | fixed for row in rows]


def places_after(row: Row, keys: Sequence[Key]) -> tuple[Place, ...]:
    """Return where a row stands, by the numbers of all keys."""
    found: list[Place] = [(VALUED, None)] * (1 + max(key.number for key in keys))
    for key in keys:
        rank = row.get(f"rank_{key.number}", VALUED) if key.rank else VALUED
        found[key.number] = (rank, row[f"key_{key.number}"] if rank == VALUED else None)
    return tuple(found)


_READERS = {"rows": _rows, "words": _words, "values": _values, "none": _all}

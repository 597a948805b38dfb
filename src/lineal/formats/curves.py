"""Curves for charts: points folded into parts, of which none hides its least and greatest value."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from lineal.formats.series import Series, Word


class Part(NamedTuple):
    """A stretch of a curve: its least and greatest step and time, and how many finite values it has, of which size."""

    first_step: int
    last_step: int
    first_at: int
    last_at: int
    point_count: int
    minimum: float
    maximum: float
    mean: float


class Curve(NamedTuple):
    """A metric of a run: parts with finite values, by step, and beside them what is not finite."""

    parts: list[Part]
    words: list[Word]


Finite = tuple[int, int, float]
"""A point with a finite value: its step, its time, and the value."""

_Bounds = tuple[float, float]


def folded(points: Series, parts: Sequence[Part], words: Sequence[Word], *, bounds: _Bounds, count: int) -> Curve:
    """Return a curve of at most about so many parts.

    Args:
        points: those that are known one by one.
        parts: of points that are not.
        words: what of those is not finite.
        bounds: the least and the greatest step of all curves that are shown together: parts of several have the same ends.
        count: how many parts.
    """
    rows = _finite(points)
    if len(rows) <= count:
        made = [Part(step, step, at, at, 1, value, value, value) for step, at, value in rows]
    else:
        made = [_whole(each) for each in _stretches(rows, bounds, count)]
    made = sorted([*made, *parts])
    if len(made) > 2 * count:
        made = [_joined(each) for each in _neighbours(made, bounds, count)]
    odd = sorted([*_odd(points, rows), *words], key=lambda each: each[1:])
    return Curve(made, odd if len(odd) <= count else list(_fewer(odd, count)))


def _finite(points: Series) -> list[Finite]:
    """Return the finite points by step, then time, each once."""
    steps, values, times = points
    rows = [
        (step, at, value) for step, at, value in zip(steps, times, values, strict=True) if not isinstance(value, str)
    ]
    if all(left[0] < right[0] for left, right in pairwise(rows)):
        return rows
    return sorted(set(rows))


def _stretches(rows: list[Finite], bounds: _Bounds, count: int) -> Iterator[list[Finite]]:
    """Yield points that one part is made of: by step, by time where all have the same one, and by number at last."""
    axis = 0 if rows[-1][0] > rows[0][0] else 1
    if axis:
        rows = sorted(rows, key=lambda row: row[1])
    low, high = bounds if not axis else (rows[0][1], rows[-1][1])
    width = (high - low + 1) / count
    # Times and steps are whole numbers, and where they are few, several points have the same.
    places = [row[axis] for row in rows]
    start = 0
    while start < len(rows):
        bucket = int((places[start] - low) / width)
        end = max(start + 1, bisect_left(places, low + (bucket + 1) * width, start))
        yield rows[start:end]
        start = end


def _whole(rows: list[Finite]) -> Part:
    values = [row[2] for row in rows]
    times = [row[1] for row in rows]
    return Part(
        rows[0][0], rows[-1][0], min(times), max(times), len(rows), min(values), max(values), _mean(values, len(rows))
    )


def _mean(values: Sequence[float], count: int) -> float:
    try:
        return math.fsum(values) / count
    except OverflowError:
        return math.fsum(each / count for each in values)


def _neighbours(parts: list[Part], bounds: _Bounds, count: int) -> Iterable[list[Part]]:
    low, width = bounds[0], (bounds[1] - bounds[0] + 1) / count
    found: dict[int, list[Part]] = defaultdict(list)
    for each in parts:
        found[int(((each.first_step + each.last_step) / 2 - low) / width)].append(each)
    return found.values()


def _joined(parts: list[Part]) -> Part:
    count = sum(each.point_count for each in parts)
    return Part(
        min(each.first_step for each in parts),
        max(each.last_step for each in parts),
        min(each.first_at for each in parts),
        max(each.last_at for each in parts),
        count,
        min(each.minimum for each in parts),
        max(each.maximum for each in parts),
        _mean([each.mean * (each.point_count / count) for each in parts], 1),
    )


def _odd(points: Series, rows: list[Finite]) -> Iterator[Word]:
    """Yield what is not finite: of one word, and with no finite point between, it is one."""
    if len(rows) == len(points.steps):
        return
    found = sorted(
        {(step, at, value) for step, value, at in zip(*points, strict=True) if isinstance(value, str)},
    )
    last: Word | None = None
    for step, at, value in found:
        is_next = (
            last
            and last.word == value
            and bisect_left(rows, (last.last_step, last.last_at, -math.inf))
            == (bisect_left(rows, (step, at, -math.inf)))
        )
        if last and is_next:
            last = last._replace(last_step=step, last_at=max(at, last.last_at), point_count=last.point_count + 1)
            continue
        if last:
            yield last
        last = Word(str(value), step, step, at, at, 1)
    if last:
        yield last


def _fewer(words: Sequence[Word], count: int) -> Iterator[Word]:
    """Yield at most about so many: neighbours of one word are told as one."""
    size = math.ceil(len(words) / max(1, count // 3))
    for start in range(0, len(words), size):
        here = words[start : start + size]
        for word in dict.fromkeys(each.word for each in here):
            same = [each for each in here if each.word == word]
            yield Word(
                word,
                min(each.first_step for each in same),
                max(each.last_step for each in same),
                min(each.first_at for each in same),
                max(each.last_at for each in same),
                sum(each.point_count for each in same),
            )

"""Metric series: chunks of about 1,000 points, each with the summary that a chart needs before it reads any."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from operator import sub
from typing import NamedTuple

import msgspec

from lineal.objects.canonical import Number
from lineal.objects.errors import Corrupt
from lineal.objects.prepared import prepared
from lineal.objects.runs import Point

CHUNK_POINTS = 1_000


class Series(NamedTuple):
    """Points of one metric as columns: their steps, values, and times in milliseconds since 1970, as they came."""

    steps: list[int]
    values: list[Number]
    times: list[int]

    def part(self, start: int, end: int) -> Series:
        """Return the points from ``start`` up to, not including, ``end``."""
        return Series(self.steps[start:end], self.values[start:end], self.times[start:end])

    def followed_by(self, other: Series) -> Series:
        """Return these points, and then those of ``other``."""
        return Series(self.steps + other.steps, self.values + other.values, self.times + other.times)

    def points(self, key: str) -> tuple[Point, ...]:
        """Return them as points of the metric ``key``."""
        return tuple(Point(key=key, step=step, value=value, at=at) for step, value, at in zip(*self, strict=True))


EMPTY = Series([], [], [])

Sample = tuple[int, float, int]
"""A point of a chart: its step, its value, which is finite, and its time."""


class Word(NamedTuple):
    """Points that are no finite numbers: which word they are, their least and greatest step and time, and how many."""

    word: str
    first_step: int
    last_step: int
    first_at: int
    last_at: int
    point_count: int


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one metric. ``points`` is their text; the summary speaks of the finite values only.

    Steps and times are the least and the greatest. ``minimum``, ``maximum``, ``total`` and ``last`` are None where there is
    no such finite number. ``samples`` is JSON: the first, least, greatest and last finite point, each once, in their order;
    ``words`` likewise what is not finite, an array for each word.
    """

    first_step: int
    last_step: int
    first_at: int
    last_at: int
    count: int
    minimum: float | None
    maximum: float | None
    total: float | None
    last: float | None
    samples: str
    words: str
    points: str


class _Points(msgspec.Struct, frozen=True):
    """The text's layout: columns; steps and times as the first one and then the differences, which are small."""

    step: list[int]
    value: list[Number]
    at: list[int]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(prepared(_Points))
_samples = msgspec.json.Decoder(prepared(list[Sample]))
_told_words = msgspec.json.Decoder(prepared(list[Word]))


def series_of(points: Iterable[Point]) -> Series:
    """Return points of one metric as columns."""
    rows = [(each.step, each.value, each.at) for each in points]
    return Series(*map(list, zip(*rows, strict=True))) if rows else EMPTY


def chunked(series: Series, *, size: int = CHUNK_POINTS) -> Iterator[Chunk]:
    """Yield the points of one metric in chunks of at most ``size``, in their order."""
    for start in range(0, len(series.steps), size):
        yield encode(series.part(start, start + size))


def encode(series: Series) -> Chunk:
    """Return the chunk of points of one metric, at least one."""
    steps, values, times = series
    finite = [each for each in values if not isinstance(each, str)]
    last = values[-1]
    return Chunk(
        first_step=min(steps),
        last_step=max(steps),
        first_at=min(times),
        last_at=max(times),
        count=len(steps),
        minimum=min(finite, default=None),
        maximum=max(finite, default=None),
        total=_total(finite),
        last=None if isinstance(last, str) else last,
        samples=_encoder.encode(list(_chosen(series, finite))).decode(),
        words=_encoder.encode(list(_words(series)) if len(finite) < len(values) else []).decode(),
        points=_encoder.encode(_Points(_differences(steps), values, _differences(times))).decode(),
    )


def _chosen(series: Series, finite: Sequence[float]) -> Iterator[Sample]:
    if finite:
        values = series.values
        ends = (values.index(finite[0]), len(values) - 1 - values[::-1].index(finite[-1]))
        for place in sorted({*ends, values.index(min(finite)), values.index(max(finite))}):
            value = values[place]
            if not isinstance(value, str):
                yield series.steps[place], value, series.times[place]


def _words(series: Series) -> Iterator[Word]:
    rows = [each for each in zip(*series, strict=True) if isinstance(each[1], str)]
    for word in dict.fromkeys(str(value) for _, value, _ in rows):
        steps, times = zip(*((step, at) for step, value, at in rows if value == word), strict=True)
        yield Word(word, min(steps), max(steps), min(times), max(times), len(steps))


def words(text: str | None) -> list[Word]:
    """Return what a chunk's ``words`` hold; nothing where it was never noted. Raises Corrupt."""
    try:
        return _told_words.decode(text) if text else []
    except msgspec.DecodeError as error:
        raise _corrupt(error) from None


def samples(text: str) -> list[Sample]:
    """Return the points that a chunk's ``samples`` hold. Raises Corrupt."""
    try:
        return _samples.decode(text)
    except msgspec.DecodeError as error:
        raise _corrupt(error) from None


def decode(text: str) -> Series:
    """Return the points of a chunk's text.

    Raises:
        Corrupt: the text is no chunk's.
    """
    try:
        found = _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise _corrupt(error) from None
    if not len(found.step) == len(found.value) == len(found.at):
        raise _corrupt("its columns differ in length")
    return Series(list(accumulate(found.step)), found.value, list(accumulate(found.at)))


def _corrupt(error: object) -> Corrupt:
    return Corrupt(f"this is no chunk of a metric: {error}", hint="lineal verify shows what else is wrong")


def _differences(values: list[int]) -> list[int]:
    return [values[0], *map(sub, values[1:], values)]


def _total(finite: list[float]) -> float | None:
    if not finite:
        return None
    try:
        return math.fsum(finite)
    except OverflowError:
        return None

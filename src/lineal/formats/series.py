"""Metric series: chunks of about 1,000 points, each with the summary that a chart needs before it reads any."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice, pairwise

import msgspec

from lineal.objects.canonical import Number
from lineal.objects.errors import Corrupt
from lineal.objects.runs import Point

CHUNK_POINTS = 1_000


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive points of one metric. ``points`` is their text; the summary speaks of the finite values only.

    ``minimum``, ``maximum``, ``total`` and ``last`` are None where there is no such finite number.
    """

    first_step: int
    last_step: int
    count: int
    minimum: float | None
    maximum: float | None
    total: float | None
    last: float | None
    points: str


class _Points(msgspec.Struct, frozen=True):
    """The text's layout: columns; steps and times as the first one and then the differences, which are small."""

    step: list[int]
    value: list[Number]
    at: list[int]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Points)


def chunked(points: Iterable[Point], *, size: int = CHUNK_POINTS) -> Iterator[Chunk]:
    """Yield the points of one metric in chunks of at most ``size``, in their order."""
    remaining = iter(points)
    while found := list(islice(remaining, size)):
        yield encode(found)


def encode(points: list[Point]) -> Chunk:
    """Return the chunk of ``points``, which is not empty."""
    finite = [each.value for each in points if not isinstance(each.value, str)]
    last = points[-1].value
    return Chunk(
        first_step=points[0].step,
        last_step=points[-1].step,
        count=len(points),
        minimum=min(finite, default=None),
        maximum=max(finite, default=None),
        total=_total(finite),
        last=None if isinstance(last, str) else last,
        points=_encoder.encode(
            _Points(
                step=_differences([each.step for each in points]),
                value=[each.value for each in points],
                at=_differences([each.at for each in points]),
            )
        ).decode(),
    )


def decode(text: str, *, key: str = "") -> tuple[Point, ...]:
    """Return the points of a chunk's text, as points of the metric ``key``.

    Raises:
        Corrupt: the text is no chunk's.
    """
    try:
        found = _decoder.decode(text)
        columns = zip(accumulate(found.step), found.value, accumulate(found.at), strict=True)
        return tuple(Point(key=key, step=step, value=value, at=at) for step, value, at in columns)
    except (msgspec.DecodeError, ValueError) as error:
        raise Corrupt(f"this is no chunk of a metric: {error}", hint="lineal verify shows what else is wrong") from None


def _differences(values: list[int]) -> list[int]:
    return [values[0], *(later - earlier for earlier, later in pairwise(values))]


def _total(finite: list[float]) -> float | None:
    if not finite:
        return None
    try:
        return math.fsum(finite)
    except OverflowError:
        return None

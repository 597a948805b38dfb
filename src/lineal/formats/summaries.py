"""A profile as people and programs read it: figures instead of sketches."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from functools import partial

from lineal.formats.columns import Bins, ColumnSummary, Figures
from lineal.formats.profiles import distinct_count
from lineal.formats.sketches.distributions import deviation, quantile
from lineal.formats.wording import figure, percent, time_of
from lineal.objects.canonical import number
from lineal.objects.datasets import Column
from lineal.objects.profiles import ColumnProfile, Distribution, Profile

_QUANTILES = {"p01": 0.01, "p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
_BINS = 24
_TOP_MAX, _TOP_SHOWN = 10, 3
_TOP_SHARE_MIN = 0.001
"""A text that less than one row in a thousand has is no frequent one."""

_IN_TEXT = frozenset(("boolean", "integer", "float"))
"""What a table that is text tells of the dtype of a column since the first format; all else in it are strings."""


def columns(profile: Profile, *, is_text: bool) -> tuple[Column, ...]:
    """Return the columns of a table.

    Args:
        profile: of the table.
        is_text: its files are text, in which everything that is not a number or a truth value is a string.
    """
    return tuple(
        Column(
            name=each.name,
            dtype=each.dtype if each.dtype in _IN_TEXT or not is_text else "string",
            optional=each.missing > 0,
        )
        for each in profile.columns
    )


def summarise(column: ColumnProfile) -> ColumnSummary:
    """Return what a column holds."""
    count = sum(column.kinds.values())
    texts = column.texts.counts if column.texts else {}
    floor = _TOP_SHARE_MIN * count
    top = sorted(((text, many) for text, many in texts.items() if many > floor), key=lambda each: (-each[1], each[0]))
    return ColumnSummary(
        name=column.name,
        dtype=column.dtype,
        count=count,
        missing=column.missing,
        distinct=distinct_count(column),
        is_exact=not column.distinct,
        infinite=column.infinite,
        kinds=column.kinds,
        numbers=figures(column.numbers),
        times=figures(column.times),
        lengths=figures(column.lengths),
        top=tuple(top[:_TOP_MAX]),
    )


def figures(found: Distribution | None) -> Figures | None:
    """Return a distribution in figures."""
    if not found:
        return None
    return Figures(
        count=found.count,
        minimum=found.minimum,
        maximum=found.maximum,
        mean=found.mean,
        deviation=number(deviation(found)),
        quantiles={name: quantile(found, share) for name, share in _QUANTILES.items()},
        bins=_bins(found),
        rank_error=found.error / found.count,
    )


def _bins(found: Distribution) -> Bins:
    """Return a histogram of equal bins, over all values or, where few lie far out, over those in the middle."""
    low, high = found.minimum, found.maximum
    inner_low, inner_high = quantile(found, 0.01), quantile(found, 0.99)
    if inner_high > inner_low and high - low > 2 * (inner_high - inner_low):
        low, high = inner_low, inner_high
    # Where a float cannot hold the difference, or there is none, one bin holds all.
    width = (high - low) / _BINS
    edges = [low + width * place for place in range(_BINS)] + [high] if 0 < width < math.inf else [low, high]
    counts = [0] * (len(edges) - 1)
    for value, weight in zip(found.values, found.weights, strict=True):
        counts[min(max(bisect_left(edges, value) - 1, 0), len(counts) - 1)] += weight
    return Bins(tuple(edges), tuple(counts))


def in_words(column: ColumnSummary) -> str:
    """Return what stands in a column in a few words: the least, middle and largest value, or the most frequent ones."""
    told = []
    if column.numbers:
        told.append(_range(column.numbers, figure))
    if column.times:
        told.append(_range(column.times, partial(time_of, dtype=column.dtype)))
    if column.top:
        shown = (f"{text} {percent(many / column.count)}" for text, many in column.top[:_TOP_SHOWN])
        told.append(", ".join(shown) + (", …" if column.distinct > _TOP_SHOWN else ""))
    elif column.lengths:
        told.append(f"length {_range(column.lengths, figure)}")
    return "; ".join(told)


def _range(found: Figures, say: Callable[[float], str]) -> str:
    middle = say(found.quantiles["p50"])
    if found.minimum == found.maximum:
        return f"always {middle}"
    return f"{say(found.minimum)} … {middle} … {say(found.maximum)}"

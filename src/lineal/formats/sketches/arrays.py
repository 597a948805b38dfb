"""The same sketches of whole arrays at once, by NumPy: every number that comes out is the one that Python computes.

Products and differences are those of IEEE 754 in both, sums are rounded once in both, and the rest are whole numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lineal.formats.sketches import distinct, distributions
from lineal.objects.profiles import Distribution

Array = Any


def counted(values: Array, counts: Array | None = None) -> tuple[Array, Array]:
    """Return the different values in ascending order, and how often each was there.

    Args:
        values: numbers, in any order; they may repeat.
        counts: how often each was there; once when it is left out.
    """
    if counts is None:
        found, times = np.unique(values, return_counts=True)
        return found, times.astype(np.int64)
    found, places = np.unique(values, return_inverse=True)
    total = np.zeros(len(found), np.int64)
    np.add.at(total, places, counts)
    return found, total


def distribution(values: Array, counts: Array, limit: int) -> Distribution | None:
    """Return the distribution of different finite floats in ascending order, each with how often it was there."""
    if not len(values):
        return None
    if len(values) <= limit:
        return distributions.of_sorted(values.tolist(), counts.tolist(), limit)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = distributions.sum_of((values * counts).tolist()) / int(counts.sum())
        off = values - mean
        squares = distributions.sum_of((off * off * counts).tolist())
    return distributions.assembled(
        float(values[0]), float(values[-1]), (mean, squares), _collapsed(values, counts, limit)
    )


def _collapsed(values: Array, weights: Array, limit: int) -> distributions.Points:
    ends = np.cumsum(weights)
    width = distributions.group_width(int(ends[-1]), limit)
    groups = (2 * ends - weights) // (2 * width)
    firsts = np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1])))
    lasts = np.concatenate((firsts[1:], [len(values)])) - 1
    stops = ends[lasts]
    starts = np.concatenate(([0], stops[:-1]))
    chosen = np.searchsorted(ends, (starts + stops) // 2, side="right")
    worst = np.maximum(ends[chosen] - weights[chosen] - starts, stops - ends[chosen]).max()
    return values[chosen].tolist(), (stops - starts).tolist(), int(worst)


def hashes_of_integers(values: Array) -> Array:
    """Return 64 bits that stand for each of int64 values."""
    return _mixed(values.astype(np.int64).view(np.uint64))


def hashes_of_floats(values: Array) -> Array:
    """Return 64 bits that stand for each of finite float64 values: the same as for the whole number that it is."""
    with np.errstate(invalid="ignore"):
        is_whole = (np.floor(values) == values) & (values >= -(2.0**63)) & (values < 2.0**63)
    bits = values.view(np.uint64) ^ np.uint64(distinct.GOLDEN)
    bits[is_whole] = values[is_whole].astype(np.int64).view(np.uint64)
    return _mixed(bits)


def hashes_of_texts(data: Array, starts: Array, sizes: Array) -> Array:
    """Return 64 bits that stand for each of short texts: none for the empty one, as it has no bytes to stir.

    Args:
        data: their UTF-8, one behind the other, as bytes.
        starts: where each begins.
        sizes: how many bytes each has.
    """
    padded = np.concatenate((data, np.zeros(8, np.uint8)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 8)
    found = sizes.astype(np.uint64)
    for start in range(0, int(sizes.max(initial=0)), 8):
        longer = np.flatnonzero(sizes > start)
        words = windows[starts[longer] + start].view("<u8")[:, 0]
        excess = np.maximum(8 - (sizes[longer] - start), 0).astype(np.uint64) * np.uint64(8)
        words = words & (np.uint64((1 << 64) - 1) >> excess)
        found[longer] = _mixed(found[longer] ^ words)
    return found


def _mixed(bits: Array) -> Array:
    with np.errstate(over="ignore"):
        bits = bits + np.uint64(distinct.GOLDEN)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(distinct.FIRST)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(distinct.SECOND)
    return bits ^ (bits >> np.uint64(31))


def registers(hashes: Array) -> bytes:
    """Return the registers of values that 64 bits each stand for."""
    places = (hashes >> np.uint64(distinct.REST_BITS)).astype(np.int64)
    rest = hashes & np.uint64((1 << distinct.REST_BITS) - 1)
    # A float holds all of its bits but the last; the exponent tells where the first of them stands.
    lengths = np.frexp((rest >> np.uint64(1)).astype(np.float64))[1] + (rest > 0)
    ranks = distinct.REST_BITS + 1 - lengths
    found = np.zeros(distinct.REGISTERS, np.uint8)
    np.maximum.at(found, places, ranks.astype(np.uint8))
    return found.tobytes()

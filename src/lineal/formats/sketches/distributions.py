"""How numbers are distributed: moments, and points that stand for their quantiles.

The moments are those of Chan, Golub and LeVeque 1979 (Updating formulae and a pairwise algorithm for computing sample
variances, Stanford STAN-CS-79-773), with sums that are rounded once (``math.fsum``), so that their order is no matter.

The points are the weighted buffers of Manku, Rajagopalan and Lindsay 1998 (Approximate medians and other quantiles in
one pass and with limited memory, SIGMOD): when there are too many, neighbours of about equal joint weight collapse into
their median. Nothing is drawn by chance, and how wrong a rank can have become is counted along. A value that alone has
the weight of two groups keeps a point of its own, and a column of few different numbers is kept exactly.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from lineal.objects.canonical import number
from lineal.objects.profiles import Distribution

Points = tuple[Sequence[float], Sequence[int], int]
"""Ascending values, the weight of each, and by how much ranks may be wrong."""


def distribution(counts: Mapping[float, int], limit: int) -> Distribution | None:
    """Return the distribution of numbers that are counted by value; None for no numbers.

    Args:
        counts: finite numbers, each with how often it was there.
        limit: how many points it may have, 2 at least.
    """
    values = sorted(counts)
    return of_sorted(values, [counts[each] for each in values], limit)


def of_sorted(values: Sequence[float], weights: Sequence[int], limit: int) -> Distribution | None:
    """Return the distribution of distinct finite numbers in ascending order, each with how often it was there."""
    if not values:
        return None
    count = sum(weights)
    mean = sum_of(map(_times, values, weights)) / count
    squares = sum_of((value - mean) * (value - mean) * weight for value, weight in zip(values, weights, strict=True))
    return assembled(values[0], values[-1], (mean, squares), collapsed((values, weights, 0), limit))


def assembled(lowest: float, highest: float, moments: tuple[float, float], points: Points) -> Distribution:
    """Return the distribution that has these parts; a sum that no float can hold is kept as a word."""
    values, weights, error = points
    return Distribution(
        count=sum(weights),
        minimum=lowest,
        maximum=highest,
        mean=number(moments[0]),
        squares=number(moments[1]),
        values=tuple(values),
        weights=tuple(weights),
        error=error,
    )


def merged(parts: Iterable[Distribution | None], limit: int) -> Distribution | None:
    """Return the distribution of all the numbers of ``parts`` together; None when there are none."""
    found = [each for each in parts if each]
    if len(found) < 2:
        return _within(found[0], limit) if found else None
    count = sum(each.count for each in found)
    means = [float(each.mean) for each in found]
    mean = sum_of(one * each.count for one, each in zip(means, found, strict=True)) / count
    between = ((one - mean) * (one - mean) * each.count for one, each in zip(means, found, strict=True))
    squares = sum_of([*(float(each.squares) for each in found), *between])
    weights: Counter[float] = Counter()
    for each in found:
        weights.update(dict(zip(each.values, each.weights, strict=True)))
    values = sorted(weights)
    points = (values, [weights[each] for each in values], sum(each.error for each in found))
    lowest, highest = min(each.minimum for each in found), max(each.maximum for each in found)
    return assembled(lowest, highest, (mean, squares), collapsed(points, limit))


def _within(found: Distribution, limit: int) -> Distribution:
    if len(found.values) <= limit:
        return found
    points = collapsed((found.values, found.weights, found.error), limit)
    return assembled(found.minimum, found.maximum, (float(found.mean), float(found.squares)), points)


def sum_of(items: Iterable[float]) -> float:
    """Return a sum that is rounded once, whatever the order of its items; one that no float can hold is not finite."""
    try:
        return math.fsum(items)
    except OverflowError:
        return math.inf
    except ValueError:  # infinities of both signs
        return math.nan


def _times(value: float, weight: int) -> float:
    return value * weight


def collapsed(points: Points, limit: int) -> Points:
    """Return at most ``limit`` points that stand for all of ``points``."""
    values, weights, error = points
    if len(values) <= limit:
        return points
    ends = list(accumulate(weights))
    width = group_width(ends[-1], limit)
    kept: list[tuple[float, int]] = []
    worst, first, start = 0, 0, 0
    groups = [(2 * end - weight) // (2 * width) for end, weight in zip(ends, weights, strict=True)]
    for last, group in enumerate(groups):
        if last + 1 < len(groups) and groups[last + 1] == group:
            continue
        end = ends[last]
        chosen = bisect_right(ends, (start + end) // 2, first, last)
        kept.append((values[chosen], end - start))
        worst = max(worst, ends[chosen] - weights[chosen] - start, end - ends[chosen])
        first, start = last + 1, end
    return [value for value, _ in kept], [weight for _, weight in kept], error + worst


def group_width(count: int, limit: int) -> int:
    """Return the weight of a group when ``count`` numbers collapse into ``limit`` points at most."""
    return -(-count // (limit - 1))


def quantile(found: Distribution, share: float) -> float:
    """Return the number below which ``share`` (0 to 1) of all numbers are."""
    if share <= 0:
        return found.minimum
    if share >= 1:
        return found.maximum
    ends = list(accumulate(found.weights))
    return found.values[min(bisect_left(ends, share * found.count), len(ends) - 1)]


def deviation(found: Distribution) -> float:
    """Return the standard deviation of the numbers (of a sample: n - 1); 0 for one number."""
    return math.sqrt(max(float(found.squares), 0.0) / (found.count - 1)) if found.count > 1 else 0.0


def counts_between(found: Distribution, edges: Sequence[float]) -> list[int]:
    """Return how many numbers are up to the first edge, between each two edges, and above the last.

    An edge belongs to the bin that it ends, as ``bisect.bisect_left`` counts live values into the same bins.
    """
    counts = [0] * (len(edges) + 1)
    for value, weight in zip(found.values, found.weights, strict=True):
        counts[bisect_left(edges, value)] += weight
    return counts


def edges_of(found: Distribution, bins: int) -> list[float]:
    """Return the inner edges of at most ``bins`` bins with about as many numbers each; a heavy value ends its own."""
    cuts = {quantile(found, place / bins) for place in range(1, bins)}
    return sorted(cuts - {found.maximum})


def farthest(left: Distribution, right: Distribution) -> tuple[float, float]:
    """Return the Kolmogorov-Smirnov distance of two distributions, 0 to 1, and by how much it may be wrong.

    It is the largest difference between the shares of both that lie at or below some number (Kolmogorov 1933, Giornale
    dell'Istituto Italiano degli Attuari 4:83-91; Smirnov 1939).
    """
    steps: Counter[float] = Counter()
    for found, sign in ((left, 1), (right, -1)):
        for value, weight in zip(found.values, found.weights, strict=True):
            steps[value] += sign * weight * (right.count if sign > 0 else left.count)
    # Whole numbers over the product of both counts: equal distributions are told equal.
    heights = accumulate(steps[value] for value in sorted(steps))
    worst: Any = max((abs(each) for each in heights), default=0)
    return worst / (left.count * right.count), left.error / left.count + right.error / right.count

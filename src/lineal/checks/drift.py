"""How far two distributions are apart, from their sketches: a distance, and whether chance alone would do as much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from lineal.checks.statistics.intervals import normal_quantile, z_of
from lineal.formats.sketches.distributions import counts_between, deviation, edges_of, farthest
from lineal.objects.profiles import Categories, Distribution

_BINS = 10
_SMALLEST_SHARE = 1e-6
"""An empty bin is taken for this share, as its logarithm would be infinite."""

_CHANCE = 0.99
"""So often, two samples of the same population are no farther apart than ``chance``."""


class Distance(NamedTuple):
    """How far apart two distributions are.

    ``size`` is a share from 0 to 1 that changed place, and wrong by at most ``error``. ``stability`` is the population
    stability index, and ``chance`` what it would hardly exceed if both were samples of the same population.
    """

    size: float
    error: float
    stability: float
    chance: float

    @property
    def is_told(self) -> bool:
        """Whether there is more than the error of the sketches and the luck of drawing."""
        return self.size > self.error and self.stability > self.chance


def between_numbers(left: Distribution, right: Distribution) -> Distance:
    """Return the Kolmogorov-Smirnov distance, and the stability index over ten bins of the left one."""
    size, error = farthest(left, right)
    edges = edges_of(left, _BINS)
    return Distance(size, error, *_stability(counts_between(left, edges), counts_between(right, edges)))


def between_texts(left: Categories, right: Categories, left_count: int, right_count: int) -> Distance:
    """Return the total variation distance between two sets of texts, of ``left_count`` and ``right_count`` rows.

    Texts that are not told one by one are taken for one text.
    """
    texts = sorted({*left.counts, *right.counts})
    counts = [[side.counts.get(text, 0) for text in texts] for side in (left, right)]
    for side, total in zip(counts, (left_count, right_count), strict=True):
        side.append(max(0, total - sum(side)))
    shares = zip(_shares(counts[0]), _shares(counts[1]), strict=True)
    error = left.error / max(1, left_count) + right.error / max(1, right_count)
    return Distance(sum(abs(a - b) for a, b in shares) / 2, min(1.0, error), *_stability(*counts))


def shift(left: Distribution, right: Distribution) -> float:
    """Return by how many standard deviations of the left the mean moved; infinite when the left has none."""
    moved = float(right.mean) - float(left.mean)
    spread = deviation(left)
    if not moved:
        return 0.0
    return moved / spread if spread else math.copysign(math.inf, moved)


def chance_of_shares(left: int, left_count: int, right: int, right_count: int) -> float:
    """Return the difference that two shares of samples of the same population would hardly exceed."""
    if not left_count or not right_count:
        return 0.0
    share = (left + right) / (left_count + right_count)
    return z_of(_CHANCE) * math.sqrt(share * (1 - share) * (1 / left_count + 1 / right_count))


def _stability(left: Sequence[int], right: Sequence[int]) -> tuple[float, float]:
    """Return the population stability index, and what chance alone would hardly exceed.

    With samples of n and m of the same population it is distributed as chi-square with one degree of freedom less than
    there are bins, times 1/n + 1/m. Source: Yurdakul and Naranjo 2020, Journal of Risk Model Validation 14(4):89-100.
    """
    n, m = sum(left), sum(right)
    if not n or not m:
        return 0.0, 0.0
    pairs = [(p, q) for p, q in zip(_shares(left), _shares(right), strict=True) if p or q]
    index = sum((q - p) * math.log((q + _SMALLEST_SHARE) / (p + _SMALLEST_SHARE)) for p, q in pairs)
    return index, chi_square_quantile(len(pairs) - 1) * (1 / n + 1 / m) if len(pairs) > 1 else 0.0


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    return [each / total if total else 0.0 for each in counts]


def chi_square_quantile(freedom: int, probability: float = _CHANCE) -> float:
    """Return the point below which chi-square with so many degrees of freedom falls with ``probability``.

    Source: Wilson and Hilferty 1931, PNAS 17:684-688; right to about 1 %.
    """
    scale = 2 / (9 * freedom)
    return float(freedom * (1 - scale + normal_quantile(probability) * math.sqrt(scale)) ** 3)

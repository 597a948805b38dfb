"""Means, and whatever has an influence for every row: how sure they are when rows are few and some are far out.

Student's t is right where the influences are symmetric, and too narrow towards the long tail where they are not. Hall's
cubic transformation takes the skewness out, and is too narrow where the tails are long on both sides. What is said here
is the more cautious of the two, on either side by itself. ``benchmarks/gates.py`` measures how often both are wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from lineal.checks.statistics.intervals import CONFIDENCE, Interval, normal_quantile

_MANY_DEGREES = 40
"""So many degrees of freedom and more: the expansion is right to six digits."""


class Mean(NamedTuple):
    """An estimate with its standard error, its degrees of freedom, and a third of its standardised skewness."""

    value: float
    error: float
    freedom: int
    slope: float

    def interval(self, *, confidence: float = CONFIDENCE) -> Interval:
        """Return its confidence interval; all numbers where fewer than two rows carry it."""
        if self.freedom < 1:
            return Interval(-math.inf, math.inf)
        t = student_quantile((1 + confidence) / 2, self.freedom)
        low, high = (self._bent(side) for side in (-t, t))
        return Interval(self.value - self.error * max(t, high), self.value + self.error * max(t, -low))

    def tail(self, bound: float) -> float:
        """Return the one-sided p-value of "it is below ``bound``"; small means it is."""
        if self.error == 0 or self.freedom < 1:
            return 0.0 if self.value < bound and self.freedom >= 1 else 1.0
        t, slope = (self.value - bound) / self.error, self.slope
        # Hall's transformation, which _bent undoes.
        unbent = t + slope * t**2 + slope**2 * t**3 / 3 + slope / 2
        return max(student_tail(-t, self.freedom), student_tail(-unbent, self.freedom))

    def _bent(self, t: float) -> float:
        """Return the T with T + slope T² + slope² T³ / 3 + slope / 2 = t.

        Source: Hall 1992, Journal of the Royal Statistical Society B 54:221-228, equation 2.7.
        """
        if abs(self.slope) < 1e-9:
            return t
        return (math.cbrt(1 + 3 * self.slope * (t - self.slope / 2)) - 1) / self.slope


def mean_of(value: float, influences: Sequence[float], support: int) -> Mean:
    """Return an estimate that ``support`` of the rows carry, from the influence of every row; their mean is zero."""
    count = len(influences)
    square = math.fsum(each * each for each in influences) / count
    if square <= 0 or support < 2:
        return Mean(value, 0.0, support - 1, 0.0)
    # The rows that do not carry it add nothing to the sums.
    error = math.sqrt(square / count * support / (support - 1))
    skewness = math.fsum(each**3 for each in influences) / count / square**1.5
    return Mean(value, error, support - 1, skewness / (3 * math.sqrt(count)))


def student_quantile(probability: float, freedom: int) -> float:
    """Return the point below which Student's t with so many degrees of freedom falls with ``probability`` above 1/2.

    Source: Abramowitz and Stegun 1964, 26.7.3 and 26.7.4 (exact, few degrees) and 26.7.5 (expansion, many).
    """
    if freedom >= _MANY_DEGREES:
        z = normal_quantile(probability)
        first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
        third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
        return z + first / freedom + second / freedom**2 + third / freedom**3
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        low, high = (angle, high) if _share(angle, freedom) < 2 * probability - 1 else (low, angle)
    return math.sqrt(freedom) * math.tan(low)


def student_tail(t: float, freedom: int) -> float:
    """Return the probability that Student's t with so many degrees of freedom exceeds ``t``.

    Sources: Abramowitz and Stegun 1964, 26.7.3 and 26.7.4 (exact, few degrees); Hill 1970, Communications of the ACM
    13:617-619 (many).
    """
    if freedom < _MANY_DEGREES:
        share = _share(math.atan(abs(t) / math.sqrt(freedom)), freedom)
        return (1 - share) / 2 if t >= 0 else (1 + share) / 2
    a, b = freedom - 0.5, 48 * (freedom - 0.5) ** 2
    z2 = a * math.log1p(t * t / freedom)
    z = math.sqrt(z2)
    z += (z**3 + 3 * z) / b - (4 * z**7 + 33 * z**5 + 240 * z**3 + 855 * z) / (10 * b * (b + 0.8 * z2**2 + 100))
    return math.erfc(math.copysign(z, t) / math.sqrt(2)) / 2


def _share(angle: float, freedom: int) -> float:
    """Return the probability that |t| is less than tan(angle) · sqrt(freedom)."""
    cosine, is_odd = math.cos(angle), freedom % 2
    term, total = (cosine if is_odd else 1.0), 0.0
    for step in range(freedom // 2):
        total += term
        place = 2 * step + 1
        term *= cosine * cosine * ((place + 1) / (place + 2) if is_odd else place / (place + 1))
    share = math.sin(angle) * total
    return (angle + share) * 2 / math.pi if is_odd else share

"""Intervals and tests for proportions and means, without numpy: exact where it is cheap, score-based elsewhere.

Everything is two-sided at 95 % unless it says otherwise. A proportion is ``hits`` of ``count``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

CONFIDENCE = 0.95
"""The confidence of every interval; tests that must fit the intervals use ``ALPHA``."""

ALPHA = 1 - CONFIDENCE


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float

    def flipped(self) -> Interval:
        """Return the interval of the negated quantity."""
        return Interval(-self.high, -self.low)


def normal_quantile(probability: float) -> float:
    """Return the point below which a standard normal variable falls with ``probability``, between 0 and 1."""
    from statistics import NormalDist  # noqa: PLC0415 - slow to load, and few commands need it

    return NormalDist().inv_cdf(probability)


def upper_tail(z: float) -> float:
    """Return the probability that a standard normal variable exceeds ``z``."""
    return math.erfc(z / math.sqrt(2)) / 2


def z_of(confidence: float) -> float:
    """Return how many standard errors a two-sided interval reaches to each side."""
    return normal_quantile((1 + confidence) / 2)


def wilson(hits: float, count: float, *, confidence: float = CONFIDENCE) -> Interval:
    """Return the score interval of a proportion (Wilson 1927); without rows, everything is possible.

    Source: Newcombe 1998, Statistics in Medicine 17:857-872, method 3.
    """
    if count <= 0:
        return Interval(0.0, 1.0)
    z, rate = z_of(confidence), hits / count
    middle = rate + z * z / (2 * count)
    half = z * math.sqrt(rate * (1 - rate) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    low = 0.0 if hits == 0 else (middle - half) / scale
    high = 1.0 if hits == count else (middle + half) / scale
    return Interval(min(max(low, 0.0), rate), max(min(high, 1.0), rate))


def newcombe(
    hits_a: float, count_a: float, hits_b: float, count_b: float, *, confidence: float = CONFIDENCE
) -> Interval:
    """Return the interval of the difference a - b of two independent proportions.

    Source: Newcombe 1998, Statistics in Medicine 17:873-890, method 10 (hybrid score, no continuity correction).
    """
    a, b = hits_a / count_a, hits_b / count_b
    around_a, around_b = wilson(hits_a, count_a, confidence=confidence), wilson(hits_b, count_b, confidence=confidence)
    low = a - b - math.hypot(a - around_a.low, around_b.high - b)
    high = a - b + math.hypot(around_a.high - a, b - around_b.low)
    return Interval(max(low, -1.0), min(high, 1.0))


def binomial_tail(hits: int, count: int, probability: float = 0.5) -> float:
    """Return the probability of at least ``hits`` in ``count`` trials that each hit with ``probability``."""
    if hits <= 0:
        return 1.0
    if hits > count or probability <= 0:
        return 0.0
    return beta_share(probability, hits, count - hits + 1)


def beta_share(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), by its continued fraction.

    Source: Abramowitz and Stegun 1964, 26.5.8; evaluated as in Lentz 1976, Applied Optics 15:668-671.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 100_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _not_zero(1 + term * d), _not_zero(1 + term / c)
            fraction *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return min(front * fraction / a, 1.0)


def _not_zero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300


def exact_share(hits: int, count: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of a proportion that never misses more often than it says; without rows, all is possible.

    Wilson's misses as often on the average, but on one side up to twice as often for some proportions: this one decides.
    Source: Clopper and Pearson 1934, Biometrika 26:404-413.
    """
    if count <= 0:
        return Interval(0.0, 1.0)
    side = (1 - confidence) / 2

    def where(hits: int, share: float) -> float:
        """Return the probability with which at least ``hits`` happen in ``share`` of the cases."""
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if binomial_tail(hits, count, middle) < share else (low, middle)
        return (low + high) / 2

    return Interval(where(hits, side) if hits else 0.0, where(hits + 1, 1 - side) if hits < count else 1.0)


def mcnemar(fixed: int, broke: int) -> float:
    """Return the one-sided p-value of "the candidate breaks more rows than it fixes", exactly.

    Under the null hypothesis each discordant row is as likely fixed as broken. Small means worse.
    Source: McNemar 1947, Psychometrika 12:153-157; the exact binomial form.
    """
    return binomial_tail(broke, fixed + broke)


def score_of_difference(fixed: int, broke: int, count: int, difference: float) -> float:
    """Return Tango's score of "candidate minus champion equals ``difference``" for proportions on the same rows.

    It is standard normal under that hypothesis, and positive when the candidate did better than ``difference``.
    With ``difference`` zero its square is McNemar's statistic.
    Source: Tango 1998, Statistics in Medicine 17:891-908, equations 2-4.

    Args:
        fixed: rows right by the candidate only.
        broke: rows right by the champion only.
        count: all rows, concordant ones too.
        difference: the difference of the proportions under the hypothesis, -1 to 1.
    """
    b = -fixed - broke + (2 * count - fixed + broke) * difference
    c = -broke * difference * (1 - difference)
    # The restricted estimate of the champion-only rate under the hypothesis.
    rate = (math.sqrt(max(b * b - 8 * count * c, 0.0)) - b) / (4 * count)
    variance = count * (2 * rate + difference * (1 - difference))
    excess = fixed - broke - count * difference
    if variance <= 0:
        return math.copysign(math.inf, excess) if excess else 0.0
    return excess / math.sqrt(variance)


def paired_difference(fixed: int, broke: int, count: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Return Tango's score interval of the difference candidate - champion of a proportion on the same rows."""
    z, middle = z_of(confidence), (fixed - broke) / count

    def edge(inside: float, outside: float) -> float:
        # The score falls as the hypothesised difference grows, so bisection finds where it crosses z.
        for _ in range(50):
            halfway = (inside + outside) / 2
            is_inside = abs(score_of_difference(fixed, broke, count, halfway)) <= z
            inside, outside = (halfway, outside) if is_inside else (inside, halfway)
        return inside

    return Interval(edge(middle, -1.0), edge(middle, 1.0))


def paired_interval(fixed: int, broke: int, count: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of the difference of a proportion on the same rows that decides: the wider of two.

    Where few rows differ, Tango's misses on one side up to twice as often as it says, and Bonett and Price's on the other;
    what both hold, neither misses (``benchmarks/gates.py``).
    """
    z = z_of(confidence)
    difference, error = _laplace(fixed, broke, count)
    low, high = paired_difference(fixed, broke, count, confidence=confidence)
    return Interval(max(min(low, difference - z * error), -1.0), min(max(high, difference + z * error), 1.0))


def p_of_loss(fixed: int, broke: int, count: int, margin: float) -> float:
    """Return the one-sided p-value of "the candidate lost more than ``margin``": the larger of the same two tests."""
    difference, error = _laplace(fixed, broke, count)
    score = score_of_difference(fixed, broke, count, -margin)
    return max(upper_tail(-score), upper_tail(-(difference + margin) / error))


def _laplace(fixed: int, broke: int, count: int) -> tuple[float, float]:
    """Return the difference and its standard error with one more row of either kind.

    Source: Bonett and Price 2012, Journal of Educational and Behavioral Statistics 37:479-488.
    """
    gained, lost = (fixed + 1) / (count + 2), (broke + 1) / (count + 2)
    difference = gained - lost
    return difference, math.sqrt((gained + lost - difference**2) / (count + 2))


def holm(probabilities: Sequence[float]) -> list[float]:
    """Return p-values adjusted for looking in many places, in the given order.

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70.
    """
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__)
    adjusted, highest = [0.0] * len(order), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min((len(order) - rank) * probabilities[place], 1.0))
        adjusted[place] = highest
    return adjusted


def rows_needed(count: int, distance: float, half_width: float) -> int:
    """Return about how many rows would make an interval so narrow that it no longer reaches the bar.

    The width of an interval shrinks with the square root of the rows.

    Args:
        count: the rows that gave the interval.
        distance: from the estimate to the bar.
        half_width: from the estimate to the end of the interval on the bar's side.
    """
    if distance <= 0 or not math.isfinite(distance):
        return 0
    return math.ceil(count * (half_width / distance) ** 2)


def ratio_interval(
    hits_a: float, count_a: float, hits_b: float, count_b: float, *, confidence: float = CONFIDENCE
) -> Interval:
    """Return the interval of the ratio a / b of two independent proportions, from Wilson's of each.

    Source: Donner and Zou 2012, Statistical Methods in Medical Research 21:347-359 (variance recovered, for ratios).
    """
    a, b = hits_a / count_a, hits_b / count_b
    a_low, a_high = wilson(hits_a, count_a, confidence=confidence)
    b_low, b_high = wilson(hits_b, count_b, confidence=confidence)
    below = b_high * (2 * b - b_high)
    above = b_low * (2 * b - b_low)

    def end(sign: int, side: float, denominator: float) -> float:
        root = (a * b) ** 2 - side * (2 * a - side) * denominator
        return (a * b + sign * math.sqrt(max(root, 0.0))) / denominator

    # Where the denominator may be zero nothing bounds the ratio.
    low = max(end(-1, a_low, below), 0.0) if below > 0 else 0.0
    high = end(1, a_high, above) if above > 0 else math.inf
    return Interval(low, high)


def optimism(looks: int, count: int) -> float:
    """Return how much better than it is the best of ``looks`` looks at a proportion of ``count`` rows may well seem.

    It bounds the expected maximum of so many averages of luck, each with a variance of at most 1 / (4 count).
    Source: Boucheron, Lugosi and Massart 2013, Concentration Inequalities, theorem 2.5; the question is that of Dwork et
    al. 2015, Science 349:636-638, and Blum and Hardt 2015, ICML.
    """
    return math.sqrt(math.log(looks) / (2 * count)) if looks > 1 and count else 0.0

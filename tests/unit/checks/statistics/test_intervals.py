from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from lineal.checks.statistics.intervals import (
    Interval,
    binomial_tail,
    exact_share,
    holm,
    mcnemar,
    newcombe,
    normal_quantile,
    p_of_loss,
    paired_difference,
    paired_interval,
    ratio_interval,
    rows_needed,
    score_of_difference,
    upper_tail,
    wilson,
)


@st.composite
def proportions(draw: st.DrawFn) -> tuple[int, int]:
    count = draw(st.integers(1, 400))
    return draw(st.integers(0, count)), count


@st.composite
def flips(draw: st.DrawFn) -> tuple[int, int, int]:
    count = draw(st.integers(1, 300))
    fixed = draw(st.integers(0, count))
    return fixed, draw(st.integers(0, count - fixed)), count


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_newcombes_table(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=5e-5)


@given(proportions())
def test_wilson_equals_scipys(proportion: tuple[int, int]) -> None:
    expected = stats.binomtest(*proportion).proportion_ci(method="wilson")

    assert wilson(*proportion) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_without_rows_everything_is_possible() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_newcombe_gives_his_own_table(a: tuple[int, int], b: tuple[int, int], low: float, high: float) -> None:
    assert newcombe(*a, *b) == pytest.approx((low, high), abs=5e-5)


@given(proportions(), proportions())
def test_newcombe_holds_the_difference_and_turns_with_it(a: tuple[int, int], b: tuple[int, int]) -> None:
    found = newcombe(*a, *b)

    assert -1 <= found.low <= a[0] / a[1] - b[0] / b[1] <= found.high <= 1
    assert newcombe(*b, *a) == pytest.approx(found.flipped())


@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from([0.0, 0.01, 0.3, 0.5, 0.97, 1.0]))
def test_the_binomial_tail_equals_scipys(hits: int, count: int, probability: float) -> None:
    expected = stats.binom.sf(hits - 1, count, probability)

    assert binomial_tail(hits, count, probability) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(flips())
def test_mcnemar_is_the_exact_sign_test(found: tuple[int, int, int]) -> None:
    fixed, broke, _ = found
    expected = stats.binomtest(broke, fixed + broke, alternative="greater").pvalue if fixed + broke else 1.0

    assert mcnemar(fixed, broke) == pytest.approx(expected)


def test_without_a_margin_tangos_score_is_mcnemars() -> None:
    # Agresti, Categorical Data Analysis, approval of the Prime Minister: 86 and 150 changed their mind, z = -4.17.
    assert score_of_difference(86, 150, 1600, 0.0) == pytest.approx(-4.17, abs=0.005)


def restricted_score(fixed: int, broke: int, count: int, difference: float) -> float:
    """The score with its nuisance parameter found by maximising the likelihood numerically."""

    def loss(lost: float) -> float:
        gained, same = lost + difference, 1 - 2 * lost - difference
        parts = ((fixed, gained), (broke, lost), (count - fixed - broke, same))
        return -math.fsum(n * math.log(max(p, 1e-300)) for n, p in parts if n)

    low, high = max(0.0, -difference), (1 - difference) / 2
    lost = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    return (fixed - broke - count * difference) / math.sqrt(count * (2 * lost + difference - difference**2))


@settings(max_examples=40)
@given(flips(), st.floats(-0.8, 0.8).filter(lambda each: abs(each) > 0.01))
def test_tangos_closed_form_maximises_the_likelihood(found: tuple[int, int, int], difference: float) -> None:
    expected = restricted_score(*found, difference)

    assert score_of_difference(*found, difference) == pytest.approx(expected, rel=1e-3, abs=1e-3)


@given(flips())
def test_tangos_interval_ends_where_the_score_says_so(found: tuple[int, int, int]) -> None:
    fixed, broke, count = found
    low, high = paired_difference(fixed, broke, count)

    assert -1 <= low <= (fixed - broke) / count <= high <= 1
    for edge in (low, high):
        assert abs(edge) == 1 or abs(score_of_difference(*found, edge)) == pytest.approx(1.959964, abs=1e-4)


def test_tangos_interval_covers_the_truth_in_19_of_20_samples() -> None:
    generator = np.random.default_rng(5)
    draws = generator.multinomial(120, [0.10, 0.04, 0.86], size=1_500)
    intervals = [paired_difference(int(fixed), int(broke), 120) for fixed, broke, _ in draws]
    share = sum(each.low <= 0.06 <= each.high for each in intervals) / len(intervals)

    assert 0.935 <= share <= 0.97


def test_holm_gives_the_textbooks_values() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_ever_raises_and_keeps_the_order(probabilities: list[float]) -> None:
    adjusted = holm(probabilities)
    pairs = sorted(zip(probabilities, adjusted, strict=True))

    assert all(before <= after <= min(1, before * len(pairs)) + 1e-12 for before, after in pairs)
    assert [after for _, after in pairs] == sorted(adjusted)


@pytest.mark.parametrize("probability", [0.001, 0.025, 0.5, 0.9, 0.999])
def test_normal_quantile_and_tail_equal_scipys(probability: float) -> None:
    assert normal_quantile(probability) == pytest.approx(stats.norm.ppf(probability))
    assert upper_tail(normal_quantile(probability)) == pytest.approx(1 - probability)


def test_four_times_the_rows_halve_an_interval() -> None:
    assert rows_needed(1_000, distance=0.01, half_width=0.02) == 4_000
    assert rows_needed(1_000, distance=0.0, half_width=0.02) == 0


def test_the_interval_of_a_ratio_nears_that_of_its_logarithm() -> None:
    """Scipy's is Katz's of the logarithm, which the same rows give when they are many."""
    expected = stats.contingency.relative_risk(600, 2_000, 900, 2_000).confidence_interval()

    assert tuple(ratio_interval(600, 2_000, 900, 2_000)) == pytest.approx((expected.low, expected.high), abs=2e-3)


@settings(max_examples=200)
@given(proportions(), proportions())
def test_a_ratio_lies_in_its_interval(one: tuple[int, int], other: tuple[int, int]) -> None:
    low, high = ratio_interval(*one, *other)

    assert low >= 0
    if other[0]:
        assert low <= one[0] / one[1] / (other[0] / other[1]) * (1 + 1e-9)
        assert high >= one[0] / one[1] / (other[0] / other[1]) * (1 - 1e-9)


@settings(max_examples=100)
@given(proportions())
def test_the_exact_interval_is_clopper_and_pearsons(found: tuple[int, int]) -> None:
    expected = stats.binomtest(*found).proportion_ci()

    assert tuple(exact_share(*found)) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("count", [10, 1_000, 1_000_000])
def test_the_tail_of_many_trials_is_scipys(count: int) -> None:
    for hits in (1, count // 3, count // 2, count):
        assert binomial_tail(hits, count, 0.4) == pytest.approx(
            stats.binom.sf(hits - 1, count, 0.4), rel=1e-7, abs=1e-300
        )


@settings(max_examples=100)
@given(flips())
def test_the_interval_that_decides_holds_tangos_and_its_test_agrees(found: tuple[int, int, int]) -> None:
    low, high = paired_interval(*found)
    tango = paired_difference(*found)

    assert low <= tango.low <= tango.high <= high
    if -1 < high < 0:
        assert p_of_loss(*found, -high) == pytest.approx(0.025, rel=1e-3)

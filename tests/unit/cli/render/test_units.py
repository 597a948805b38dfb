"""Times, sizes and numbers as people read them."""

from __future__ import annotations

import pytest

from lineal.cli.render.units import ago, count, duration, metrics, number, scalar, size, when

S, MIN, H, DAY = 1_000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("age_ms", "said"),
    [
        (-5 * S, "just now"),
        (999, "just now"),
        (S, "1 s ago"),
        (59 * S, "59 s ago"),
        (MIN, "1 min ago"),
        (H - 1, "59 min ago"),
        (23 * H, "23 h ago"),
        (DAY, "1 day ago"),
        (59 * DAY, "59 days ago"),
        (61 * DAY, "2 months ago"),
        (731 * DAY, "2 years ago"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(age_ms: int, said: str) -> None:
    assert said == ago(10**12, 10**12 + age_ms)


def test_a_time_is_said_in_utc_and_as_an_age() -> None:
    assert "2023-11-14 22:13 UTC (2 h ago)" == when(1_700_000_000_000, 1_700_000_000_000 + 2 * H)


@pytest.mark.parametrize(
    ("duration_ms", "said"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1.0 s"),
        (59_949, "59.9 s"),
        (59_960, "1 min 0 s"),
        (3_599_600, "1 h 0 min"),
        (3_725_000, "1 h 2 min"),
    ],
)
def test_a_duration_never_shows_sixty_of_a_unit(duration_ms: int, said: str) -> None:
    assert said == duration(duration_ms)


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (10**12, "1.0 TB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_a_size_is_said_in_decimal_units(size_bytes: int, said: str) -> None:
    assert said == size(size_bytes)


@pytest.mark.parametrize(
    ("value", "said"),
    [(3.0, "3"), (0.912345678, "0.912346"), (1e20, "1e+20"), ("NaN", "NaN"), (float("inf"), "inf"), (-0.5, "-0.5")],
)
def test_a_number_keeps_six_digits(value: float | str, said: str) -> None:
    assert said == number(value)


def test_a_parameter_is_said_as_a_script_would_write_it() -> None:
    assert ["logistic", "1e-05", "True", "None"] == [scalar(each) for each in ("logistic", 1e-5, True, None)]


def test_metrics_beyond_the_limit_are_counted() -> None:
    assert "a=1 b=2 … 2 more" == metrics({"a": 1, "b": 2, "c": 3, "d": 4}, limit=2)


def test_one_is_singular() -> None:
    assert ["1 entry", "1,200 entries"] == [count(n, "entry", "entries") for n in (1, 1200)]

"""Axes stand at round numbers, whatever is between their ends, and every value has a place."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lineal.formats.figures.axes import Kind, Names, Scale, duration, frame, spread

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("kind", "least", "most", "said"),
    [
        ("linear", 0.0, 1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ("linear", 0.0, 12.0, ["0", "2.5", "5.0", "7.5", "10.0"]),
        ("whole", 0.0, 12.0, ["0", "5", "10"]),
        ("whole", 0.0, 3.0, ["0", "1", "2", "3"]),
        ("linear", 1e-9, 3e-9, ["1e-9", "1.5e-9", "2e-9", "2.5e-9", "3e-9"]),
        ("linear", 0.0, 60_000.0, ["0", "20k", "40k", "60k"]),
        ("linear", 0.0, 1_200_000.0, ["0", "0.25M", "0.50M", "0.75M", "1.00M"]),
        ("linear", 1990.0, 2030.0, ["1990", "2000", "2010", "2020", "2030"]),
        ("linear", -1.79e308, 1.79e308, ["-1e308", "0", "1e308"]),
        ("linear", 0.99999990, 0.99999993, ["0.99999990", "0.99999991", "0.99999992", "0.99999993"]),
        ("log", 0.001, 10.0, ["0.001", "0.01", "0.1", "1", "10"]),
        ("log", 1.0, 40.0, ["1", "2", "5", "10", "20"]),
        ("log", 2.0, 9.0, ["2", "4", "6", "8"]),
        ("duration", 0.0, 5_400_000.0, ["0", "30 min", "1 h", "1 h 30 min"]),
        ("time", 1.7e12, 1.7e12 + 4 * 3.6e6, ["11-14 23:00", "11-15 00:00", "01:00", "02:00"]),
    ],
)
def test_ticks_are_round_and_say_what_tells_them_apart(kind: Kind, least: float, most: float, said: list[str]) -> None:
    assert said == [each for _, each in Scale(least, most, 0, 1, kind).ticks(5)]


@given(st.lists(FLOATS, max_size=5), st.sampled_from(["linear", "whole", "log"]))
@example([9007199254740996.0], "whole")
def test_every_value_has_a_place_and_axes_have_few_ticks(values: list[float], kind: Kind) -> None:
    least, most = spread(values, kind)
    scale = Scale(least, most, 0.0, 100.0, kind)
    ticks = scale.ticks(5)

    assert least < most
    assert all(0.0 <= scale.at(each) <= 100.0 for each in values if scale.has(each))
    assert 1 <= len(ticks) <= 25
    assert all(math.isfinite(value) for value, _ in ticks)


@pytest.mark.parametrize("kind", ["time", "duration"])
@given(least=st.integers(-(1 << 62), 1 << 62), across=st.integers(0, 1 << 62))
def test_times_that_no_calendar_has_are_axes_all_the_same(kind: Kind, least: int, across: int) -> None:
    ends = spread([float(least), float(least + across)], kind)

    assert Scale(*ends, 0.0, 1.0, kind).ticks(6)


def test_one_value_alone_is_in_the_middle() -> None:
    assert (0.5, 0.5) == (Scale(*spread([3.0]), 0, 1).at(3.0), Scale(*spread([0.0]), 0, 1).at(0.0))
    assert (0.0, 1.0) == spread([])


def test_long_numbers_have_room_at_the_left_and_names_their_own_places() -> None:
    narrow, wide = (frame((400, 200), ((0.0, 1.0), "linear"), ((0.0, most), "linear")) for most in (1.0, 1e-300))
    names = frame((400, 200), ("adam", "sgd"), ((0.0, 1.0), "linear")).across

    assert narrow.place.left < wide.place.left
    assert isinstance(names, Names)
    assert names.at("adam") < names.at("sgd")
    assert [("adam", "adam")] == names.ticks(1)


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (0, "0"), (250, "250 ms"), (1_500, "1.5 s"), (90_000, "1 min 30 s"), (3_600_000, "1 h"), (90_000_000, "1 d 1 h"),
        (3_599_999, "1 h"), (-1_500, "−1.5 s"),
    ],
)  # fmt: skip
def test_durations_are_told_in_the_two_units_that_matter(milliseconds: int, said: str) -> None:
    assert said == duration(milliseconds)

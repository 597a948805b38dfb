from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.series import chunked, decode, samples, series_of
from lineal.objects.canonical import number
from lineal.objects.errors import Corrupt
from lineal.objects.runs import Point

POINTS = st.lists(
    st.builds(
        Point,
        key=st.just("loss"),
        step=st.integers(-(2**40), 2**40),
        value=st.floats().map(number),
        at=st.integers(0, 2**42),
    ),
    min_size=1,
    max_size=40,
)


@given(POINTS, st.integers(1, 7))
def test_points_come_back_in_order_whatever_they_are(points: list[Point], size: int) -> None:
    chunks = list(chunked(series_of(points), size=size))

    assert points == [point for chunk in chunks for point in decode(chunk.points).points("loss")]
    assert len(points) == sum(chunk.count for chunk in chunks)
    assert max(chunk.count for chunk in chunks) <= size


def test_the_summary_speaks_of_the_finite_values() -> None:
    values: list[float | str] = [3.0, "NaN", 1.0, "Infinity"]
    points = [Point(key="loss", step=step, value=value, at=step) for step, value in enumerate(values, 5)]

    (chunk,) = chunked(series_of(points))

    assert (chunk.first_step, chunk.last_step, chunk.count) == (5, 8, 4)
    assert (chunk.minimum, chunk.maximum, chunk.total, chunk.last) == (1.0, 3.0, 4.0, None)
    assert samples(chunk.samples) == [(5, 3.0, 5), (7, 1.0, 7)]


def test_the_samples_are_the_first_least_greatest_and_last_finite_points() -> None:
    values: list[float | str] = ["NaN", 2.0, 5.0, 2.0, -1.0, 2.0, "-Infinity"]
    points = [Point(key="loss", step=step, value=value, at=10 * step) for step, value in enumerate(values)]

    (chunk,) = chunked(series_of(points))

    assert samples(chunk.samples) == [(1, 2.0, 10), (2, 5.0, 20), (4, -1.0, 40), (5, 2.0, 50)]


def test_a_chunk_without_numbers_has_no_samples() -> None:
    (chunk,) = chunked(series_of([Point(key="loss", step=1, value="NaN", at=1)]))

    assert samples(chunk.samples) == []


def test_steps_and_times_of_the_summary_are_the_least_and_the_greatest() -> None:
    points = [Point(key="x", step=step, value=1.0, at=at) for step, at in ((5, 30), (2, 40), (9, 20))]
    (chunk,) = chunked(series_of(points))

    assert (chunk.first_step, chunk.last_step, chunk.first_at, chunk.last_at) == (2, 9, 20, 40)


def test_ten_thousand_points_make_ten_small_chunks() -> None:
    points = [Point(key="loss", step=step, value=1 / (step + 1), at=1_700_000_000_000 + step) for step in range(10_000)]

    chunks = list(chunked(series_of(points)))

    assert [chunk.count for chunk in chunks] == [1_000] * 10
    assert max(len(chunk.points) for chunk in chunks) < 28_000
    assert math.fsum(chunk.total or 0 for chunk in chunks) == pytest.approx(math.fsum(1 / n for n in range(1, 10_001)))


def test_a_sum_too_large_for_a_number_is_left_out() -> None:
    (chunk,) = chunked(series_of(Point(key="x", step=step, value=1.7e308, at=0) for step in range(2)))

    assert chunk.total is None


@pytest.mark.parametrize("text", ["", "[]", '{"step":[1],"value":[1.0,2.0],"at":[1]}'])
def test_text_that_is_no_chunk_is_refused(text: str) -> None:
    with pytest.raises(Corrupt, match="this is no chunk of a metric"):
        decode(text)

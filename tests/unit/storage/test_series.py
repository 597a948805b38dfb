"""Points come back as they were logged, whatever their order; what a chart shows is never without the spike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.formats.series import Series
from lineal.objects.canonical import Number, number
from lineal.objects.runs import Point
from lineal.storage import series
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite

POINTS = st.lists(
    st.builds(
        Point,
        key=st.sampled_from(["loss", "auc"]),
        step=st.integers(-3, 3),
        value=st.sampled_from([0.0, 1.5, float("nan"), float("inf"), float("-inf")]).map(number),
        at=st.integers(0, 3),
    ),
    max_size=30,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database of each kind."""
    found: Database
    found = Sqlite(MEMORY) if request.param == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    migrate(found, phase="pre")
    yield found
    found.close()


def point(step: int, value: Number, at: int = 0, key: str = "loss") -> Point:
    return Point(key=key, step=step, value=value, at=at)


def test_points_come_back_before_and_after_they_are_folded(database: Database) -> None:
    points = [point(step, 1 / (step + 1), at=1_000 + step) for step in range(2_500)]
    for sequence, start in enumerate(range(0, 2_500, 100)):
        series.append(database, "r", sequence, points[start : start + 100])

    before = series.history(database, "r", "loss")
    series.fold(database, "r")

    assert list(before.points("loss")) == points
    assert before == series.history(database, "r", "loss")
    assert [row["count"] for row in database.run("SELECT count FROM metric_chunk ORDER BY sequence")] == [
        1000,
        1000,
        500,
    ]


def test_a_chunk_that_is_not_full_is_filled_up_first(database: Database) -> None:
    for sequence in range(3):
        series.append(
            database, "r", sequence, [point(step, 1.0) for step in range(600 * sequence, 600 * sequence + 600)]
        )
        series.fold(database, "r")

    assert [row["count"] for row in database.run("SELECT count FROM metric_chunk ORDER BY sequence")] == [1000, 800]


def test_what_is_sent_again_is_one_point_and_what_differs_is_another(database: Database) -> None:
    first = [point(0, 1.0, at=5), point(0, "NaN", at=5), point(0, 2.0, at=5), point(0, 1.0, at=6)]
    for sequence in range(4):
        series.append(database, "r", sequence, first)
        if sequence == 1:
            series.fold(database, "r")

    expected = Series([0, 0, 0, 0], [1.0, 2.0, "NaN", 1.0], [5, 5, 5, 6])
    assert expected == series.history(database, "r", "loss")
    series.fold(database, "r")
    assert expected == series.history(database, "r", "loss")


@settings(max_examples=60)
@given(st.lists(st.tuples(POINTS, st.booleans()), max_size=6))
def test_whenever_points_are_folded_the_history_is_that_of_all_of_them(batches: list[tuple[list[Point], bool]]) -> None:
    database = Sqlite(MEMORY)
    migrate(database, phase="pre")
    logged = set[Point]()
    for sequence, (points, folds) in enumerate(batches):
        series.append(database, "r", sequence, points)
        logged.update(points)
        if folds:
            series.fold(database, "r")

    for key in ("loss", "auc"):
        found = series.history(database, "r", key).points(key)
        assert len(found) == len(set(found))
        assert {each for each in logged if each.key == key} == set(found)
        assert [each.at for each in found] == sorted(each.at for each in found)


def test_a_chart_of_many_points_reads_none_of_them_and_shows_the_spike(database: Database) -> None:
    values = [0.001 * (step % 7) for step in range(60_000)]
    values[31_234] = 1_000.0
    values[0] = -5.0
    series.extend(database, "r", {"loss": Series(list(range(60_000)), list(values), list(range(60_000)))})
    database.run("UPDATE metric_points SET points = 'not read'")

    found = series.chart(database, "r", "loss", first=None, last=None, count=320)

    assert len(found) <= 320
    assert (31_234, 1_000.0, 31_234) in found
    assert found[0] == (0, -5.0, 0)
    assert found[-1][0] == 59_999
    assert found == sorted(found)


def test_a_chart_of_a_part_shows_its_points(database: Database) -> None:
    series.extend(database, "r", {"loss": Series(list(range(30_000)), [float(n) for n in range(30_000)], [0] * 30_000)})
    series.append(database, "r", 1, [point(30_000, 1.0), point(30_001, "NaN")])

    found = series.chart(database, "r", "loss", first=29_990, last=40_000, count=100)

    assert [each[0] for each in found] == list(range(29_990, 30_001))


def test_what_has_no_points_has_an_empty_history_and_chart(database: Database) -> None:
    assert Series([], [], []) == series.history(database, "r", "loss")
    assert series.chart(database, "r", "loss", first=None, last=None, count=10) == []


def test_folding_many_metrics_waits_for_a_server_no_more_often_than_one(postgres_url: str, waits: list[int]) -> None:
    database, counts = Postgres(postgres_url), list[int]()
    migrate(database, phase="pre")
    for run, keys in (("one", 1), ("ten", 10)):
        for sequence in range(2):  # the second time there is a chunk to be filled up
            series.append(database, run, sequence, [point(sequence, 0.5, key=f"m{key}") for key in range(keys)])
            waits.clear()
            series.fold(database, run)
        counts.append(len(waits))

    assert [2, 2] == [
        len(series.history(database, "ten", "m9").steps),
        len(series.history(database, "one", "m0").steps),
    ]
    assert counts[0] == counts[1]
    database.close()

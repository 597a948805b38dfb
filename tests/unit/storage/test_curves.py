"""Many curves in a few statements: every spike is there, what is not finite is told, and long series are not read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.formats.series import EMPTY, Series
from lineal.objects.canonical import Number, number
from lineal.objects.runs import Point
from lineal.storage import curves, series
from lineal.storage.curves import Total
from lineal.storage.database.database import Database, Row
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite

VALUES = st.floats(allow_nan=True, allow_infinity=True).map(number)
POINTS = st.lists(st.tuples(st.integers(-1_000, 1_000), VALUES, st.integers(0, 50)), max_size=60)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database of each kind."""
    found: Database
    found = Sqlite(MEMORY) if request.param == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    migrate(found, phase="pre")
    yield found
    found.close()


def begin(database: Database, *runs: str) -> None:
    """Write down runs that have begun."""
    for run in runs:
        database.run(
            "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision)"
            " VALUES (:id, '', 'running', '[]', '', '', 0, 1)",
            id=run,
        )


def fork(database: Database, run: str, other: str, step: int | None) -> None:
    database.run(
        "INSERT INTO run_relation (run, role, other, step) VALUES (:run, 'forks', :other, :step)",
        run=run,
        other=other,
        step=step,
    )


def line(count: int, start: int = 0) -> Series:
    """A series that grows by one each step."""
    steps = list(range(start, start + count))
    return Series(steps, [float(each) for each in steps], [1_000 + each for each in steps])


def one(database: Database, run: str, key: str = "loss", count: int = 100, **wanted: int | None) -> curves.Curve:
    asked = {"first": None, "last": None, **wanted}
    return curves.curves(database, [run], [key], first=asked["first"], last=asked["last"], count=count)[run, key]


class Counting:
    """A database that counts its statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.statements: list[str] = []

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        self.statements.append(sql)
        return self._database.run(sql, **values)


def test_a_short_curve_has_every_point_and_what_is_not_finite_beside_it(database: Database) -> None:
    begin(database, "a")
    values: list[Number] = [3.0, "NaN", "NaN", 1.0, "Infinity"]
    series.extend(database, "a", {"loss": Series([0, 1, 2, 3, 4], values, [10, 11, 12, 13, 14])})

    found = one(database, "a")

    assert [(0, 3.0, 10), (3, 1.0, 13)] == [(each.first_step, each.mean, each.first_at) for each in found.parts]
    assert [("NaN", 1, 2, 11, 12, 2), ("Infinity", 4, 4, 14, 14, 1)] == [tuple(each) for each in found.words]


def test_many_points_are_read_from_their_summaries_alone_and_no_spike_is_lost(database: Database) -> None:
    begin(database, "a")
    count = 200_000
    values: list[Number] = [0.5] * count
    values[123_456], values[77], values[count // 2] = 1_000.0, -7.0, "NaN"
    series.extend(database, "a", {"loss": Series(list(range(count)), values, list(range(count)))})
    database.run("UPDATE metric_points SET points = 'not read'")

    found = one(database, "a", count=320)

    assert len(found.parts) <= 641
    assert 1_000.0 == max(each.maximum for each in found.parts)
    assert -7.0 == min(each.minimum for each in found.parts)
    assert count - 1 == sum(each.point_count for each in found.parts)
    assert [("NaN", 1)] == [(each.word, each.point_count) for each in found.words]
    spike = next(each for each in found.parts if each.maximum == 1_000.0)
    assert spike.first_step <= 123_456 <= spike.last_step


def test_the_number_of_statements_is_the_same_for_one_curve_and_for_many(database: Database) -> None:
    runs, keys = [f"r{place}" for place in range(8)], [f"k{place}" for place in range(5)]
    begin(database, *runs)
    for run in runs:
        for key in keys:
            series.extend(database, run, {key: line(1_500)})
        series.append(database, run, 1, [Point(key="k0", step=9_000, value=2.0, at=5)])
    few, many = Counting(database), Counting(database)

    curves.curves(few, runs[:1], keys[:1], first=None, last=None, count=50)  # type: ignore[arg-type]
    found = curves.curves(many, runs, keys, first=None, last=None, count=50)  # type: ignore[arg-type]

    assert len(few.statements) == len(many.statements) == 4
    assert {1_500, 1_501} == {sum(part.point_count for part in each.parts) for each in found.values()}


def test_curves_that_are_shown_together_have_the_same_parts(database: Database) -> None:
    begin(database, "a", "b")
    series.extend(database, "a", {"loss": line(2_000)})
    series.extend(database, "b", {"loss": line(1_000)})

    found = curves.curves(database, ["a", "b"], ["loss"], first=None, last=None, count=50)

    assert 25 == len(found["b", "loss"].parts)
    assert [each[:2] for each in found["a", "loss"].parts[:24]] == [each[:2] for each in found["b", "loss"].parts[:24]]


def test_a_part_of_a_long_curve_is_shown_as_it_is(database: Database) -> None:
    begin(database, "a")
    series.extend(database, "a", {"loss": line(150_000)})

    whole = one(database, "a", first=70_990, last=71_010)

    assert list(range(70_990, 71_011)) == [each.first_step for each in whole.parts]
    long = one(database, "a", first=500, last=149_500)
    assert (500, 149_500, 149_001) == (
        long.parts[0].first_step,
        long.parts[-1].last_step,
        sum(each.point_count for each in long.parts),
    )


def test_points_of_one_step_are_told_apart_by_time(database: Database) -> None:
    begin(database, "a")
    series.extend(database, "a", {"loss": Series([0] * 500, [float(each) for each in range(500)], list(range(500)))})

    found = one(database, "a", count=50)

    assert 50 == len(found.parts)
    assert [each.mean for each in found.parts] == sorted(each.mean for each in found.parts)


def test_a_fork_shows_the_history_that_it_shares_and_no_more(database: Database) -> None:
    begin(database, "a", "b", "c")
    series.extend(database, "a", {"loss": line(3_000)})
    fork(database, "b", "a", 1_499)
    series.extend(database, "b", {"loss": line(10, start=1_500)})
    fork(database, "c", "b", 1_504)
    fork(database, "a", "c", 5)  # told wrongly by somebody: it never ends

    assert [1_510, 1_505] == [
        sum(each.point_count for each in one(database, run, count=5_000).parts) for run in ("b", "c")
    ]
    found = one(database, "c", count=5_000)
    assert list(range(1_505)) == [each.first_step for each in found.parts]
    whole, part = curves.part_of_history(database, "c", "loss", offset=1_498, limit=100)
    assert (1_505, [1_498, 1_499, 1_500, 1_501, 1_502, 1_503, 1_504]) == (whole, part.steps)


@settings(max_examples=40)
@given(st.lists(st.tuples(POINTS, st.booleans()), max_size=4), st.integers(1, 30))
def test_whatever_is_folded_the_extremes_and_the_counts_are_those_of_the_points(
    batches: list[tuple[list[tuple[int, Number, int]], bool]], count: int
) -> None:
    database = Sqlite(MEMORY)
    migrate(database, phase="pre")
    begin(database, "a")
    for sequence, (rows, folds) in enumerate(batches):
        series.append(
            database, "a", sequence, [Point(key="loss", step=step, value=value, at=at) for step, value, at in rows]
        )
        if folds:
            series.fold(database, "a")
    logged = {row for rows, _ in batches for row in rows}
    finite = [value for _, value, _ in logged if not isinstance(value, str)]

    found = one(database, "a", count=count)

    assert len(found.parts) <= max(2 * count, count + 1)
    assert len(finite) == sum(each.point_count for each in found.parts)
    assert len(logged) - len(finite) == sum(each.point_count for each in found.words)
    if finite:
        assert (min(finite), max(finite)) == (
            min(each.minimum for each in found.parts),
            max(each.maximum for each in found.parts),
        )
    for each in found.parts:
        assert each.minimum <= each.mean <= each.maximum or math.isclose(each.minimum, each.mean, rel_tol=1e-12)


def test_a_page_of_points_reads_only_the_chunks_that_hold_it(database: Database) -> None:
    begin(database, "a")
    series.extend(database, "a", {"loss": line(5_000)})
    series.append(database, "a", 1, [Point(key="loss", step=9_000, value="NaN", at=5)])
    database.run("UPDATE metric_points SET points = 'not read' WHERE sequence NOT IN (2, 3)")

    whole, part = curves.part_of_history(database, "a", "loss", offset=2_990, limit=20)

    assert (5_001, list(range(2_990, 3_010))) == (whole, part.steps)
    assert (5_001, Series([9_000], ["NaN"], [5])) == curves.part_of_history(
        database, "a", "loss", offset=5_000, limit=100
    )
    assert (5_001, EMPTY) == curves.part_of_history(database, "a", "loss", offset=6_000, limit=100)
    assert (0, EMPTY) == curves.part_of_history(database, "a", "nothing", offset=0, limit=100)


def test_totals_are_those_of_all_points_wherever_they_are(database: Database) -> None:
    begin(database, "a", "b")
    series.extend(database, "a", {"loss": line(2_000)})
    series.append(
        database, "a", 1, [Point(key="loss", step=-4, value=-1.5, at=5), Point(key="odd", step=1, value="NaN", at=5)]
    )

    assert {
        ("a", "loss"): Total(2_001, -1.5, 1_999.0, -4, 1_999),
        ("a", "odd"): Total(1, None, None, 1, 1),
    } == curves.totals(database, ["a", "b"])
    assert {} == curves.totals(database, [])


def test_chunks_of_before_words_were_noted_are_drawn_as_well(database: Database) -> None:
    begin(database, "a")
    series.extend(database, "a", {"loss": line(150_000)})
    database.run("UPDATE metric_chunk SET words = NULL")
    database.run("UPDATE metric_chunk SET samples = '', first_at = 0, last_at = 9223372036854775807 WHERE sequence = 3")

    found = one(database, "a")

    assert 150_000 == sum(each.point_count for each in found.parts)
    assert 151_000 > max(each.last_at for each in found.parts)

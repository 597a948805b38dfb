"""Curves, totals and points of many metrics in one question, and runs side by side, whoever told of them."""

from __future__ import annotations

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.runs import Point
from lineal.operations.recording import curves, tracking
from lineal.operations.recording.tracking import NewRun
from lineal.operations.versioning import comparisons
from tests.unit.operations.making import run as captured


def told(repository: LocalRepository, *values: float, **params: str) -> str:
    """Make a run that told of a loss, step by step; return its id."""
    found = tracking.create(repository, NewRun(id=repository.store.clock.new_id(), name="told", started_at=1)).id
    points = tuple(Point(key="loss", step=step, value=value, at=10 + step) for step, value in enumerate(values))
    tracking.record(repository, found, points=points, params=params, tags={"team": "a"})
    return found


def test_curves_and_totals_of_several_runs_are_one_question_each(repository: LocalRepository) -> None:
    one, other = told(repository, 3.0, 1.0, 2.0), told(repository, 5.0)

    found = curves.curves(repository, runs=(one, other), keys=("loss", "nothing")).curves

    assert [(one, "loss", 3), (other, "loss", 1), (one, "nothing", 0), (other, "nothing", 0)] == [
        (each.run, each.key, len(each.parts)) for each in found
    ]
    assert [(one, 3, 1.0, 3.0, 2), (other, 1, 5.0, 5.0, 0)] == [
        (each.run, each.point_count, each.minimum, each.maximum, each.last_step)
        for each in curves.totals(repository, runs=(one, other)).totals
    ]
    assert [1.0, 2.0] == curves.points(repository, one, key="loss", offset=1).values


def test_too_much_at_once_and_what_is_not_there_are_errors_with_a_hint(repository: LocalRepository) -> None:
    one = told(repository, 1.0)

    with pytest.raises(Invalid, match="3,000 curves"):
        curves.curves(repository, runs=(one,), keys=("loss",) * 3_000)
    with pytest.raises(Invalid, match="too many to be compared"):
        comparisons.compared(repository, runs=(one,) * 33)
    with pytest.raises(NotFound, match="not found"):
        comparisons.compared(repository, runs=("01ARZ3NDEKTSV4RRFFQ69G5FAV",))


def test_runs_that_were_seen_and_runs_that_told_stand_side_by_side(repository: LocalRepository) -> None:
    one, other = told(repository, 1.0, 0.5, depth="5"), captured(repository)

    left, right = comparisons.compared(repository, runs=(one, other.id)).runs

    assert ({"depth": "5"}, {"loss": 0.5}, {"team": "a"}, {}) == (left.params, left.metrics, left.tags, left.parts)
    assert (other.id, other.name, other.state) == (right.id, right.name, right.state)
    assert "runtime" in right.parts
    assert not {"params", "metrics"} & right.parts.keys()

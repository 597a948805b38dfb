from __future__ import annotations

import pytest

from lineal.checks.judges.churn import Churn
from lineal.checks.judges.negative_flips import NegativeFlips
from lineal.checks.statistics.paired import pair
from lineal.formats.predictions import Prediction
from tests.unit.checks.evidence import evidence, people

CELLS = people(all=(600, 90, 30, 280))
"""Of 2,000 rows 120 get another answer; 30 of them break."""


@pytest.mark.parametrize(("at_most", "outcome"), [(0.08, "pass"), (0.06, "inconclusive"), (0.04, "fail")])
def test_the_interval_of_the_changed_answers_decides(at_most: float, outcome: str) -> None:
    verdict = Churn(at_most=at_most).judge(evidence(CELLS))

    assert verdict.outcome == outcome
    assert verdict.reason.startswith("120 of 2,000 answers are not those of income:1.0.0: 0.06 (95 % interval")


@pytest.mark.parametrize(("at_most", "outcome"), [(0.03, "pass"), (0.016, "inconclusive"), (0.01, "fail")])
def test_what_breaks_is_counted_apart_from_what_is_fixed(at_most: float, outcome: str) -> None:
    verdict = NegativeFlips(at_most=at_most).judge(evidence(CELLS))

    assert verdict.outcome == outcome
    assert (
        "30 of 2,000 rows were right with income:1.0.0 and are wrong now (90 are the other way; 0.982 of"
        in verdict.reason
    )


def numbers() -> object:
    rows = [{"y": str(place)} for place in range(200)]
    new, old = ([Prediction(place + moved) for place in range(200)] for moved in (0.4, 0.0))
    return pair(rows, new, old, task="regression", label="y")


def test_numbers_may_move_within_a_tolerance() -> None:
    given = evidence(CELLS, pairs=numbers())

    assert Churn(at_most=0.05, tolerance=0.5).judge(given).outcome == "pass"
    assert Churn(at_most=0.05).judge(given).outcome == "fail"
    assert NegativeFlips(at_most=0.05).judge(given).outcome == "inconclusive"


def test_where_nothing_stands_nobody_feels_a_change() -> None:
    alone = evidence(CELLS, is_first=True)

    assert [each.judge(alone).outcome for each in (Churn(at_most=0.0), NegativeFlips(at_most=0.0))] == ["pass", "pass"]

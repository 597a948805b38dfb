from __future__ import annotations

import pytest

from lineal.checks.judges.fairness_regression import FairnessRegression
from tests.unit.checks.evidence import evidence, people, version


def judged(margin: float, metric: str = "recall", **groups: tuple[int, int, int, int]) -> tuple[str, str]:
    verdict = FairnessRegression(metric=metric, feature="sex", margin=margin).judge(evidence(people(**groups)))
    return verdict.outcome, verdict.reason


APART = {"Female": (400, 0, 100, 500), "Male": (600, 0, 0, 400)}
"""The gap in recall grows from 0.1 to 0.2."""


@pytest.mark.parametrize(("margin", "outcome"), [(0.05, "fail"), (0.1, "inconclusive"), (0.15, "pass")])
@pytest.mark.parametrize("metric", ["recall", "equalized_odds"])
def test_the_interval_of_the_growth_decides(metric: str, margin: float, outcome: str) -> None:
    found, reason = judged(margin, metric, **APART)

    assert found == outcome
    assert "the gap in recall between sex=Female and Male was 0.1 (income:1.0.0) and is 0.2: 0.1 more" in reason


def test_a_gap_that_closes_passes() -> None:
    assert judged(0.0, Female=(400, 100, 0, 500), Male=(600, 0, 0, 400))[0] == "pass"


def test_a_small_group_is_named() -> None:
    outcome, reason = judged(0.15, **APART, Other=(5, 0, 0, 5))

    assert (outcome, reason.endswith("too few rows: Other")) == ("warn", True)


def test_the_champions_weights_have_its_gap() -> None:
    same = evidence(people(Female=(20, 0, 0, 20), Male=(40, 0, 0, 0)), champion=version())

    assert FairnessRegression(metric="recall", feature="sex", margin=0.0).judge(same).outcome == "pass"


def test_with_one_group_there_is_no_gap() -> None:
    assert judged(0.1, Female=(400, 0, 100, 500))[0] == "inconclusive"

from __future__ import annotations

import pytest
from sklearn.metrics import recall_score

from lineal.checks.judges.fairness_gap import FairnessGap
from lineal.checks.statistics.groups import rates
from tests.unit.checks.evidence import answers, evidence, people

UNEQUAL = people(Female=(200, 0, 0, 300), Male=(350, 0, 0, 150))


@pytest.mark.parametrize(("at_most", "outcome"), [(0.4, "pass"), (0.2, "fail"), (0.3, "inconclusive")])
def test_the_interval_of_the_gap_decides(at_most: float, outcome: str) -> None:
    verdict = FairnessGap(metric="recall", feature="sex", at_most=at_most).judge(evidence(UNEQUAL))

    assert verdict.outcome == outcome
    assert "between sex=Male (0.7, n=500) and Female (0.4, n=500)" in verdict.reason
    assert (verdict.evidence["gap"], verdict.evidence["low"], verdict.evidence["high"]) == pytest.approx(
        (0.3, 0.2399, 0.3566), abs=2e-3
    )


def test_rates_from_the_counts_are_those_of_the_rows() -> None:
    found = evidence(UNEQUAL)
    rows = [(row, answer.prediction) for row, answer, _ in answers(UNEQUAL)]

    for each in rates(found, "recall", "sex"):
        inside = [(row["y"], said) for row, said in rows if row["sex"] == each.group]

        assert each.value == recall_score(*zip(*inside, strict=True), pos_label="yes")


def test_equal_groups_pass() -> None:
    equal = people(Female=(3_500, 0, 0, 1_500), Male=(3_500, 0, 0, 1_500))

    assert FairnessGap(metric="recall", feature="sex", at_most=0.05).judge(evidence(equal)).outcome == "pass"


def test_a_group_too_small_to_judge_is_named_and_warned_about() -> None:
    cells = people(Female=(350, 0, 0, 150), Male=(350, 0, 0, 150), Other=(1, 0, 0, 9))
    verdict = FairnessGap(metric="recall", feature="sex", at_most=0.2).judge(evidence(cells))

    assert verdict.outcome == "warn"
    assert verdict.reason.endswith("not judged, as they have too few rows: Other")


def test_an_unmeasured_feature_is_inconclusive() -> None:
    verdict = FairnessGap(metric="recall", feature="race", at_most=0.2).judge(evidence(UNEQUAL))

    assert (verdict.outcome, "no recall by race" in verdict.reason) == ("inconclusive", True)


def test_with_one_group_there_is_no_gap() -> None:
    only = people(Female=(350, 0, 0, 150))

    assert FairnessGap(metric="recall", feature="sex", at_most=0.2).judge(evidence(only)).outcome == "inconclusive"


def test_an_unmeasured_version_says_what_to_do() -> None:
    verdict = FairnessGap(metric="recall", feature="sex", at_most=0.2).judge(evidence(UNEQUAL, evaluation=None))

    assert "lineal evaluate income:1.1.0" in verdict.reason


def test_equalized_odds_is_the_larger_of_two_gaps() -> None:
    alike = FairnessGap(metric="equalized_odds", feature="sex", at_most=0.4).judge(evidence(UNEQUAL))
    alone = FairnessGap(metric="recall", feature="sex", at_most=0.4).judge(evidence(UNEQUAL))

    assert alike.outcome == "pass"
    assert alike.reason.startswith("recall differs by 0.3 ")
    # Twice as many pairs are looked at, so each interval is wider.
    assert float(alike.evidence["high"]) > float(alone.evidence["high"])


def test_an_intersection_is_split_from_the_rows() -> None:
    cells = people(Female=(200, 0, 0, 300), Male=(350, 0, 0, 150))
    given = evidence(cells)
    assert given.answers
    truth = given.answers.truth
    city = ["north" if place % 2 else "south" for place in range(len(truth.actual))]
    split = given.answers._replace(truth=truth._replace(features=truth.features | {"city": city}))
    verdict = FairnessGap(metric="recall", feature="sex & city", at_most=0.1).judge(evidence(cells, answers=split))

    assert verdict.outcome == "fail"
    assert "between sex & city=Male & " in verdict.reason


def test_a_group_without_such_a_row_is_named() -> None:
    cells = UNEQUAL | {("Other", "no", "no", "no"): 50}
    verdict = FairnessGap(metric="recall", feature="sex", at_most=0.4).judge(evidence(cells))

    assert (verdict.outcome, verdict.reason.endswith("too few rows: Other")) == ("warn", True)

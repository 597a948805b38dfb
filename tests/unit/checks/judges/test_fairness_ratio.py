from __future__ import annotations

import pytest

from lineal.checks.judges.fairness_ratio import FairnessRatio
from tests.unit.checks.evidence import evidence, people

CELLS = people(Female=(600, 0, 0, 400), Male=(900, 0, 0, 100))
"""Of 2,000 each, 30 % of women and 45 % of men are chosen: two thirds."""


@pytest.mark.parametrize(("at_least", "outcome"), [(0.6, "pass"), (0.65, "inconclusive"), (0.8, "fail")])
def test_the_interval_of_the_ratio_decides(at_least: float, outcome: str) -> None:
    verdict = FairnessRatio(feature="sex", at_least=at_least).judge(evidence(CELLS))

    assert verdict.outcome == outcome
    assert verdict.reason.startswith(
        "selection_rate of sex=Female (0.3, n=2,000) is 0.667 times (0.614 to 0.724) that of"
    )


def test_four_fifths_is_what_is_asked_by_default() -> None:
    assert FairnessRatio(feature="sex").at_least == 0.8


def test_where_nobody_is_chosen_all_are_alike_but_few_rows_do_not_show_it() -> None:
    nobody = {("Female", "no", "no", "no"): 500, ("Male", "no", "no", "no"): 500, ("Male", "yes", "no", "no"): 1}
    verdict = FairnessRatio(feature="sex").judge(evidence(nobody))

    assert (verdict.outcome, verdict.evidence["ratio"]) == ("inconclusive", 1.0)

from __future__ import annotations

from lineal.checks.judges.slice_regression import SliceRegression
from tests.unit.checks.evidence import evidence, people

CHECK = SliceRegression(features=("sex",), metric="recall", margin=0.05)


def test_a_group_that_lost_is_named_with_its_figures_though_all_together_gained() -> None:
    cells = people(Female=(100, 0, 190, 210), Male=(1_000, 600, 50, 350))
    verdict = CHECK.judge(evidence(cells))

    assert verdict.outcome == "fail"
    assert verdict.reason == "recall for sex=Female fell from 0.58 to 0.2 (n=500, margin 0.05)"
    assert float(verdict.evidence["p_adjusted"]) < 1e-9


def test_when_no_group_lost_the_worst_one_is_named() -> None:
    verdict = CHECK.judge(evidence(people(Female=(290, 10, 5, 195), Male=(1_000, 100, 50, 350))))

    assert verdict.outcome == "pass"
    assert verdict.reason == (
        "none of the 2 groups of sex lost more than 0.05; "
        "the worst: recall for sex=Female rose from 0.59 to 0.6 (n=500, margin 0.05)"
    )


def test_a_loss_within_the_margin_passes() -> None:
    assert CHECK.judge(evidence(people(Female=(290, 0, 20, 190), Male=(500, 0, 0, 500)))).outcome == "pass"


def test_a_loss_that_may_be_luck_is_inconclusive() -> None:
    verdict = CHECK.judge(evidence(people(Female=(20, 2, 6, 12), Male=(500, 0, 0, 500))))

    assert verdict.outcome == "inconclusive"
    assert "sex=Female fell from 0.65 to 0.55 (n=40, margin 0.05); that may be luck" in verdict.reason


def test_a_loss_in_a_tiny_group_is_told_but_not_judged() -> None:
    verdict = CHECK.judge(evidence(people(Other=(2, 0, 6, 2), Male=(500, 0, 0, 500))))

    assert verdict.outcome == "warn"
    assert "sex=Other fell from 0.8 to 0.2 (n=10, margin 0.05); fewer than 30 rows" in verdict.reason


def test_looking_at_many_groups_asks_for_more_proof() -> None:
    alone = people(g0=(60, 3, 12, 25))
    crowd = alone | people(**{f"g{number}": (100, 3, 3, 50) for number in range(1, 12)})
    check = SliceRegression(features=("sex",), metric="recall")

    assert check.judge(evidence(alone)).outcome == "fail"
    assert check.judge(evidence(crowd)).outcome == "inconclusive"


def test_a_metric_without_flips_is_compared_as_well() -> None:
    check = SliceRegression(features=("sex",), metric="auc", margin=0.02)
    verdict = check.judge(evidence(people(Female=(100, 0, 190, 210), Male=(1_000, 600, 50, 350))))

    assert verdict.outcome == "fail"
    assert "auc for sex=Female fell from 0.79 to 0.6" in verdict.reason


def test_without_a_champion_no_group_can_lose() -> None:
    assert CHECK.judge(evidence(people(Female=(5, 0, 0, 5)), is_first=True)).outcome == "pass"


def test_a_feature_that_was_not_measured_is_named() -> None:
    verdict = SliceRegression(features=("race",), metric="recall").judge(evidence(people(Female=(5, 0, 0, 5))))

    assert (verdict.outcome, "not split by race" in verdict.reason) == ("inconclusive", True)


def test_without_common_rows_it_says_what_to_do() -> None:
    assert "lineal evaluate" in CHECK.judge(evidence(people(Female=(5, 0, 0, 5)), pairs=None)).reason

from __future__ import annotations

import pytest

from lineal.checks.judges.not_worse_than_champion import NotWorseThanChampion
from tests.unit.checks.evidence import evidence, people, version


def judged(*, metric: str = "recall", margin: float = 0.02, **groups: tuple[int, int, int, int]) -> tuple[str, str]:
    verdict = NotWorseThanChampion(metric=metric, margin=margin).judge(evidence(people(**groups)))
    return verdict.outcome, verdict.reason


def test_a_better_candidate_passes_with_the_rows_it_fixed() -> None:
    outcome, reason = judged(all=(600, 90, 30, 280))

    assert outcome == "pass"
    assert reason.startswith("recall goes from 0.63 (income:1.0.0) to 0.69: 90 rows fixed, 30 broken of 1,000")


def test_a_candidate_that_loses_more_than_the_margin_fails() -> None:
    assert judged(all=(600, 10, 110, 280))[0] == "fail"


def test_not_significantly_worse_is_not_good_enough() -> None:
    outcome, reason = judged(all=(12, 1, 2, 5))

    assert outcome == "inconclusive"
    assert "too close to tell" in reason


def test_a_wider_margin_lets_the_same_rows_pass() -> None:
    rows = {"all": (600, 40, 50, 310)}

    assert [judged(margin=margin, **rows)[0] for margin in (0.0, 0.01, 0.05)] == [
        "inconclusive",
        "inconclusive",
        "pass",
    ]


@pytest.mark.parametrize("metric", ["recall", "accuracy", "auc", "f1", "log_loss"])
def test_the_same_weights_are_not_worse_even_without_a_margin(metric: str) -> None:
    same = evidence(people(all=(6, 0, 0, 4)), champion=version())
    verdict = NotWorseThanChampion(metric=metric, margin=0.0).judge(same)

    assert (verdict.outcome, "the weights are the champion's" in verdict.reason) == ("pass", True)


@pytest.mark.parametrize("metric", ["recall", "accuracy", "auc", "f1", "brier"])
def test_the_same_answers_to_few_rows_do_not_show_that_other_weights_are_as_good(metric: str) -> None:
    assert judged(metric=metric, margin=0.0005, all=(6, 0, 0, 4))[0] == "inconclusive"
    assert judged(metric=metric, margin=0.005, all=(6_000, 0, 0, 4_000))[0] == "pass"


@pytest.mark.parametrize("metric", ["accuracy", "auc", "f1", "log_loss", "brier"])
def test_every_metric_sees_a_large_loss(metric: str) -> None:
    assert judged(metric=metric, margin=0.0, all=(600, 5, 200, 195))[0] == "fail"


def test_without_a_champion_there_is_nothing_to_be_worse_than() -> None:
    verdict = NotWorseThanChampion(metric="accuracy", margin=0.0).judge(
        evidence(people(all=(5, 0, 0, 5)), is_first=True)
    )

    assert (verdict.outcome, verdict.reason) == (
        "pass",
        "no version stands there yet that income:1.1.0 could be worse than",
    )


def test_without_common_rows_it_says_what_to_do() -> None:
    verdict = NotWorseThanChampion(metric="accuracy", margin=0.0).judge(evidence(people(all=(5, 0, 0, 5)), pairs=None))

    assert verdict.outcome == "inconclusive"
    assert "lineal evaluate each of them" in verdict.reason


def test_the_evidence_holds_mcnemars_exact_p() -> None:
    verdict = NotWorseThanChampion(metric="recall", margin=0.0).judge(evidence(people(all=(10, 1, 9, 10))))

    assert verdict.evidence["p"] == pytest.approx(11 / 1024)  # at least 9 of 10 coins

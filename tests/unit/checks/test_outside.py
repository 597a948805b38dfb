"""Results of other tools decide only where their rows are known and their counts or errors tell how sure they are."""

from __future__ import annotations

from typing import Any

import pytest

from lineal.checks.evidence import Evidence
from lineal.checks.judges.fairness_gap import FairnessGap
from lineal.checks.judges.metric_floor import MetricFloor
from lineal.checks.judges.not_worse_than_champion import NotWorseThanChampion
from lineal.objects.digest import digest_of
from lineal.objects.outside_evaluations import OutsideEvaluation, OutsideResult
from lineal.objects.statements import Verdict
from tests.unit.checks.evidence import DATASET, evidence, people, version

WOMEN = OutsideResult(
    feature="sex",
    value="Female",
    row_count=1_000,
    metrics={"selection_rate": 0.5, "recall": 0.8},
    shares={"selection_rate": (500, 1_000)},
)
MEN = OutsideResult(
    feature="sex",
    value="Male",
    row_count=1_000,
    metrics={"selection_rate": 0.3, "recall": 0.7},
    shares={"selection_rate": (300, 1_000)},
)


def known(*results: OutsideResult, **changes: Any) -> Evidence:
    """Return evidence of a version of which only another tool measured something, on the held-out rows."""
    whole = {"format": "f", "tool": "meter", "tool_version": "2.1", "tree": digest_of(b"files"), "dataset": DATASET}
    said = OutsideEvaluation(**{**whole, **changes}, results=results)
    return Evidence(version=version(), reference="income:1.1.0", outside=(said,), held_out=DATASET)


def counted(metric: str, hits: int, of: int, **where: Any) -> OutsideResult:
    """Return a metric that is a share of rows."""
    return OutsideResult(metrics={metric: hits / of}, row_count=of, shares={metric: (hits, of)}, **where)


def floor(found: Evidence, metric: str = "accuracy", at_least: float = 0.8) -> Verdict:
    """Return whether a metric is high enough."""
    return MetricFloor(metric=metric, at_least=at_least).judge(found)


def test_counts_decide_by_their_exact_interval_and_the_source_is_named() -> None:
    passed = floor(known(counted("accuracy_score", 900, 1_000)))
    few = floor(known(counted("accuracy_score", 9, 10)))

    assert passed.outcome == "pass"
    assert "n=1,000, by meter 2.1" in passed.reason
    assert few.outcome == "inconclusive"
    assert floor(known(counted("accuracy", 700, 1_000))).outcome == "fail"


def test_a_perfect_score_on_few_rows_whose_standard_error_is_zero_decides_nothing() -> None:
    found = OutsideResult(task="sums", metrics={"f1": 1.0}, row_count=10, standard_errors={"f1": 0.0})
    wide = OutsideResult(task="sums", metrics={"f1": 0.9}, row_count=400, standard_errors={"f1": 0.01})

    assert "neither counts of rows nor an error" in floor(known(found, dataset=None), "sums/f1").reason
    assert floor(known(wide, dataset=None), "sums/f1").outcome == "pass"
    assert floor(known(wide, dataset=None), "sums/f1", 0.89).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"dataset": None}, "the result of meter 2.1 is bound to no dataset; give it again with --dataset"),
        ({"dataset": digest_of(b"other")}, "is of another dataset than the held-out one"),
    ],
)
def test_rows_that_nobody_named_decide_nothing(changes: dict[str, Any], why: str) -> None:
    verdict = floor(known(counted("accuracy", 990, 1_000), **changes))

    assert (verdict.outcome, why in verdict.reason) == ("inconclusive", True)


def test_a_task_names_its_rows_itself() -> None:
    found = known(counted("acc", 900, 1_000, task="hellaswag"), dataset=None)

    assert floor(found, "hellaswag/acc").outcome == "pass"
    assert floor(found, "acc").reason.startswith("acc of income:1.1.0 is not known")


def test_a_value_alone_and_a_word_for_a_number_decide_nothing() -> None:
    assert "neither counts of rows" in floor(known(OutsideResult(metrics={"accuracy": 0.99}))).reason
    assert "gives NaN" in floor(known(OutsideResult(metrics={"accuracy": "NaN"}))).reason


def test_what_was_measured_here_goes_before_what_another_tool_says() -> None:
    both = evidence(people(Female=(90, 0, 0, 10)), is_first=True, outside=known(counted("accuracy", 1, 1_000)).outside)

    assert floor(both).outcome == "pass"


def test_a_fairness_gap_needs_counts_in_each_group() -> None:
    gap = FairnessGap(metric="selection_rate", feature="sex", at_most=0.1).judge(known(WOMEN, MEN))
    other = FairnessGap(metric="recall", feature="sex", at_most=0.1).judge(known(WOMEN, MEN))
    unbound = FairnessGap(metric="selection_rate", feature="sex", at_most=0.1).judge(known(WOMEN, MEN, dataset=None))

    assert gap.outcome == "fail"
    assert "meter 2.1 has recall by sex, but not of how many rows it is a share" in other.reason
    assert (unbound.outcome, "bound to no dataset" in unbound.reason) == ("inconclusive", True)


def test_a_comparison_with_the_champion_needs_rows() -> None:
    found = evidence(
        people(Female=(90, 0, 0, 10)),
        evaluation=None,
        pairs=None,
        outside=known(counted("accuracy", 900, 1_000)).outside,
    )

    verdict = NotWorseThanChampion(metric="accuracy", margin=0.01).judge(found)

    assert verdict.outcome == "inconclusive"
    assert "the result of meter 2.1 has no answers to single rows, which a comparison needs" in verdict.reason

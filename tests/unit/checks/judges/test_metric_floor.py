from __future__ import annotations

import pytest

from lineal.checks.judges.metric_floor import MetricFloor
from tests.unit.checks.evidence import evidence, people, version

EVIDENCE = evidence(people(Female=(50, 0, 0, 50), Male=(90, 0, 0, 10)))
"""2,000 rows that are no, all right; recall 0.5 of 100 women and 0.9 of 100 men."""


@pytest.mark.parametrize(
    ("at_least", "outcome", "sentence"),
    [
        (0.6, "pass", "recall is 0.7 (95 % interval 0.631 to 0.763, n=2,200), at least 0.6 as asked"),
        (0.8, "fail", "recall is 0.7 (95 % interval 0.631 to 0.763, n=2,200), but at least 0.8 is asked"),
    ],
)
def test_the_whole_interval_must_clear_the_bar(at_least: float, outcome: str, sentence: str) -> None:
    verdict = MetricFloor(metric="recall", at_least=at_least).judge(EVIDENCE)

    assert (verdict.outcome, verdict.reason) == (outcome, sentence)
    assert verdict.evidence["low"] == pytest.approx(0.63135, abs=1e-4)


@pytest.mark.parametrize("bar", [0.68, 0.72])
def test_too_close_to_tell_says_how_many_rows_would_decide(bar: float) -> None:
    verdict = MetricFloor(metric="recall", at_least=bar).judge(EVIDENCE)

    assert verdict.outcome == "inconclusive"
    assert "too close to tell with 2,200 rows; about " in verdict.reason
    assert 15_000 < float(verdict.evidence["rows_needed"]) < 30_000


def test_with_the_rows_it_asked_for_it_decides() -> None:
    few = MetricFloor(metric="accuracy", at_least=0.965).judge(evidence(people(Female=(70, 0, 0, 30))))
    times = float(few.evidence["rows_needed"]) / float(few.evidence["rows"])
    many = people(Female=(70, 0, 0, 30))
    grown = {cell: round(count * times * 1.1) for cell, count in many.items()}

    assert few.outcome == "inconclusive"
    assert MetricFloor(metric="accuracy", at_least=0.965).judge(evidence(grown)).outcome == "pass"


@pytest.mark.parametrize(("at_most", "outcome"), [(0.1, "pass"), (0.01, "fail"), (0.057, "inconclusive")])
def test_a_ceiling_is_judged_from_the_other_side(at_most: float, outcome: str) -> None:
    assert MetricFloor(metric="brier", at_most=at_most).judge(EVIDENCE).outcome == outcome


@pytest.mark.parametrize(("group", "outcome"), [("Female", "fail"), ("Male", "pass")])
def test_a_subgroup_can_be_named(group: str, outcome: str) -> None:
    verdict = MetricFloor(metric=f"recall[sex={group}]", at_least=0.7).judge(EVIDENCE)

    assert (verdict.outcome, verdict.evidence["rows"]) == (outcome, 1_100)


def test_what_only_the_run_measured_is_judged_by_its_value() -> None:
    verdict = MetricFloor(metric="validation_accuracy", at_least=0.8).judge(EVIDENCE)

    assert (verdict.outcome, "as the run itself measured it" in verdict.reason) == ("pass", True)


def test_an_unknown_metric_is_inconclusive_and_names_those_that_are_known() -> None:
    verdict = MetricFloor(metric="acuracy", at_least=0.8).judge(EVIDENCE)

    assert verdict.outcome == "inconclusive"
    assert "acuracy of income:1.1.0 is not known; measured are accuracy" in verdict.reason


def test_a_version_that_was_never_measured_says_what_to_do() -> None:
    bare = evidence(people(Female=(5, 0, 0, 5)), evaluation=None, version=version(metrics={}))

    assert "lineal evaluate income:1.1.0" in MetricFloor(metric="accuracy", at_least=0.8).judge(bare).reason


def test_a_value_just_below_the_bar_never_reads_as_if_it_were_on_it() -> None:
    close = evidence(people(Female=(50, 0, 0, 50)), evaluation=None, version=version(metrics={"auc": 0.83996}))

    assert MetricFloor(metric="auc", at_least=0.84).judge(close).reason.startswith("auc is 0.83996 (")

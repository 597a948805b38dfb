from __future__ import annotations

import re
from itertools import product

import pytest

from lineal.checks.check import Check, checks
from lineal.checks.explaining import explain
from lineal.checks.gate import SEVERITY, judge
from lineal.checks.judges.approvals import Approvals
from lineal.checks.judges.card_sections import CardSections
from lineal.checks.judges.leakage import Leakage
from lineal.checks.judges.lineage_complete import LineageComplete
from lineal.checks.judges.metric_floor import MetricFloor
from tests.unit.checks.evidence import evidence, people, version

CELLS = people(all=(5, 0, 0, 5))

BY_OUTCOME: dict[str, Check] = {
    "pass": MetricFloor(metric="accuracy", at_least=0.5),
    "warn": LineageComplete(),
    "inconclusive": MetricFloor(metric="unknown", at_least=0.5),
    "fail": Approvals(),
}
LOOSE = version(data=(*version().data, version().data[0].__class__(path="x", digest=version().weights)))


@pytest.mark.parametrize("outcomes", list(product(BY_OUTCOME, repeat=2)), ids="-".join)
def test_the_worst_verdict_is_the_gates(outcomes: tuple[str, str]) -> None:
    asked = [BY_OUTCOME[each] for each in outcomes]

    found, verdicts = judge(asked, evidence(CELLS, version=LOOSE))

    assert list(outcomes) == [each.outcome for each in verdicts]
    assert [each.name for each in asked] == [each.check for each in verdicts]
    assert found == max(outcomes, key=("pass", "warn", "inconclusive", "fail").index)


def test_a_gate_that_asks_nothing_passes() -> None:
    assert judge((), evidence(CELLS)) == ("pass", ())


def test_a_failure_is_worse_than_not_knowing() -> None:
    assert SEVERITY[-1] == "fail"
    assert judge([CardSections(), BY_OUTCOME["inconclusive"]], evidence(CELLS))[0] == "fail"


def test_every_check_is_found_by_its_name_and_says_what_it_does() -> None:
    found = checks()

    assert all((kind.__doc__ or "").startswith(("Passes", "Fails", "A ")) for kind in found.values())
    assert all(explain(kind).question.partition("? ")[1] for kind in found.values())
    assert found["leakage"] is Leakage


def test_every_option_of_every_check_is_told_and_nothing_else() -> None:
    for name, kind in checks().items():
        told = [each.name for each in explain(kind).options if each.text]
        listed = re.findall(r"^ {8}(\w+): ", (kind.__doc__ or "").partition("Options:")[2], re.MULTILINE)

        assert (name, told, sorted(listed)) == (name, list(kind.__struct_fields__), sorted(kind.__struct_fields__))


def test_a_check_that_does_not_judge_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Check()  # type: ignore[abstract]

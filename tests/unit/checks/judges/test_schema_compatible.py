from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lineal.checks.judges.schema_compatible import SchemaCompatible
from lineal.objects.runs import ModelFacts
from tests.unit.checks.evidence import FACTS, evidence, people, version

CELLS = people(all=(1, 0, 0, 1))


def judged(**changes: Any) -> tuple[str, str]:
    changed = version(facts=msgspec.structs.replace(FACTS, **changes))
    verdict = SchemaCompatible().judge(evidence(CELLS, version=changed))
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"inputs": {**FACTS.inputs, "zip": "int64"}}, "callers must now send zip"),
        ({"inputs": {"age": "int32", "job": "object"}}, "the input age was int64 and is int32"),
        ({"outputs": {"salary": "object"}}, "income is no longer answered"),
        ({"classes": ("yes", "no")}, "the classes were no, yes and are yes, no"),
    ],
)
def test_what_breaks_callers_fails_by_name(changes: dict[str, Any], broken: str) -> None:
    outcome, reason = judged(**changes)

    assert outcome == "fail"
    assert reason.startswith("callers of income:1.0.0 break: ")
    assert broken in reason


def test_the_same_columns_pass() -> None:
    assert judged() == ("pass", "callers of income:1.0.0 go on as before: the same 2 inputs and outputs")


def test_asking_for_less_passes() -> None:
    assert judged(inputs={"age": "int64"})[0] == "pass"


def test_unknown_columns_are_inconclusive() -> None:
    unknown = evidence(CELLS, version=version(facts=ModelFacts()))

    assert SchemaCompatible().judge(unknown).outcome == "inconclusive"


def test_the_first_version_breaks_nobody() -> None:
    assert SchemaCompatible().judge(evidence(CELLS, is_first=True)).outcome == "pass"

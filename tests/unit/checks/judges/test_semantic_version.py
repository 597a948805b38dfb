from __future__ import annotations

import pytest

from lineal.checks.judges.semantic_version import SemanticVersion
from tests.unit.checks.evidence import evidence, people

CELLS = people(all=(5, 0, 0, 5))


@pytest.mark.parametrize(
    ("semantic", "approvals", "outcome"),
    [
        ("1.0.1", (), "pass"),
        ("1.1.0", (), "pass"),
        ("2.0.0", (), "fail"),
        ("2.0.0", ("ada",), "fail"),
        ("2.0.0", ("ada", "bert"), "pass"),
        ("2.0.0-rc.1", (), "fail"),
        ("0.9.0", (), "fail"),
        ("1.0.0", (), "pass"),
        ("soon", ("bert",), "inconclusive"),
    ],
)
def test_a_major_step_needs_somebody_else(semantic: str, approvals: tuple[str, ...], outcome: str) -> None:
    assert SemanticVersion().judge(evidence(CELLS, semantic=semantic, approvals=approvals)).outcome == outcome


def test_going_back_is_a_warning() -> None:
    given = evidence(CELLS, semantic="1.0.1", champion_semantic="1.2.0")

    assert SemanticVersion().judge(given).outcome == "warn"


def test_nobody_can_lift_what_nobody_may() -> None:
    given = evidence(CELLS, semantic="1.1.0", approvals=("bert",))
    verdict = SemanticVersion(at_most="patch", approvals=0).judge(given)

    assert (verdict.outcome, verdict.reason) == ("fail", "1.0.0 → 1.1.0 is a minor step, but at most patch may pass")


def test_the_first_version_takes_no_step() -> None:
    assert SemanticVersion().judge(evidence(CELLS, is_first=True)).outcome == "pass"

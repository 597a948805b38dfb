from __future__ import annotations

import pytest

from lineal.checks.judges.approvals import Approvals
from tests.unit.checks.evidence import evidence, people


@pytest.mark.parametrize(
    ("count", "names", "outcome"),
    [
        (1, (), "fail"),
        (1, ("ada",), "fail"),
        (1, ("grace",), "pass"),
        (1, ("ada", "grace"), "pass"),
        (2, ("grace",), "fail"),
        (2, ("grace", "grace"), "fail"),
        (2, ("grace", "mary"), "pass"),
    ],
)
def test_only_different_people_other_than_the_author_count(count: int, names: tuple[str, ...], outcome: str) -> None:
    verdict = Approvals(count=count).judge(evidence(people(all=(1, 0, 0, 1)), approvals=names))

    assert verdict.outcome == outcome


def test_an_author_who_approves_is_told_why_it_does_not_count() -> None:
    verdict = Approvals().judge(evidence(people(all=(1, 0, 0, 1)), approvals=("ada",)))

    assert verdict.reason == (
        "approved by nobody else; 1 more must approve; ada made it, so their own approval does not count; "
        "lineal approve income:1.1.0"
    )

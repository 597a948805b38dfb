from __future__ import annotations

import pytest

from lineal.checks.judges.card_sections import CardSections
from tests.unit.checks.evidence import evidence, people

FRESH = dict.fromkeys(("intended-use", "ethical-considerations", "caveats"), "fresh")


@pytest.mark.parametrize(
    ("states", "outcome", "sentence"),
    [
        (FRESH, "pass", "all 3 sections that are asked for are written and up to date"),
        (
            {**FRESH, "caveats": "stale"},
            "fail",
            "Caveats and recommendations is stale: what it speaks about has changed",
        ),
        (
            {},
            "fail",
            "Intended use is missing (Who should use this model, for what decision, and what must it not be used for?); ",
        ),
        (
            {**FRESH, "caveats": "too short"},
            "fail",
            "Caveats and recommendations is too short; lineal model card income",
        ),
        (
            {**FRESH, "caveats": "placeholder"},
            "fail",
            "Caveats and recommendations is only a placeholder (What was not tested, ",
        ),
        ({**FRESH, "factors": "missing"}, "pass", "all 3 sections"),
    ],
)
def test_what_production_requires_must_be_written_and_fresh(
    states: dict[str, str], outcome: str, sentence: str
) -> None:
    verdict = CardSections().judge(evidence(people(all=(1, 0, 0, 1)), section_states=states))

    assert (verdict.outcome, sentence in verdict.reason) == (outcome, True)


def test_a_policy_may_ask_for_other_sections() -> None:
    check = CardSections(sections=("factors",))

    assert check.judge(evidence(people(all=(1, 0, 0, 1)), section_states=FRESH)).outcome == "fail"


def test_a_stale_section_is_told_with_what_changed() -> None:
    changes = {"caveats": ("training data: data:a@1 became data:a@2", "the worst-off groups: now also sex = Female")}
    states = {**FRESH, "caveats": "stale"}
    verdict = CardSections().judge(evidence(people(all=(1, 0, 0, 1)), section_states=states, section_changes=changes))

    assert verdict.reason == (
        "Caveats and recommendations is stale: training data: data:a@1 became data:a@2;"
        " the worst-off groups: now also sex = Female; lineal model card income:1.1.0 --edit"
    )

"""Did a person write what no program can know? Sections of the card, written in earnest and about the present facts."""

from __future__ import annotations

from difflib import get_close_matches

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.formats.cards.sections import HUMAN, SECTIONS
from lineal.objects.statements import Verdict


class CardSections(Check, frozen=True, tag="card_sections"):
    """Passes when each of ``sections`` is written and fresh; by default those that production requires.

    Options:
        sections: the ids of sections that a person writes.
    """

    sections: tuple[str, ...] = tuple(each.id for each in SECTIONS if "production" in each.required_for)

    def __post_init__(self) -> None:
        """Refuse a section that nobody writes."""
        if wrong := next((each for each in self.sections if each not in HUMAN), None):
            near = get_close_matches(wrong, HUMAN, 1)
            told = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"no section that a person writes is called {wrong!r}{told} (there are {', '.join(HUMAN)})"
            )

    def judge(self, evidence: Evidence) -> Verdict:
        """Look at the state of each section."""
        found = {each: evidence.section_states.get(each, "missing") for each in self.sections}
        bad = {each: state for each, state in found.items() if state != "fresh"}
        numbers = {"asked": len(found), "fresh": len(found) - len(bad)}
        if not bad:
            return self.verdict(
                "pass", f"all {len(found)} sections that are asked for are written and up to date", **numbers
            )
        told = "; ".join(f"{HUMAN[each].title} is {_told(state, evidence, each)}" for each, state in bad.items())
        return self.verdict("fail", f"{told}; lineal model card {evidence.name} --edit", **numbers)


def _told(state: str, evidence: Evidence, section: str) -> str:
    """Return a state in words, with what to do about it where that is not plain."""
    if state == "stale":
        changes = evidence.section_changes.get(section, ())
        return "stale: " + ("; ".join(changes) or "what it speaks about has changed")
    about = HUMAN[section].asks if state in {"missing", "placeholder"} else ""
    said = "only a placeholder" if state == "placeholder" else state
    return f"{said} ({about})" if about else said

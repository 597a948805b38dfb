"""Is the step small enough to go by itself? A major version breaks callers, and somebody should have agreed to that."""

from __future__ import annotations

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import listed
from lineal.objects.errors import Invalid
from lineal.objects.semantic import Level, parse_semantic
from lineal.objects.semantic import SemanticVersion as Semantic
from lineal.objects.statements import Verdict

_LEVELS: tuple[Level, ...] = ("patch", "minor", "major")


class SemanticVersion(Check, frozen=True, tag="semantic_version"):
    """Passes when the step from the champion's semantic version is at most ``at_most``, or people approved a larger one.

    So no major version gets to production unseen. An older version than the champion's is a warning: it goes back.

    Options:
        at_most: the largest step that needs nobody: patch, minor or major.
        approvals: how many people other than the author lift that; 0 when nobody can.
    """

    at_most: Level = "minor"
    approvals: int = 1

    def __post_init__(self) -> None:
        """Refuse a negative number of people."""
        if self.approvals < 0:
            raise ValueError(f"approvals must be zero or more, not {self.approvals}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare both versions' names."""
        if evidence.champion is None:
            return self.verdict("pass", "no version stands there yet that a step could be from")
        try:
            old, new = (parse_semantic(each) for each in (evidence.champion_semantic, evidence.semantic))
        except Invalid as error:
            return self.verdict("inconclusive", error.message)
        return self._stepped(old, new, evidence)

    def _stepped(self, old: Semantic, new: Semantic, evidence: Evidence) -> Verdict:
        step: Level = "major" if old.major != new.major else "minor" if old.minor != new.minor else "patch"
        others = sorted({*evidence.approvals} - {evidence.author})
        numbers = {"approvals": len(others), "asked": self.approvals}
        said = f"{evidence.champion_semantic} → {evidence.semantic} is a {step} step"
        if _LEVELS.index(step) <= _LEVELS.index(self.at_most):
            if new < old:
                return self.verdict("warn", f"{said} back to an older version", **numbers)
            return self.verdict("pass", f"{said}, {self.at_most} at most as asked", **numbers)
        if self.approvals and len(others) >= self.approvals:
            return self.verdict("pass", f"{said}, approved by {listed(others)}", **numbers)
        found = "; ".join(each for each in (evidence.bump.findings if evidence.bump else ()) if each.startswith(step))
        why = f" ({found})" if found else ""
        if not self.approvals:
            return self.verdict("fail", f"{said}{why}, but at most {self.at_most} may pass", **numbers)
        still = self.approvals - len(others)
        reason = (
            f"{said}{why}; {still} more must approve what is more than {self.at_most}; lineal approve {evidence.name}"
        )
        return self.verdict("fail", reason, **numbers)

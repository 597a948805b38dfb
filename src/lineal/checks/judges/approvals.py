"""Did enough people stand up for it? The author's own word does not count."""

from __future__ import annotations

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import listed
from lineal.objects.statements import Verdict


class Approvals(Check, frozen=True, tag="approvals"):
    """Passes when ``count`` people other than the author approved the version: the two-person rule.

    Options:
        count: how many.
        among: only the approvals of these people count; by default everybody's who may approve.
    """

    count: int = 1
    among: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a rule that asks for nobody, or for more people than there are."""
        if self.count < 1:
            raise ValueError(f"count must be at least 1, not {self.count}")
        if self.among and len({*self.among}) < self.count:
            raise ValueError(f"count is {self.count}, but among names only {len({*self.among})}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Count the others."""
        others = sorted({*evidence.approvals} - {evidence.author})
        if self.among:
            others = [each for each in others if each in self.among]
        numbers = {"approvals": len(others), "asked": self.count}
        is_own = evidence.author in evidence.approvals
        own = f"; {evidence.author} made it, so their own approval does not count" if is_own else ""
        if len(others) >= self.count:
            return self.verdict("pass", f"approved by {listed(others)}{own}", **numbers)
        have = f"approved by {listed(others)}" if others else "approved by nobody else"
        still = self.count - len(others)
        whom = f" of {listed(self.among)}" if self.among else ""
        reason = f"{have}; {still} more{whom} must approve{own}; lineal approve {evidence.name}"
        return self.verdict("fail", reason, **numbers)

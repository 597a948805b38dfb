"""Did somebody sign exactly these files, who is trusted? It takes a key, and a policy that names it."""

from __future__ import annotations

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import listed
from lineal.objects.statements import Verdict


class Signature(Check, frozen=True, tag="signature"):
    """Passes when ``count`` of those whom the policy trusts signed the version: any of them, or only those in ``by``.

    Options:
        by: who may sign; by default everybody whom the policy trusts.
        count: how many of them must have signed.
    """

    by: tuple[str, ...] = ()
    count: int = 1

    def __post_init__(self) -> None:
        """Refuse a rule that asks for nobody, or for more than there are."""
        if self.count < 1:
            raise ValueError(f"count must be at least 1, not {self.count}")
        if self.by and self.count > len(set(self.by)):
            raise ValueError(f"{self.count} signatures are asked of {len(set(self.by))} people")

    def judge(self, evidence: Evidence) -> Verdict:
        """Count who signed."""
        good = sorted({each.by for each in evidence.signatures if each.state == "good"})
        counted = [each for each in good if not self.by or each in self.by]
        numbers = {"signatures": len(counted), "asked": self.count}
        if bad := [each.reason for each in evidence.signatures if each.state == "bad"]:
            return self.verdict("fail", f"a signature is not that of this version: {bad[0]}", **numbers)
        if len(counted) >= self.count:
            return self.verdict("pass", f"signed by {listed(counted)}", **numbers)
        others = [each.reason for each in evidence.signatures if each.state == "untrusted"]
        others += [f"signed by {each}, who is not among those who are asked" for each in good if each not in counted]
        have = listed(others) if others else "nobody signed it" if not counted else f"signed only by {listed(counted)}"
        asked = f"{self.count} of {listed(sorted(self.by))}" if self.by else f"{self.count} whom [signing.keys] trusts"
        return self.verdict("fail", f"{have}; asked for: {asked}; lineal model sign {evidence.name}", **numbers)

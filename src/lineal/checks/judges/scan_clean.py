"""Would loading it do harm? The files must have been scanned, and nothing worse found than is allowed."""

from __future__ import annotations

from typing import Literal

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import listed
from lineal.objects.scans import SCAN_OUTCOMES, ScanFinding
from lineal.objects.statements import Outcome, Verdict


class ScanClean(Check, frozen=True, tag="scan_clean"):
    """Fails when the newest scan found hostile or unreadable files, or something suspicious where only clean may pass.

    Options:
        at_most: the worst that passes: ``clean``, or ``suspicious``, which is then a warning.
        allow: names, packages or files that somebody vouches for; what is suspicious about them does not count. What is
            hostile or unreadable counts whoever vouches for it.
    """

    at_most: Literal["clean", "suspicious"] = "suspicious"
    allow: tuple[str, ...] = ()

    def judge(self, evidence: Evidence) -> Verdict:
        """Look at the findings that nobody vouches for."""
        scan = evidence.scan
        if scan is None:
            if not evidence.version.weights or evidence.version.source:
                return self.verdict(
                    "inconclusive", f"the files of {evidence.name} are not here, so nobody looked into them"
                )
            return self.verdict("inconclusive", f"nobody looked into the files; lineal model scan {evidence.name}")
        left = [each for each in scan.findings if each.outcome != "suspicious" or not self._allows(each)]
        worst = max((SCAN_OUTCOMES.index(each.outcome) for each in left), default=0)
        numbers = {
            "findings": len(left) + scan.left_out,
            "allowed": len(scan.findings) - len(left),
            "rules": scan.rules,
        }
        if not left and not scan.left_out:
            return self.verdict("pass", f"{sum(scan.formats.values())} files would load nothing but a model", **numbers)
        worst = max(worst, 1)
        said = listed(
            [_sentence(each) for each in left if each.outcome == SCAN_OUTCOMES[worst]] or ["more than is kept"]
        )
        outcome: Outcome = "fail" if worst > SCAN_OUTCOMES.index(self.at_most) else "warn"
        return self.verdict(outcome, f"{SCAN_OUTCOMES[worst]}: {said}", **numbers)

    def _allows(self, finding: ScanFinding) -> bool:
        return any(each in {finding.file, finding.what} or finding.what.startswith(each + ".") for each in self.allow)


def _sentence(finding: ScanFinding) -> str:
    where = f"{finding.file}!{finding.member}" if finding.member else finding.file
    return f"{finding.what} in {where}: {finding.why}"

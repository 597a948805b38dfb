"""Will those who call the model notice? What they send must still be taken, what they get must still be there."""

from __future__ import annotations

from lineal.checks.bump import schema_findings
from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.objects.statements import Verdict


class SchemaCompatible(Check, frozen=True, tag="schema_compatible"):
    """Fails when inputs or outputs differ from the champion's so that callers break, by the rules of the bump."""

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare both versions' columns."""
        if evidence.champion is None:
            return self.verdict("pass", "no version stands there yet that callers could be used to")
        old, new = evidence.champion.facts, evidence.version.facts
        if not (old.inputs or old.outputs) or not (new.inputs or new.outputs):
            return self.verdict(
                "inconclusive", f"the columns of {evidence.name} or {evidence.champion_name} are not known"
            )
        found = schema_findings(old, new)
        numbers = {"inputs": len(new.inputs), "champion_inputs": len(old.inputs)}
        if breaking := [each.sentence for each in found if each.level == "major"]:
            return self.verdict("fail", f"callers of {evidence.champion_name} break: {'; '.join(breaking)}", **numbers)
        told = "; ".join(each.sentence for each in found) or f"the same {len(new.inputs)} inputs and outputs"
        return self.verdict("pass", f"callers of {evidence.champion_name} go on as before: {told}", **numbers)

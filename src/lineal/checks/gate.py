"""A gate: the checks of a stage, judged together."""

from __future__ import annotations

from collections.abc import Iterable

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.objects.statements import Outcome, Verdict

SEVERITY: tuple[Outcome, ...] = ("pass", "warn", "inconclusive", "fail")
"""From best to worst; a gate answers with the worst of its verdicts."""


def judge(checks: Iterable[Check], evidence: Evidence) -> tuple[Outcome, tuple[Verdict, ...]]:
    """Return the gate's outcome and the verdict of each check, in the policy's order. Without checks, pass."""
    verdicts = tuple(check.judge(evidence) for check in checks)
    worst = max((SEVERITY.index(each.outcome) for each in verdicts), default=0)
    return SEVERITY[worst], verdicts

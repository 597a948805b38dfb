"""The semantic version that the evidence asks for: what differs from the version before, and how much it matters.

Major: a caller or the serving side may break. Minor: answers may differ. Patch: the weights are the same, or all golden
requests are answered as before. The level is the highest of the findings. Start with ``rules``.
"""

from lineal.checks.bump.deriving import Subject, derive, findings
from lineal.checks.bump.rewritten import may_be_rewritten, same_tensors
from lineal.checks.bump.rules import RULES, Finding, Levels, Rule
from lineal.checks.bump.signature import schema_findings

__all__ = [
    "RULES",
    "Finding",
    "Levels",
    "Rule",
    "Subject",
    "derive",
    "findings",
    "may_be_rewritten",
    "same_tensors",
    "schema_findings",
]

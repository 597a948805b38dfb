"""What does a function of yours say? Python, run in a process of its own beside the policy."""

from __future__ import annotations

import re

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.judges.command import NOT_RUN
from lineal.objects.statements import Verdict

_NAMED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class Function(Check, frozen=True, tag="function"):
    """Passes when a Python function returns True; ``call`` names it as ``module:function``, from the policy's directory.

    It is called with one dict: what is known of the version (``version``, ``champion``, ``stage``, ``evaluation``,
    ``champion_evaluation``, ``params``, ``metrics``, ``files``). It returns True or False, or a dict with ``outcome``
    (pass, warn, fail, inconclusive), ``reason`` and ``numbers``. A failed assertion fails with its message; any other
    exception is inconclusive. It runs in a process of its own, as ``command`` does, and under the same rules.

    Options:
        call: the function, as checks.behaviour:judge.
        timeout_s: after so many seconds it is ended, which is inconclusive.
        files: lay out the version's files for it.
    """

    call: str
    timeout_s: float = 300.0
    files: bool = False

    def __post_init__(self) -> None:
        """Refuse what names no function."""
        if not _NAMED.fullmatch(self.call):
            raise ValueError(f"call must be module:function, not {self.call!r}")
        if not self.timeout_s > 0:
            raise ValueError(f"timeout_s must be more than zero, not {self.timeout_s}")

    @property
    def asked(self) -> str:
        """By which name the evidence has what came of it."""
        return f"function {self.call}"

    def judge(self, evidence: Evidence) -> Verdict:
        """Read what came of it."""
        ran = evidence.ran.get(self.asked)
        if ran is None:
            return self.verdict("inconclusive", f"{self.call}: {NOT_RUN}")
        return self.verdict(ran.outcome, f"{self.call}: {ran.said}", **ran.numbers)

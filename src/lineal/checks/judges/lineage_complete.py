"""Can it be told where the version came from? Training data, code and runtime must be known."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import listed
from lineal.objects.digest import short
from lineal.objects.statements import Verdict


class LineageComplete(Check, frozen=True, tag="lineage_complete"):
    """Passes when the version read a dataset version, and its code and packages are recorded.

    A file that was read and belongs to no dataset is a warning: it may be the settings, or data that nobody added.
    """

    def judge(self, evidence: Evidence) -> Verdict:
        """Look for each part."""
        numbers = {
            "datasets": len({each.dataset for each in evidence.version.data if each.dataset}),
            "files": len(evidence.version.data),
            "packages": len(evidence.runtime.packages) if evidence.runtime else 0,
        }
        if missing := list(_missing(evidence)):
            return self.verdict("fail", "; ".join(missing), **numbers)
        known = ", ".join(
            sorted({f"{each.path} ({short(each.dataset)})" for each in evidence.version.data if each.dataset})
        )
        loose = sorted(each.path for each in evidence.version.data if each.dataset is None)
        said = f"trained on {known}; {_code(evidence)}; packages recorded: {numbers['packages']}"
        if loose:
            return self.verdict("warn", f"{said}; also read, but in no dataset: {listed(loose)}", **numbers)
        return self.verdict("pass", said, **numbers)


def _missing(evidence: Evidence) -> Iterator[str]:
    data = evidence.version.data
    if not data:
        yield f"{evidence.name} read no file that we saw, so what it was trained on is not known"
    elif not any(each.dataset for each in data):
        read = listed(sorted(each.path for each in data))
        yield f"what {evidence.name} read is no dataset version: {read}; lineal data add it"
    if not _code(evidence):
        yield f"the code of {evidence.name} is not known: no commit and no sources were recorded"
    if evidence.runtime is None or not evidence.runtime.packages:
        yield f"the packages that {evidence.name} was made with are not recorded"


def _code(evidence: Evidence) -> str:
    code = evidence.code
    if code is None:
        return ""
    if code.commit:
        return f"code at commit {code.commit[:12]}{' with recorded changes' if code.diff or code.untracked else ''}"
    return "sources recorded" if code.untracked or code.diff else ""

from __future__ import annotations

import pytest

from lineal.checks.judges.scan_clean import ScanClean
from lineal.objects.scans import Scan, ScanFinding, ScanOutcome
from tests.unit.checks.evidence import evidence, people


def found(outcome: ScanOutcome, what: str) -> ScanFinding:
    return ScanFinding(rule="r", outcome=outcome, file="model.pkl", what=what, why="so")


def judged(check: ScanClean, *findings: ScanFinding) -> tuple[str, str]:
    worst = findings[0].outcome if findings else "clean"
    scan = Scan(outcome=worst, rules=1, findings=findings, formats={"pickle": 1})
    verdict = check.judge(evidence(people(all=(1, 0, 0, 1)), scan=scan))
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize(
    ("findings", "by_default", "where_only_clean_may_pass"),
    [
        ((), "pass", "pass"),
        ((found("suspicious", "acme.Model"),), "warn", "fail"),
        ((found("unreadable", "model.pkl"),), "fail", "fail"),
        ((found("hostile", "os.system"), found("suspicious", "acme.Model")), "fail", "fail"),
    ],
)
def test_what_passes_is_what_the_policy_lets(
    findings: tuple[ScanFinding, ...], by_default: str, where_only_clean_may_pass: str
) -> None:
    assert by_default == judged(ScanClean(), *findings)[0]
    assert where_only_clean_may_pass == judged(ScanClean(at_most="clean"), *findings)[0]


def test_the_reason_names_what_where_and_why() -> None:
    assert ("fail", "hostile: os.system in model.pkl: so") == judged(ScanClean(), found("hostile", "os.system"))


@pytest.mark.parametrize("allowed", ["acme", "acme.Model", "model.pkl"])
def test_somebody_may_vouch_for_a_package_a_name_or_a_file(allowed: str) -> None:
    check = ScanClean(at_most="clean", allow=(allowed,))

    assert "pass" == judged(check, found("suspicious", "acme.Model"))[0]
    assert "fail" == judged(check, found("suspicious", "acmexyz.Model"))[0] or allowed == "model.pkl"


def test_nobody_may_vouch_for_what_is_hostile() -> None:
    assert "fail" == judged(ScanClean(allow=("os", "model.pkl")), found("hostile", "os.system"))[0]


def test_files_that_nobody_looked_into_decide_nothing() -> None:
    verdict = ScanClean().judge(evidence(people(all=(1, 0, 0, 1))))

    assert ("inconclusive", True) == (verdict.outcome, "lineal model scan" in verdict.reason)


def test_findings_that_were_too_many_to_keep_count_too() -> None:
    scan = Scan(outcome="suspicious", rules=1, left_out=3)

    assert "fail" == ScanClean(at_most="clean").judge(evidence(people(all=(1, 0, 0, 1)), scan=scan)).outcome

"""A gate's answer in the forms that pipelines read."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from lineal.cli.render.reports import github, gitlab, junit, markdown
from lineal.objects.statements import Verdict
from lineal.operations.answers.models import GateAnswer

NASTY = 'recall[sex=a|b] is <0.5> & "low"\x07: 100 %\nsecond, line'
ANSWER = GateAnswer(
    reference="churn:1.2.0",
    stage="production",
    outcome="fail",
    champion="churn:1.1.0",
    policy="sha256:" + "a" * 64,
    verdicts=(
        Verdict(check="lineage_complete", outcome="pass", reason="known", evidence={"files": 2}),
        Verdict(check="metric_floor", outcome="fail", reason=NASTY, evidence={"value": 0.5, "high": "Infinity"}),
        Verdict(check="metric_floor", outcome="inconclusive", reason="too close to tell"),
        Verdict(check="churn", outcome="warn", reason="look"),
    ),
)


def test_junit_is_xml_with_a_failure_an_error_and_the_numbers() -> None:
    suite = ET.fromstring(junit(ANSWER))[0]
    cases = {each.get("name"): each for each in suite}

    assert {name: suite.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
    }
    assert list(cases) == ["lineage_complete", "metric_floor 1", "metric_floor 2", "churn"]
    failure = cases["metric_floor 1"].find("failure")
    assert failure is not None
    assert failure.text == NASTY.replace("\x07", "\ufffd")
    assert [each.attrib for each in cases["metric_floor 1"].iter("property")] == [
        {"name": "value", "value": "0.5"},
        {"name": "high", "value": "Infinity"},
    ]
    assert cases["metric_floor 2"].find("error") is not None
    assert cases["churn"].findtext("system-out") == "warn: look"


def test_markdown_is_a_table_that_no_reason_breaks() -> None:
    lines = markdown(ANSWER).splitlines()
    row = next(each for each in lines if "metric_floor 1" in each and "is" in each)

    assert lines[0] == "### ❌ fail: `churn:1.2.0` before production"
    assert row.replace("\\|", "").count("|") == 4
    assert "<0.5>" not in row.replace("\\<0.5\\>", "")
    assert "<br>second, line" in row
    assert lines[-1] == "Policy `sha256:aaaaaaaaaaaa`, compared with `churn:1.1.0`."


def test_github_gets_a_command_for_what_is_no_pass() -> None:
    said = list(github(ANSWER, "a,b/lineal.toml", [3, 6, 11, 15]))

    assert said[0].startswith(
        "::error file=a%2Cb/lineal.toml,line=6,title=fail%3A metric_floor 1::churn:1.2.0 before production: recall[sex"
    )
    assert said[0].endswith("100 %25%0Asecond, line")
    assert [each.partition(" ")[0] for each in said] == ["::error", "::error", "::warning"]
    assert "line=" not in "".join(github(ANSWER, "lineal.toml", [3]))


def test_gitlab_gets_a_report_whose_fingerprints_stay() -> None:
    found = json.loads(gitlab(ANSWER, "lineal.toml", [3, 6, 11, 15]))
    again = json.loads(gitlab(ANSWER, "lineal.toml", []))

    assert [(each["severity"], each["location"]["lines"]["begin"]) for each in found] == [
        ("critical", 6),
        ("major", 11),
        ("minor", 15),
    ]
    assert [each["fingerprint"] for each in found] == [each["fingerprint"] for each in again]
    assert len({each["fingerprint"] for each in found}) == 3

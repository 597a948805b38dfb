"""A gate's answer in the forms that pipelines read: JUnit, Markdown, annotations of GitHub and GitLab."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from xml.sax.saxutils import escape, quoteattr

from lineal.objects.statements import Outcome, Verdict
from lineal.operations.answers.models import GateAnswer

_WORDS: dict[Outcome, str] = {"pass": "✅ pass", "warn": "⚠️ warn", "inconclusive": "❔ inconclusive", "fail": "❌ fail"}

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def printable(text: str) -> str:
    """Return a text as XML can hold it."""
    return _UNPRINTABLE.sub("\ufffd", text)


def names(verdicts: Sequence[Verdict]) -> list[str]:
    """Return what each verdict is called: its check, with a number where the policy asks it more than once."""
    many, met = Counter(each.check for each in verdicts), Counter[str]()
    found = []
    for each in verdicts:
        met[each.check] += 1
        found.append(f"{each.check} {met[each.check]}" if many[each.check] > 1 else each.check)
    return found


def junit(answer: GateAnswer) -> str:
    """Return a gate's answer as JUnit's XML: a failure for ``fail``, an error for ``inconclusive``."""
    kinds = Counter(each.outcome for each in answer.verdicts)
    suite = f"gate {answer.stage} {answer.reference}"
    head = f'name={quoteattr(suite)} tests="{len(answer.verdicts)}" failures="{kinds["fail"]}"'
    head += f' errors="{kinds["inconclusive"]}" skipped="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {head}>", f"<testsuite {head}>"]
    for name, each in zip(names(answer.verdicts), answer.verdicts, strict=True):
        lines += _case(f"lineal.gate.{answer.stage}", name, each)
    return "\n".join([*lines, "</testsuite>", "</testsuites>"]) + "\n"


def _case(classname: str, name: str, verdict: Verdict) -> Iterator[str]:
    reason = printable(verdict.reason)
    yield f'<testcase classname={quoteattr(classname)} name={quoteattr(name)} time="0">'
    if verdict.evidence:
        yield "<properties>"
        yield from (f'<property name={quoteattr(key)} value="{value}"/>' for key, value in verdict.evidence.items())
        yield "</properties>"
    if tag := {"fail": "failure", "inconclusive": "error"}.get(verdict.outcome):
        yield f"<{tag} type={quoteattr(verdict.outcome)} message={quoteattr(reason)}>{escape(reason)}</{tag}>"
    else:
        yield f"<system-out>{escape(f'{verdict.outcome}: {reason}')}</system-out>"
    yield "</testcase>"


def markdown(answer: GateAnswer) -> str:
    """Return a gate's answer as Markdown, for a pull request or the summary of a job."""
    against = f", compared with `{answer.champion}`" if answer.champion else ""
    lines = [f"### {_WORDS[answer.outcome]}: `{answer.reference}` before {answer.stage}", ""]
    lines += ["| verdict | check | why |", "|---|---|---|"]
    for name, each in zip(names(answer.verdicts), answer.verdicts, strict=True):
        lines.append(f"| {_WORDS[each.outcome]} | `{name}` | {_cell(each.reason)} |")
    numbers = [
        f"| `{name}` | {', '.join(f'{key} {_number(value)}' for key, value in each.evidence.items())} |"
        for name, each in zip(names(answer.verdicts), answer.verdicts, strict=True)
        if each.evidence
    ]
    lines += [
        "",
        "<details><summary>numbers</summary>",
        "",
        "| check | numbers |",
        "|---|---|",
        *numbers,
        "",
        "</details>",
    ]
    return "\n".join([*lines, "", f"Policy `{answer.policy[:19]}`{against}."]) + "\n"


def _cell(text: str) -> str:
    """Return a text as a cell of a table of Markdown, in which nothing of it is markup."""
    plain = re.sub(r"([\\`*_{}\[\]<>#|~@])", r"\\\1", text)
    return "<br>".join(plain.splitlines())


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def github(answer: GateAnswer, path: str, lines: Sequence[int]) -> Iterator[str]:
    """Yield a workflow command of GitHub for each verdict that is no ``pass``; ``lines`` are those of the checks."""
    for name, each, line in _told(answer, lines):
        level = "warning" if each.outcome == "warn" else "error"
        place = f"file={_property(path)},line={line}," if line else ""
        title = _property(f"{each.outcome}: {name}")
        yield f"::{level} {place}title={title}::{_data(f'{answer.reference} before {answer.stage}: {each.reason}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_SEVERITY: dict[Outcome, str] = {"warn": "minor", "inconclusive": "major", "fail": "critical"}


def gitlab(answer: GateAnswer, path: str, lines: Sequence[int]) -> str:
    """Return a code quality report of GitLab: one entry for each verdict that is no ``pass``."""
    found = [
        {
            "description": f"{answer.reference} before {answer.stage}: {each.reason}",
            "check_name": name,
            # By what it is about, so that it is the same one in the next pipeline.
            "fingerprint": sha256(f"{answer.reference}\0{answer.stage}\0{name}".encode()).hexdigest(),
            "severity": _SEVERITY[each.outcome],
            "location": {"path": path, "lines": {"begin": line or 1}},
        }
        for name, each, line in _told(answer, lines)
    ]
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _told(answer: GateAnswer, lines: Sequence[int]) -> Iterator[tuple[str, Verdict, int]]:
    known = lines if len(lines) == len(answer.verdicts) else [0] * len(answer.verdicts)
    for name, each, line in zip(names(answer.verdicts), answer.verdicts, known, strict=True):
        if each.outcome != "pass":
            yield name, each, line

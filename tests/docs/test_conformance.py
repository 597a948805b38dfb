"""The page about MLflow's own tests counts each of them once, and leaves no failure unsaid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.conformance.report import Outcome, kind_of, page
from tools.conformance.scope import DIFFERENCES, FILES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "mlflow-conformance.md"
REST = "tests/tracking/test_rest_tracking.py"


def outcome(name: str, said: str = "", *, came: str = "failed") -> Outcome:
    """Return what came of a test of one file."""
    return Outcome(f"{REST}::{name}", came, said)


@pytest.mark.parametrize(
    ("ours", "theirs", "kind"),
    [
        ("passed", "failed", "passed"),
        ("failed", "passed", "failed"),
        ("failed", "skipped", "failed"),
        ("failed", "failed", "also fails there"),
        ("skipped", "passed", "out of scope"),
        ("out of scope", "out of scope", "out of scope"),
    ],
)
def test_a_failure_is_excused_only_by_one_of_mlflows_own_server(ours: str, theirs: str, kind: str) -> None:
    assert kind == kind_of(outcome("test_a", came=ours), outcome("test_a", came=theirs))


def test_every_failure_is_named_and_says_why() -> None:
    differing = next(iter(DIFFERENCES))
    ours = {each.test: each for each in (outcome("test_a[x-1]", "assert 1 == 2"), outcome(f"{differing}[y]", "no"))}
    text = "\n".join(page(ours, {}, tested="3.11", client="3.17"))

    assert "| `test_a[x-1]` of `test_rest_tracking.py` | assert 1 == 2 |" in text
    assert f"| `{differing}[y]` of `test_rest_tracking.py` | {DIFFERENCES[differing]} |" in text
    assert f"| `{REST}` | 0 | 0 | 1 | 1 | 0 |" in text


def test_the_page_counts_each_test_once() -> None:
    rows = {
        name: [int(each) for each in counts.split("|")]
        for name, counts in re.findall(
            r"^\| (\S+) \| ((?:\d+ \| )+\d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    files = [rows[f"`{each}`"] for each in FILES]

    assert [sum(column) for column in zip(*files, strict=True)] == rows["**all**"]

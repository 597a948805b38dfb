"""Semantic versions that are proposed, as people read them: release notes."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.checks.bump.changes import changes_said
from lineal.cli.render.page import Page
from lineal.objects.replays import AnswerChanges
from lineal.operations.answers.bumps import BumpAnswer, BumpFinding


def one(answer: BumpAnswer, page: Page) -> Iterator[str]:
    """Yield which semantic version is asked for, and each finding under its level."""
    against = f", {answer.level} after {answer.against}" if answer.against else ", the first version of its model"
    yield f"{page.title(answer.reference)}  asks for {answer.semantic}{against}"
    if answer.given:
        yield from page.facts((("it has", answer.given), ("overridden because", answer.overridden_because)))
    for level in ("major", "minor", "patch"):
        yield from page.bullets(level, (_sentence(each) for each in answer.findings if each.level == level))
    if answer.pre_release:
        changed = answer.since_pre_release or ("nothing: it became the release",)
        yield from page.bullets(f"since {answer.pre_release}", changed)
    yield from page.bullets("answers", map(_changed, answer.changes))


def _changed(found: AnswerChanges) -> str:
    return f"{'held-out rows' if found.dataset else 'golden requests'}: {changes_said(found)}"


def _sentence(finding: BumpFinding) -> str:
    return f"{finding.what} [{finding.rule}]"

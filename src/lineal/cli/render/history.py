"""Differences, the journal and verification, as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from lineal.cli.render.page import Page, plain
from lineal.cli.render.units import ago, count, moment, number, size
from lineal.objects.canonical import NOT_FINITE
from lineal.objects.digest import short
from lineal.operations.answers import Diff, LogLine, Problem, Repair, Verification

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_METRICS = "metrics"
"""The part whose values are measured numbers."""

_CODE_TONES = {"+": "good", "-": "bad", "@": "faint"}


def diff(answer: Diff, page: Page) -> Iterator[str]:
    """Yield what differs, part by part, the left beside the right."""
    yield f"{page.title(answer.left)} → {page.title(answer.right)}"
    if answer.same:
        yield "  they are the same in everything"
    for part, found in groupby(answer.differences, key=lambda each: each.part):
        yield f"  {page.title(part)}"
        yield from page.table(
            ("WHAT", "LEFT", "RIGHT"),
            ((each.name, _brief(part, each.left), _brief(part, each.right)) for each in found),
            indent="    ",
        )
    if answer.code_diff:
        yield f"  {page.title('code, line by line')}"
        for line in answer.code_diff.splitlines():
            shown = plain(line.replace("\t", "    "))
            tone = _CODE_TONES.get(line[:1])
            yield "    " + (page.paint(shown, tone) if tone else shown)


def _brief(part: str, text: str) -> str:
    """Return one side of a difference: digests and measured numbers shortened, as elsewhere."""
    if part == _METRICS and text not in NOT_FINITE:
        try:
            return number(float(text))
        except ValueError:
            pass
    return _DIGEST.sub(lambda found: short(found[0]), text) or "—"


def log(answers: Sequence[LogLine], page: Page) -> Iterator[str]:
    """Yield a table of acts, newest first."""
    yield from page.table(
        ("#", "WHEN (UTC)", "BY", "WHAT", "SUBJECT", "OUTCOME", "DETAIL"),
        (
            (
                str(each.sequence),
                f"{moment(each.at)} ({ago(each.at, page.now)})",
                each.by,
                each.operation,
                each.subject,
                each.outcome,
                each.detail,
            )
            for each in answers
        ),
        right=("#",),
    )


def verification(answer: Verification, page: Page) -> Iterator[str]:
    """Yield what was checked, and everything that was wrong."""
    checked = ", ".join(
        (
            count(answer.blobs, "file"),
            size(answer.size_bytes),
            count(answer.objects, "object"),
            count(answer.journal_entries, "journal entry", "journal entries"),
        )
    )
    if not answer.problems:
        yield f"{page.paint('✓ sound', 'good')}: {checked}"
        return
    wrong = f"✗ {count(len(answer.problems), 'problem')}"
    yield f"{page.paint(wrong, 'bad')} in {checked}"
    yield from _problems(answer.problems, page)


def repair(answer: Repair, page: Page) -> Iterator[str]:
    """Yield what was mended, and what is still wrong."""
    if answer.indexed_packs:
        yield f"{count(answer.indexed_packs, 'pack')} found again"
    yield from (f"{page.paint('✓ mended', 'good')} {each}" for each in answer.mended)
    if not answer.problems:
        yield f"{page.paint('✓ sound', 'good')}: nothing is damaged or missing"
        return
    wrong = f"✗ {count(len(answer.problems), 'problem')}"
    yield f"{page.paint(wrong, 'bad')} that no remote could mend"
    yield from _problems(answer.problems, page)


def _problems(problems: Iterable[Problem], page: Page) -> Iterator[str]:
    for each in problems:
        yield from page.wrapped(f"✗ {each.what}: {each.where}", indent="  ", hanging="  ")
        if each.used_by:
            yield from page.wrapped(f"needed by {', '.join(each.used_by)}", indent="      ")

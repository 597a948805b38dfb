"""The journal and verification, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lineal.cli.render.page import Page
from lineal.cli.render.units import ago, count, moment, size
from lineal.operations.answers.journal import SignatureAnswer
from lineal.operations.answers.questions import LogLine
from lineal.operations.answers.upkeep import Problem, Repair, Verification


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
    entries = count(answer.journal_entries, "journal entry", "journal entries")
    bytes_read = (count(answer.blobs, "file"), size(answer.size_bytes), count(answer.objects, "object"))
    checked = ", ".join(
        (*(bytes_read if answer.objects or answer.blobs else ()), *(() if answer.reference else (entries,)))
    )
    if answer.remote:
        checked = f"{count(answer.blobs, 'file')}, {size(answer.size_bytes)} of {answer.remote}"
    if answer.reference:
        yield from _signatures(answer, page)
    if not answer.problems:
        yield f"{page.paint('✓ sound', 'good')}: {checked}"
        if answer.since is not None:
            yield f"  the first {answer.since:,} are those of the checkpoint that was kept"
        return
    wrong = f"✗ {count(len(answer.problems), 'problem')}"
    yield f"{page.paint(wrong, 'bad')} in {checked}"
    yield from _problems(answer.problems, page)


def _signatures(answer: Verification, page: Page) -> Iterator[str]:
    yield page.title(answer.reference)
    for each in answer.signatures:
        yield from signature(each, page)
    if not answer.signatures:
        yield "  nobody signed it"


def signature(answer: SignatureAnswer, page: Page) -> Iterator[str]:
    """Yield what a signature is worth."""
    sign, tone = {"good": ("✓", "good"), "untrusted": ("?", "doubtful")}.get(answer.state, ("✗", "bad"))
    lead = page.paint(f"{sign} {answer.state}", tone)
    yield f"  {lead}: {answer.reason} ({moment(answer.at)}, added by {answer.added_by})"


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

"""Golden requests and what came of asking them, as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from lineal.checks.bump.changes import changes_said
from lineal.checks.bump.replay import replay_seen
from lineal.cli.render.page import Page, plain
from lineal.cli.render.units import count
from lineal.objects.replays import AnswerChanges, Golden, Replay
from lineal.objects.statements import Statement
from lineal.operations.answers.golden import GoldenAnswers, GoldenLine, ReplayAnswer


def of_version(statements: Sequence[Statement], page: Page) -> Iterator[str]:
    """Yield what is known of the golden requests of a version, and how many of its answers are others than before."""
    newest = sorted(statements, key=lambda each: each.at, reverse=True)
    golden = next((each.predicate for each in newest if isinstance(each.predicate, Golden)), None)
    if golden:
        yield from page.bullets("golden requests", (golden_summary(golden), *golden.gaps))
    changes = next((each.predicate for each in newest if isinstance(each.predicate, AnswerChanges)), None)
    if changes:
        yield from page.bullets("on the held-out rows", (changes_said(changes),))


def golden_summary(found: Golden) -> str:
    """Return golden requests in one line."""
    origins = ", ".join(f"{each:,} {name}" for name, each in found.origins.items())
    inherited = f"; {found.inherited:,} of versions before" if found.inherited else ""
    of = f" of {found.dataset}" if found.dataset else ""
    if not found.answers:
        state = "not asked"
    else:
        state = (
            ", ".join(
                each
                for each in (
                    f"{found.unanswered:,} not answered" if found.unanswered else "",
                    f"{found.unstable:,} answered otherwise the second time" if found.unstable else "",
                )
                if each
            )
            or "all answered, the same twice"
        )
    return f"{count(found.request_count, 'golden request')} ({origins}{of}{inherited}): {state}"


def replay_summary(found: Replay) -> str:
    """Return a replay in one line."""
    first = next(replay_seen(found), None)
    return f"replayed: {first.sentence}" if first else "replayed"


def one(answer: ReplayAnswer, page: Page) -> Iterator[str]:
    """Yield how a version answers golden requests."""
    yield f"{page.title(answer.reference)}  against {answer.against}: {answer.replay.outcome}"
    yield from (f"  {plain(each.sentence)}" for each in replay_seen(answer.replay))
    if example := answer.replay.example:
        yield f"  the first, request {example.place}: {plain(example.request)}"
        yield f"    before {plain(example.before)}"
        yield f"    now    {plain(example.after)}"
    if answer.replay.changes:
        yield f"  {changes_said(answer.replay.changes)}"
    yield from page.facts((("asked in", answer.replay.environment), *(("beside", each) for each in answer.notes)))


def requests(answer: GoldenAnswers, page: Page) -> Iterator[str]:
    """Yield golden requests, each with its answer."""
    yield f"{page.title(answer.reference)}  {golden_summary(answer.golden)}"
    yield from page.facts((("asked in", answer.golden.environment), *(("gap", each) for each in answer.golden.gaps)))
    for number, each in enumerate(answer.requests, 1):
        truth = f", true answer {', '.join(each.labels)}" if each.labels else ""
        yield f"  {number} {each.origin}{plain(truth)}"
        yield f"    {plain(each.request)}"
        yield f"    → {plain(_answered(each))}"
    if (left := answer.golden.request_count - len(answer.requests)) > 0:
        yield f"  … {count(left, 'more request')}; --limit shows more"


def _answered(line: GoldenLine) -> str:
    if not line.status:
        return line.reason
    status = "" if line.status == HTTPStatus.OK else f"{line.status} "
    again = f"; asked again: {line.again}" if line.again else ""
    return f"{status}{line.answer or line.reason}{again}"

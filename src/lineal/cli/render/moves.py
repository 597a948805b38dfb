"""Moves, holds and webhooks as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.cli.render import verdicts
from lineal.cli.render.page import Page
from lineal.cli.render.units import moment, when
from lineal.operations.answers.registry import (
    DeliveryLine,
    HoldAnswer,
    HookAnswer,
    Moves,
    NewSecretAnswer,
    PlannedMove,
    RemovedVersion,
    WebhookAnswer,
    WebhookTest,
)


def made(answer: Moves, page: Page) -> Iterator[str]:
    """Yield what became of versions that moved together."""
    for each in answer.promotions:
        yield from verdicts.promotion(each, page)


def planned(answer: PlannedMove, page: Page) -> Iterator[str]:
    """Yield everything that is known of a planned move."""
    yield f"{page.title(answer.reference)}  {answer.state}"
    yield from page.facts(
        (
            ("versions", ", ".join(answer.versions)),
            ("to", answer.stage),
            ("at", f"{moment(answer.due_at)} UTC"),
            ("reason", answer.reason),
            ("forced", "yes" if answer.force else ""),
            ("planned", f"{when(answer.planned_at, page.now)} by {answer.planned_by}"),
            ("came of it", answer.detail),
        )
    )


def plans(answers: Sequence[PlannedMove], page: Page) -> Iterator[str]:
    """Yield a table of planned moves."""
    yield from page.table(
        ("MOVE", "AT (UTC)", "VERSIONS", "TO", "BY", "STATE", "DETAIL"),
        (
            (
                each.id,
                moment(each.due_at),
                ", ".join(each.versions),
                each.stage,
                each.planned_by,
                each.state,
                each.detail,
            )
            for each in answers
        ),
    )


def hold(answer: HoldAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a hold."""
    yield f"{page.title(answer.reference)}  is held: {answer.reason}"
    yield from page.facts(
        (("hold", answer.id), ("placed", f"{when(answer.placed_at, page.now)} by {answer.placed_by}"))
    )


def holds(answers: Sequence[HoldAnswer], page: Page) -> Iterator[str]:
    """Yield a table of holds."""
    yield from page.table(
        ("VERSION", "KIND", "REASON", "SINCE (UTC)", "BY", "RELEASED (UTC)", "BY", "BECAUSE", "HOLD"),
        (
            (
                each.reference,
                each.kind,
                each.reason,
                moment(each.placed_at),
                each.placed_by,
                moment(each.released_at) if each.released_at else "",
                each.released_by,
                each.released_because,
                each.id,
            )
            for each in answers
        ),
    )


def removed(answer: RemovedVersion, page: Page) -> Iterator[str]:
    """Yield what is left of a version."""
    yield f"{page.title(answer.reference)}  was removed because {answer.reason}"
    yield from page.facts((("digest", answer.digest), ("by", answer.removed_by)))


def webhook(answer: WebhookAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a webhook."""
    yield f"{page.title(answer.name)}  {answer.state}"
    yield from page.facts(
        (
            ("id", answer.id),
            ("url", answer.url),
            ("events", ", ".join(answer.events)),
            ("format", answer.format),
            ("signed", "yes" if answer.is_signed else "no"),
            ("about", answer.description),
            ("made", f"{when(answer.created_at, page.now)} by {answer.created_by}"),
        )
    )


def webhooks(answers: Sequence[WebhookAnswer], page: Page) -> Iterator[str]:
    """Yield a table of webhooks."""
    yield from page.table(
        ("WEBHOOK", "NAME", "STATE", "FORMAT", "URL", "EVENTS"),
        ((each.id, each.name, each.state, each.format, each.url, ", ".join(each.events)) for each in answers),
    )


def tried(answer: WebhookTest, page: Page) -> Iterator[str]:
    """Yield what came of trying a webhook."""
    said = "took it" if answer.success else "did not take it"
    yield f"{page.title(answer.reference)}  {said}"
    yield from page.facts((("status", str(answer.status or "")), ("problem", answer.problem), ("answer", answer.body)))


def new_secret(answer: NewSecretAnswer, page: Page) -> Iterator[str]:
    """Yield a webhook's new secret, if one was made."""
    if answer.secret:
        yield f"{answer.secret}"
        yield page.paint("this is the only time that it is shown", "faint")
    else:
        yield f"{page.title(answer.reference)}  has the new secret"
    if answer.previous_until:
        yield page.paint(f"the one before signs too until {moment(answer.previous_until)} UTC", "faint")


def hooks(answers: Sequence[HookAnswer], page: Page) -> Iterator[str]:
    """Yield a table of hooks."""
    yield from page.table(
        ("HOOK", "ON", "RUN", "WHEN", "WAITING", "DEAD"),
        (
            (
                each.name,
                ", ".join(each.on),
                each.run,
                ("before" if each.before else "after") + ("" if each.runs_here else ", not here"),
                str(each.waiting or ""),
                str(each.dead or ""),
            )
            for each in answers
        ),
    )


def deliveries(answers: Sequence[DeliveryLine], page: Page) -> Iterator[str]:
    """Yield a table of messages to a webhook."""
    yield from page.table(
        ("MESSAGE", "EVENT", "STATE", "TRIES", "NEXT (UTC)", "STATUS", "PROBLEM"),
        (
            (
                each.id,
                each.event,
                each.state,
                str(each.attempt_count),
                moment(each.due_at) if each.due_at else "",
                str(each.status or ""),
                each.problem,
            )
            for each in answers
        ),
    )

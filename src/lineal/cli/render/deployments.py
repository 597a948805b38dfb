"""Deployments as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.cli.render.page import Page
from lineal.cli.render.units import ago, moment, when
from lineal.operations.answers.models import DeploymentAnswer

_STATE_TONES = {"running": "good", "stopped": "faint", "starting": "doubtful"}


def one(answer: DeploymentAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a deployment."""
    tone = _STATE_TONES.get(answer.state, "bad")
    yield f"{page.title(answer.version)} in {answer.environment}: {page.paint(answer.state, tone)}"
    yield from page.facts(
        (
            ("deployment", answer.reference),
            ("address", answer.endpoint),
            ("target", answer.target),
            ("desired", answer.desired),
            ("observed", _observed(answer)),
            ("requests", f"{answer.request_count:,}"),
            ("started", f"{when(answer.started_at, page.now)} by {answer.started_by}"),
            ("ended", when(answer.ended_at, page.now) if answer.ended_at else ""),
            ("after", answer.previous),
        )
    )


def many(answers: Sequence[DeploymentAnswer], page: Page) -> Iterator[str]:
    """Yield a table of deployments."""
    yield from page.table(
        ("VERSION", "ENVIRONMENT", "STATE", "ADDRESS", "REQUESTS", "STARTED (UTC)", "BY", "DEPLOYMENT"),
        (
            (
                each.version,
                each.environment,
                each.state,
                each.endpoint,
                f"{each.request_count:,}",
                f"{moment(each.started_at)} ({ago(each.started_at, page.now)})",
                each.started_by,
                each.reference,
            )
            for each in answers
        ),
        right=("REQUESTS",),
        whole=("ADDRESS", "DEPLOYMENT"),
    )


def _observed(answer: DeploymentAnswer) -> str:
    if not answer.observed:
        return "nothing answers"
    return f"{answer.observed} ({'as desired' if answer.observed == answer.desired else 'NOT the desired one'})"

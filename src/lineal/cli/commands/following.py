"""What follows an act because the policy says so: tags elsewhere. The act stays done whatever comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lineal.cli.context import Context
from lineal.objects.errors import LinealError

if TYPE_CHECKING:
    from lineal.client.connect import Repository

FOLLOWED = frozenset({"model register", "model release", "model remove", "promote", "move make", "move due"})
"""The commands after which tags may be missing."""


def follow(context: Context, repository: Repository, answer: Any) -> None:
    """Tell Git and registries of what a command did, where the policy says so."""
    from lineal.client.following import followed  # noqa: PLC0415 - few commands need it

    try:
        for said in followed(repository, tuple(_versions(answer)), variables=context.variables):
            context.talk(f"lineal: {said}")
    except LinealError as error:
        context.talk(f"lineal: warning: no tags were made: {error}")


def _versions(answer: Any) -> Iterator[str]:
    """Yield the references of the versions that an answer is about."""
    from lineal.operations.answers.registry import Moves, PlannedMove  # noqa: PLC0415 - as above

    for each in answer if isinstance(answer, tuple) else (answer,):
        if isinstance(each, Moves):
            yield from (move.reference for move in each.promotions)
        elif isinstance(each, PlannedMove):
            yield from each.versions
        else:
            yield each.reference

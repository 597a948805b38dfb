"""A version: what it is made of, how it did, where it stands, how it came to be."""

from __future__ import annotations

from typing import Any

from lineal.checks.bump.changes import changes_said
from lineal.checks.bump.replay import replay_seen
from lineal.client.local import LocalRepository
from lineal.formats.cards.forms import FORMS
from lineal.objects.errors import NotFound
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.objects.replays import AnswerChanges, Golden, Replay
from lineal.objects.scans import Scan
from lineal.objects.statements import Bump, Evaluation, GateReport
from lineal.objects.structures import Structure
from lineal.operations.answers.models import VersionAnswer
from lineal.web.drawing import lineage_svg
from lineal.web.pages.page import Asked

_REQUESTS_SHOWN = 6


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return a version with what is known of it. Raises NotFound."""
    found = repository.show(asked.name)
    if not isinstance(found, VersionAnswer):
        raise NotFound(f"{asked.name} is no version", hint="the search above finds versions")
    run = repository.show(found.run) if found.run else None
    return {
        "version": found,
        "run": run,
        "evaluation": _newest(found, Evaluation),
        "outside": _outside(found),
        "gate": _newest(found, GateReport),
        "bump": _bump(found),
        "structure": _newest(found, Structure),
        "scan": _newest(found, Scan),
        **_golden(repository, found),
        "card": repository.model.card(found.reference),
        "card_forms": FORMS,
        "lineage": lineage_svg(repository.lineage(found.reference)),
        "deployments": [repository.show(each) for each in found.deployments[:5]],
        "log": repository.log(found.reference, limit=10),
    }


def _golden(repository: LocalRepository, found: VersionAnswer) -> dict[str, Any]:
    """Return the golden requests of a version, what replaying those of another showed, and how many answers changed."""
    replay, changes = _newest(found, Replay), _newest(found, AnswerChanges)
    held_out = changes.predicate if changes else None
    return {
        "golden": repository.golden.show(found.reference, limit=_REQUESTS_SHOWN) if _newest(found, Golden) else None,
        "replay": replay,
        "replayed": [each.sentence for each in replay_seen(replay.predicate)] if replay else [],
        "changes": [changes_said(each) for each in (held_out, replay.predicate.changes if replay else None) if each],
    }


def _newest(found: VersionAnswer, kind: type) -> Any:
    """Return the newest statement of a kind about the version, if there is one."""
    return next((each for each in found.statements if isinstance(each.predicate, kind)), None)


def _outside(found: VersionAnswer) -> list[Any]:
    """Return the newest result of each other tool and format."""
    newest: dict[tuple[str, str], Any] = {}
    for each in found.statements:
        if isinstance(said := each.predicate, OutsideEvaluation):
            newest.setdefault((said.tool, said.format), each)
    return list(newest.values())


def _bump(found: VersionAnswer) -> Any:
    """Return why the version has its number; the same bytes may have got others."""
    own = (
        each for each in found.statements if isinstance(it := each.predicate, Bump) and it.semantic == found.semantic
    )
    return next(own, None) or _newest(found, Bump)


def load_lineage(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return what something came from, and what came of it."""
    answer = repository.lineage(asked.name)
    return {"answer": answer, "lineage": lineage_svg(answer)}

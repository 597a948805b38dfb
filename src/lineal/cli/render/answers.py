"""Which answer is written how. A command has one answer, and imports what writes that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from lineal.cli.render.page import Page

Renderer = Callable[[Any, Page], Iterator[str]]


ONE = {
    "RunAnswer": "runs.one",
    "DatasetAnswer": "datasets.one",
    "SourceCheck": "datasets.check",
    "VersionAnswer": "versions.one",
    "BumpAnswer": "bumps.one",
    "GoldenAnswers": "golden.requests",
    "ReplayAnswer": "golden.one",
    "ModelAnswer": "versions.model",
    "Promotion": "verdicts.promotion",
    "GateAnswer": "verdicts.gate",
    "EvaluationAnswer": "verdicts.evaluation",
    "OutsideEvaluationAnswer": "outside.one",
    "DeploymentAnswer": "deployments.one",
    "RemoteAnswer": "remotes.one",
    "AccountAnswer": "accounts.one",
    "PasswordAnswer": "accounts.password",
    "NewTokenAnswer": "accounts.new_token",
    "TokenAnswer": "accounts.token",
    "GrantAnswer": "accounts.grant",
    "Diagnosis": "remotes.diagnosis",
    "Diff": "differences.diff",
    "DataDiff": "tables.diff",
    "Lineage": "lineage.lineage",
    "Forgotten": "runs.forgotten",
    "Found": "versions.found",
    "SqlAnswer": "sql.table",
    "Verification": "history.verification",
    "SignatureAnswer": "history.signature",
    "CardAnswer": "versions.card",
    "ScanAnswer": "scans.one",
    "Placed": "files.placed",
    "Collection": "files.collection",
    "Repair": "history.repair",
    "Moves": "moves.made",
    "PlannedMove": "moves.planned",
    "HoldAnswer": "moves.hold",
    "RemovedVersion": "moves.removed",
    "WebhookAnswer": "moves.webhook",
    "WebhookTest": "moves.tried",
    "NewSecretAnswer": "moves.new_secret",
}
"""What writes an answer, by the name of its class: a module beside this one and its function. Both are imported when there is such
an answer."""

MANY = {
    "RunAnswer": "runs.many",
    "ExperimentAnswer": "runs.experiments",
    "DatasetAnswer": "datasets.many",
    "ModelAnswer": "versions.models",
    "VersionLine": "versions.lines",
    "DeploymentAnswer": "deployments.many",
    "RemoteAnswer": "remotes.many",
    "AccountAnswer": "accounts.many",
    "TokenAnswer": "accounts.tokens",
    "GrantAnswer": "accounts.grants",
    "LogLine": "history.log",
    "Changes": "files.changes",
    "FileLine": "files.many",
    "Transfer": "files.transfers",
    "PlannedMove": "moves.plans",
    "HoldAnswer": "moves.holds",
    "WebhookAnswer": "moves.webhooks",
    "DeliveryLine": "moves.deliveries",
    "HookAnswer": "moves.hooks",
    "Wish": "wishes.many",
    "RecordLine": "wishes.recorded",
}
"""What writes a list of answers, likewise."""

_TOLD_ONCE = {"NewTokenAnswer": "token", "NewSecretAnswer": "secret"}
"""What scripts take of an answer instead of its reference."""


def render(answer: Any, page: Page) -> Iterator[str]:
    """Yield the lines of an answer, or of a list of answers of one type; an empty list has none."""
    if not isinstance(answer, tuple | list):
        return renderer(ONE[type(answer).__name__])(answer, page)
    return renderer(MANY[type(answer[0]).__name__])(answer, page) if answer else iter(())


def renderer(name: str) -> Renderer:
    """Return what writes answers, by its name in the tables."""
    module, _, function = name.partition(".")
    found: Renderer = getattr(import_module(f"lineal.cli.render.{module}"), function)
    return found


def references(answer: Any) -> Iterator[str]:
    """Yield what an answer can be asked for again by, for scripts."""
    kind = type(answer).__name__
    if isinstance(answer, tuple | list):
        for each in answer:
            yield from references(each)
    elif kind == "Found":
        yield from references((*answer.versions, *answer.runs))
    elif given := getattr(answer, _TOLD_ONCE.get(kind, ""), "") or getattr(answer, "reference", ""):
        yield given

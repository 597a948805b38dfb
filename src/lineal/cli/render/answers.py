"""Which answer is written how. A command has one answer, and imports what writes that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from lineal.cli.render.page import Page
from lineal.operations import answers as a

Renderer = Callable[[Any, Page], Iterator[str]]


ONE: dict[type[a.Answer], str] = {
    a.RunAnswer: "runs.one",
    a.DatasetAnswer: "datasets.one",
    a.SourceCheck: "datasets.check",
    a.VersionAnswer: "versions.one",
    a.BumpAnswer: "bumps.one",
    a.GoldenAnswers: "golden.requests",
    a.ReplayAnswer: "golden.one",
    a.ModelAnswer: "versions.model",
    a.Promotion: "verdicts.promotion",
    a.GateAnswer: "verdicts.gate",
    a.EvaluationAnswer: "verdicts.evaluation",
    a.OutsideEvaluationAnswer: "outside.one",
    a.DeploymentAnswer: "deployments.one",
    a.RemoteAnswer: "remotes.one",
    a.AccountAnswer: "accounts.one",
    a.PasswordAnswer: "accounts.password",
    a.NewTokenAnswer: "accounts.new_token",
    a.TokenAnswer: "accounts.token",
    a.GrantAnswer: "accounts.grant",
    a.Diagnosis: "remotes.diagnosis",
    a.Diff: "differences.diff",
    a.DataDiff: "tables.diff",
    a.Lineage: "lineage.lineage",
    a.Forgotten: "runs.forgotten",
    a.Found: "versions.found",
    a.SqlAnswer: "sql.table",
    a.Verification: "history.verification",
    a.SignatureAnswer: "history.signature",
    a.CardAnswer: "versions.card",
    a.ScanAnswer: "scans.one",
    a.Placed: "files.placed",
    a.Collection: "files.collection",
    a.Repair: "history.repair",
    a.Moves: "moves.made",
    a.PlannedMove: "moves.planned",
    a.HoldAnswer: "moves.hold",
    a.RemovedVersion: "moves.removed",
    a.WebhookAnswer: "moves.webhook",
    a.WebhookTest: "moves.tried",
    a.NewSecretAnswer: "moves.new_secret",
}
"""What writes an answer: a module beside this one and its function, which is imported when there is such an answer."""

MANY: dict[type[a.Answer], str] = {
    a.RunAnswer: "runs.many",
    a.ExperimentAnswer: "runs.experiments",
    a.DatasetAnswer: "datasets.many",
    a.ModelAnswer: "versions.models",
    a.VersionLine: "versions.lines",
    a.DeploymentAnswer: "deployments.many",
    a.RemoteAnswer: "remotes.many",
    a.AccountAnswer: "accounts.many",
    a.TokenAnswer: "accounts.tokens",
    a.GrantAnswer: "accounts.grants",
    a.LogLine: "history.log",
    a.Changes: "files.changes",
    a.FileLine: "files.many",
    a.Transfer: "files.transfers",
    a.PlannedMove: "moves.plans",
    a.HoldAnswer: "moves.holds",
    a.WebhookAnswer: "moves.webhooks",
    a.DeliveryLine: "moves.deliveries",
    a.HookAnswer: "moves.hooks",
    a.Wish: "wishes.many",
    a.RecordLine: "wishes.recorded",
}
"""What writes a list of answers, likewise."""


def render(answer: Any, page: Page) -> Iterator[str]:
    """Yield the lines of an answer, or of a list of answers of one type; an empty list has none."""
    if not isinstance(answer, tuple | list):
        return renderer(ONE[type(answer)])(answer, page)
    return renderer(MANY[type(answer[0])])(answer, page) if answer else iter(())


def renderer(name: str) -> Renderer:
    """Return what writes answers, by its name in the tables."""
    module, _, function = name.partition(".")
    found: Renderer = getattr(import_module(f"lineal.cli.render.{module}"), function)
    return found


def references(answer: Any) -> Iterator[str]:
    """Yield what an answer can be asked for again by, for scripts."""
    if isinstance(answer, a.Found):
        yield from references((*answer.versions, *answer.runs))
    elif isinstance(answer, a.NewTokenAnswer):
        yield answer.token
    elif isinstance(answer, a.NewSecretAnswer) and answer.secret:
        yield answer.secret
    elif isinstance(answer, tuple | list):
        for each in answer:
            yield from references(each)
    elif reference := getattr(answer, "reference", ""):
        yield reference

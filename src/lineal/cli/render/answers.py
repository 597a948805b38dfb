"""Which answer is written how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lineal.cli.render import (
    accounts,
    bumps,
    datasets,
    deployments,
    differences,
    files,
    golden,
    history,
    lineage,
    moves,
    outside,
    remotes,
    runs,
    scans,
    sql,
    tables,
    verdicts,
    versions,
    wishes,
)
from lineal.cli.render.page import Page
from lineal.operations import answers as a

Renderer = Callable[[Any, Page], Iterator[str]]


def _found(answer: a.Found, page: Page) -> Iterator[str]:
    yield from versions.lines(answer.versions, page)
    yield from runs.many(answer.runs, page)


ONE: dict[type[a.Answer], Renderer] = {
    a.RunAnswer: runs.one,
    a.DatasetAnswer: datasets.one,
    a.SourceCheck: datasets.check,
    a.VersionAnswer: versions.one,
    a.BumpAnswer: bumps.one,
    a.GoldenAnswers: golden.requests,
    a.ReplayAnswer: golden.one,
    a.ModelAnswer: versions.model,
    a.Promotion: verdicts.promotion,
    a.GateAnswer: verdicts.gate,
    a.EvaluationAnswer: verdicts.evaluation,
    a.OutsideEvaluationAnswer: outside.one,
    a.DeploymentAnswer: deployments.one,
    a.RemoteAnswer: remotes.one,
    a.AccountAnswer: accounts.one,
    a.PasswordAnswer: accounts.password,
    a.NewTokenAnswer: accounts.new_token,
    a.TokenAnswer: accounts.token,
    a.GrantAnswer: accounts.grant,
    a.Diagnosis: remotes.diagnosis,
    a.Diff: differences.diff,
    a.DataDiff: tables.diff,
    a.Lineage: lineage.lineage,
    a.Forgotten: runs.forgotten,
    a.Found: _found,
    a.SqlAnswer: sql.table,
    a.Verification: history.verification,
    a.SignatureAnswer: history.signature,
    a.CardAnswer: versions.card,
    a.ScanAnswer: scans.one,
    a.Placed: files.placed,
    a.Collection: files.collection,
    a.Repair: history.repair,
    a.Moves: moves.made,
    a.PlannedMove: moves.planned,
    a.HoldAnswer: moves.hold,
    a.RemovedVersion: moves.removed,
    a.WebhookAnswer: moves.webhook,
    a.WebhookTest: moves.tried,
    a.NewSecretAnswer: moves.new_secret,
}
"""How an answer is written."""

MANY: dict[type[a.Answer], Renderer] = {
    a.RunAnswer: runs.many,
    a.ExperimentAnswer: runs.experiments,
    a.DatasetAnswer: datasets.many,
    a.ModelAnswer: versions.models,
    a.VersionLine: versions.lines,
    a.DeploymentAnswer: deployments.many,
    a.RemoteAnswer: remotes.many,
    a.AccountAnswer: accounts.many,
    a.TokenAnswer: accounts.tokens,
    a.GrantAnswer: accounts.grants,
    a.LogLine: history.log,
    a.Changes: files.changes,
    a.FileLine: files.many,
    a.Transfer: files.transfers,
    a.PlannedMove: moves.plans,
    a.HoldAnswer: moves.holds,
    a.WebhookAnswer: moves.webhooks,
    a.DeliveryLine: moves.deliveries,
    a.HookAnswer: moves.hooks,
    a.Wish: wishes.many,
    a.RecordLine: wishes.recorded,
}
"""How a list of answers is written."""


def render(answer: Any, page: Page) -> Iterator[str]:
    """Yield the lines of an answer, or of a list of answers of one type; an empty list has none."""
    if not isinstance(answer, tuple | list):
        return ONE[type(answer)](answer, page)
    return MANY[type(answer[0])](answer, page) if answer else iter(())


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

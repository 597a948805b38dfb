"""Questions across everything: show, search, log."""

from __future__ import annotations

from collections.abc import Callable

from lineal.objects.canonical import decode
from lineal.objects.errors import Invalid
from lineal.objects.journal import JournalEntry
from lineal.operations import deployments
from lineal.operations.answers.data import DatasetAnswer
from lineal.operations.answers.models import DeploymentAnswer, ModelAnswer, RunAnswer, VersionAnswer
from lineal.operations.answers.questions import Found, LogLine
from lineal.operations.asking.searching import StoreFacts, going_on, next_of, run_lines, version_lines
from lineal.operations.data import datasets
from lineal.operations.operation import operation
from lineal.operations.people.sight import narrowed
from lineal.operations.recording import runs
from lineal.operations.references import Row, find_any, near
from lineal.operations.versioning import models
from lineal.query.pages import read_page
from lineal.query.query import check_limit, understand
from lineal.storage.store import Store

Shown = RunAnswer | DatasetAnswer | VersionAnswer | ModelAnswer | DeploymentAnswer

_SHOW: dict[str, Callable[[Store, Row], Shown]] = {
    "run": runs.show_row,
    "dataset": datasets.show_row,
    "version": models.show_row,
    "alias": models.show_row,
    "model": models.show_model,
    "deployment": deployments.show_row,
}

_KINDS = ("versions", "runs")


@operation("show", effect="reads", about={"reference": "reference"})
def show(store: Store, reference: str) -> Shown:
    """Show everything that is known of one thing.

    Args:
        reference: a model, version, run, dataset, deployment or digest.
    """
    kind, row = find_any(store, reference)
    return _SHOW[kind](store, row)


@operation("search", effect="reads", about={})
def search(store: Store, query: str, *, kind: str = "versions", limit: int = 20, page: str = "") -> Found:
    """Find versions or runs by what they measured, were made of and came from.

    Args:
        query: for example "accuracy > 0.85 and stage = production", or "best by auc trained on data:adult".
        kind: versions or runs.
        limit: at most so many on a page.
        page: go on behind the page whose answer gave this, with the same query.

    Raises:
        Invalid: the query cannot be read; the message points at the place. Or the page is that of another query.
        NotFound: it names a dataset that is not here.
    """
    if kind not in _KINDS:
        raise Invalid(f"{kind!r} cannot be searched", hint=near(kind, _KINDS, "write versions or runs"))
    check_limit(limit)
    now, token = going_on(page, store.clock.now())
    facts = StoreFacts(store)
    asked = understand(query, subject="runs" if kind == "runs" else "versions", facts=facts, now=now)
    wanted = narrowed(store, asked.wanted)
    rows, behind = read_page(wanted, limit=asked.limit or limit, page_token=token, ask=store.database.run)
    note = "; ".join(filter(None, (asked.note, "" if rows else facts.unmeasured(asked.metrics))))
    # A limit in the text is how many there are altogether.
    next_page = next_of(now, behind) if asked.limit is None else ""
    if kind == "runs":
        return Found(query=query, runs=run_lines(store, rows, asked.metrics), note=note, next_page=next_page)
    return Found(query=query, versions=version_lines(store, rows, asked.metrics), note=note, next_page=next_page)


@operation("log", effect="reads", about={"reference": "reference"})
def log(store: Store, reference: str = "", *, limit: int = 50, before: int = 0) -> tuple[LogLine, ...]:
    """Show who did what, newest first, from the journal that nobody can change unseen.

    Args:
        reference: only what concerns this model, version, run, dataset or deployment.
        limit: at most so many.
        before: only acts with a smaller number, for the next page.
    """
    exact, prefix = "", ""
    if reference:
        kind, row = find_any(store, reference)
        exact = row["name"] if kind == "model" else _SHOW[kind](store, row).reference
        prefix = exact.replace("%", "") if kind == "model" else ""
    rows = store.database.run(
        "SELECT * FROM journal WHERE (sequence < :before OR :before = 0) AND (:exact = ''"
        " OR subject = :exact OR (:prefix <> '' AND (subject LIKE :prefix || ':%' OR subject LIKE :prefix || '@%'))"
        " OR subject IN (SELECT 'deployment:' || d.id FROM deployment d JOIN version v"
        " ON v.model = d.model AND v.number = d.number WHERE d.model = :exact"
        " OR d.model || ':' || v.major || '.' || v.minor || '.' || v.patch"
        " || CASE WHEN v.pre = '' THEN '' ELSE '-' || v.pre END = :exact))"
        " ORDER BY sequence DESC LIMIT :limit",
        before=before,
        exact=exact,
        prefix=prefix,
        limit=limit,
    )
    return tuple(_line(row) for row in rows)


def _line(row: Row) -> LogLine:
    entry = decode(row["body"], JournalEntry)
    return LogLine(
        sequence=entry.sequence,
        at=entry.at,
        by=entry.by,
        operation=entry.operation,
        subject=entry.subject,
        outcome=entry.outcome,
        request=entry.request,
        detail=entry.detail,
        digest=row["digest"],
    )

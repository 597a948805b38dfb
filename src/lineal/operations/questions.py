"""Questions across everything: show, search, log."""

from __future__ import annotations

from collections.abc import Callable

from lineal.objects.canonical import decode
from lineal.objects.errors import Invalid
from lineal.objects.reference import parse_reference
from lineal.objects.statements import JournalEntry
from lineal.operations import datasets, deployments, models, runs
from lineal.operations.answers import (
    DatasetAnswer,
    DeploymentAnswer,
    Found,
    LogLine,
    ModelAnswer,
    RunAnswer,
    VersionAnswer,
)
from lineal.operations.operation import operation
from lineal.operations.references import Row, find_any, find_dataset, near
from lineal.query.query import compile_search
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
def search(store: Store, query: str, *, kind: str = "versions", limit: int = 20) -> Found:
    """Find versions or runs by what they measured, were made of and came from.

    Args:
        query: for example "accuracy > 0.85 and stage = production", or "best by auc trained on data:adult".
        kind: versions or runs.
        limit: at most so many.

    Raises:
        Invalid: the query cannot be read; the message points at the place.
        NotFound: it names a dataset that is not here.
    """
    if kind not in _KINDS:
        raise Invalid(f"{kind!r} cannot be searched", hint=near(kind, _KINDS, "write versions or runs"))
    compiled = compile_search(
        query,
        subject="runs" if kind == "runs" else "versions",
        datasets=lambda reference: _digests(store, reference),
        limit=limit,
        now=store.clock.now(),
    )
    rows = store.database.run(compiled.sql, **compiled.values)
    note = "; ".join(filter(None, (compiled.note, "" if rows else _unmeasured(store, compiled.metrics))))
    if kind == "runs":
        return Found(query=query, runs=tuple(runs.lines(store, rows)), note=note)
    lines = tuple(models.version_line(store, row, compiled.metrics) for row in rows)
    return Found(query=query, versions=lines, note=note)


def _digests(store: Store, reference: str) -> list[str]:
    """Return the dataset versions that a reference means: one, or all of a name that says no more."""
    row = find_dataset(store, reference)
    if parse_reference(reference).kind == "dataset" and not parse_reference(reference).detail:
        return [each["digest"] for each in _versions(store, row)]
    return [row["digest"]]


def _versions(store: Store, row: Row) -> list[Row]:
    return store.database.run("SELECT DISTINCT digest FROM dataset WHERE name = :name", name=row["name"])


def _unmeasured(store: Store, wanted: tuple[str, ...]) -> str:
    """Return a sentence for the first metric of the query that nothing here has: most likely a slip of the pen."""
    known = [row["key"] for row in store.database.run("SELECT DISTINCT key FROM metric_last ORDER BY key")]
    missing = next((name for name in wanted if name not in known), None)
    return (
        f"nothing here has a metric called {missing}; {near(missing, known, 'none is measured yet')}" if missing else ""
    )


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
        " OR d.model || ':' || v.major || '.' || v.minor || '.' || v.patch = :exact))"
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

"""Search: versions or runs by what they measured and came from, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from lineal.client.local import LocalRepository
from lineal.objects.errors import LinealError
from lineal.operations.answers.questions import Found
from lineal.web.pages.page import Asked

_ROWS = 50
_METRICS_MAX = 6
"""So many metrics have a column of their own."""


class _Example(NamedTuple):
    """A search to begin with, and what it finds."""

    kind: Literal["versions", "runs"]
    query: str
    finds: str


_EXAMPLES = (
    _Example("versions", "stage = production", "what stands in production"),
    _Example("versions", "accuracy > 0.85 and created > 7 days ago", "the good ones of the last week"),
    _Example("versions", "best by auc trained on data:train", "the best that came from a dataset"),
    _Example("versions", "stage = production at yesterday", "what stood in production then"),
    _Example("runs", "state = failed and started > 24 hours ago", "what failed since yesterday"),
    _Example("runs", "metrics./^val_/ > 0.9 order by started desc", "any metric whose name begins with val_"),
    _Example("runs", "package scikit-learn >= 1.4 and branch = main", "by what they ran with"),
)


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return a page of what a search finds, or why it cannot be read."""
    query, page = asked.query.get("q", ""), asked.query.get("page", "")
    kind = asked.query.get("kind", "versions")
    found, error = None, None
    try:
        found = repository.search(query, kind=kind, limit=_ROWS, page=page)
    except LinealError as wrong:
        problem, _, place = wrong.message.partition("\n")
        error = {"message": wrong.message, "hint": wrong.hint, "problem": problem, "place": place}
    return {
        "query": query,
        "kind": kind,
        "page": page,
        "found": found,
        "metrics": _metrics(found) if found else (),
        "error": error,
        "examples": _EXAMPLES,
    }


def _metrics(found: Found) -> tuple[str, ...]:
    """Return the names of the metrics that get a column: those of the first rows, in their order."""
    rows: Iterable[Any] = (*found.versions, *found.runs)
    names = dict.fromkeys(name for row in rows for name in row.metrics)
    return tuple(names)[:_METRICS_MAX]

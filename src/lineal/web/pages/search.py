"""Search: versions or runs by what they measured and came from."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.objects.errors import LinealError
from lineal.web.pages.page import Asked, Page


def _load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    query, kind = asked.query.get("q", ""), asked.query.get("kind", "versions")
    found, error = None, None
    try:
        found = repository.search(query, kind=kind, limit=100)
    except LinealError as wrong:
        error = {"message": wrong.message, "hint": wrong.hint}
    return {"query": query, "kind": kind, "found": found, "error": error}


PAGE = Page("/search", "search.html", _load)

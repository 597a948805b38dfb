"""The journal: who did what."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.web.pages.page import Asked

_LINES = 100


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return a page of the journal."""
    reference = asked.query.get("of", "")
    lines = repository.log(reference, limit=_LINES, before=asked.number("before", 0))
    older = lines[-1].sequence if len(lines) == _LINES else None
    return {"reference": reference, "log": lines, "older": older}

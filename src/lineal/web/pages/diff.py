"""In what two runs or versions differ."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid
from lineal.web.pages.page import Asked


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return in what two things differ. Raises Invalid."""
    left, _, right = asked.name.partition("...")
    if not left or not right:
        raise Invalid("two things are compared", hint="as in /diff/churn:1.0.0...churn:1.1.0")
    return {"diff": repository.diff(left, right)}

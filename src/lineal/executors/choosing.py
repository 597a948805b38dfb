"""Which executors there are, by their names."""

from __future__ import annotations

from difflib import get_close_matches

from lineal.executors.executor import Executor
from lineal.executors.local import LOCAL
from lineal.objects.errors import Invalid

DEFAULT = "local"

EXECUTORS: dict[str, Executor] = {DEFAULT: LOCAL}
"""Every executor: one name, one entry here."""


def executor_of(name: str) -> Executor:
    """Return the executor that is called ``name``; nothing is the one of this machine.

    Raises:
        Invalid: there is none of that name.
    """
    if found := EXECUTORS.get(name or DEFAULT):
        return found
    near = get_close_matches(name, EXECUTORS, 1)
    known = ", ".join(EXECUTORS)
    hint = f"did you mean {near[0]}?" if near else f"there are: {known}"
    raise Invalid(f"no executor is called {name!r}", hint=hint)

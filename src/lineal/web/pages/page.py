"""What a page is: an address, a template, and how its values are found by the verbs that everybody has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lineal.client.local import LocalRepository


class Asked(NamedTuple):
    """What a page was asked for: the name in its address, and its query string, of which ``pairs`` has what is repeated too."""

    name: str
    query: dict[str, str]
    pairs: tuple[tuple[str, str], ...] = ()

    def every(self, name: str) -> tuple[str, ...]:
        """Return all values of a name in the query string, each once."""
        return tuple(dict.fromkeys(value for each, value in self.pairs if each == name))

    def number(self, name: str, otherwise: int) -> int:
        """Return a whole number of the query string, or ``otherwise``."""
        text = self.query.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 16 else otherwise


Form = dict[str, str]
"""What somebody sent from a page."""


class Page(NamedTuple):
    """A page. ``load`` gives its values, which are also its JSON.

    ``act`` does what its form asks, and gives the address of what is to be seen then, or the page's values once more where
    something is left to be done.
    """

    path: str
    template: str
    load: Callable[[LocalRepository, Asked], dict[str, Any]]
    act: Callable[[LocalRepository, Asked, Form], str | dict[str, Any]] | None = None

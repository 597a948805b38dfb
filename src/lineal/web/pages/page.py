"""What a page is: an address, a template, and what finds its values by the verbs that everybody has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Said(dict[str, str]):
    """What an address or a form says: the last value of each name, and all that were said of one by ``every``.

    Args:
        pairs: names and values, in their order.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs = tuple(pairs)
        super().__init__(self.pairs)

    def every(self, name: str) -> tuple[str, ...]:
        """Return all values of a name, each once; empty ones are none."""
        return tuple(dict.fromkeys(value for each, value in self.pairs if each == name and value))


class Asked(NamedTuple):
    """What a page was asked for: the name in its address, and its query string."""

    name: str
    query: Said

    def number(self, name: str, otherwise: int) -> int:
        """Return a whole number of the query string, or ``otherwise``."""
        text = self.query.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 16 else otherwise


Form = Said
"""What somebody sent from a page."""


class Page(NamedTuple):
    """A page. What it does is named, and is imported when somebody asks for it.

    ``load`` takes the repository and what was asked for, and gives the page's values, which are also its JSON. ``act`` takes
    what its form says too and does it, and gives the address of what is to be seen then, or the page's values once more where
    something is left to be done. ``csv`` gives the rows of its table, from its values; a page without has no ``.csv``.
    """

    path: str
    template: str
    load: str
    act: str = ""
    csv: str = ""

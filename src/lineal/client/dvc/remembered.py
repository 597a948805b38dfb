"""What an import knows to be here already, what it adds, and what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lineal.client.connect import Repository

SYSTEM = "dvc"
"""What this system is called where imports are remembered."""


class Remembered:
    """The items of an import.

    Args:
        repository: where they are remembered.
    """

    def __init__(self, repository: Repository) -> None:
        self.known: dict[str, str] = dict(repository.imports.known(SYSTEM))
        self.left_out: list[str] = []
        self._before = len(self.known)

    @property
    def added(self) -> int:
        """How many items are new."""
        return len(self.known) - self._before

    @property
    def references(self) -> set[str]:
        """The references of everything that came from here."""
        return set(self.known.values())

    def has(self, item: str) -> bool:
        """Tell whether an item is here."""
        return item in self.known

    def add(self, item: str, reference: str) -> None:
        """Take note of an item that came."""
        self.known[item] = reference

    def leave_out(self, sentence: str) -> None:
        """Take note of what could not be had, and why."""
        if sentence not in self.left_out:
            self.left_out.append(sentence)

    @staticmethod
    def by_kind(known: Mapping[str, str]) -> dict[str, set[str]]:
        """Return the references of items by what they are: ``data``, ``run``, ``version`` and ``alias``."""
        found: dict[str, set[str]] = {"data": set(), "run": set(), "version": set(), "alias": set()}
        for reference in known.values():
            before, colon, _ = reference.partition(":")
            kind = before if colon and before in {"data", "run"} else "version" if colon else "alias"
            found[kind].add(reference)
        return found

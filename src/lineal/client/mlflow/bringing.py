"""What an import from MLflow knows to be here, what it adds, what it leaves out, and how much there should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lineal.formats.mlflow.records import LoggedModelRecord, RunRecord, VersionRecord
from lineal.objects.digest import digest_of
from lineal.objects.errors import LinealError, Unavailable
from lineal.storage.mlflow.places import reason
from lineal.storage.mlflow.target import MARK

if TYPE_CHECKING:
    from lineal.client.connect import Repository

T = TypeVar("T")

SYSTEM = "mlflow"
"""What MLflow is called where imports are remembered."""

KINDS = {
    "experiments": "experiments",
    "runs": "runs",
    "params": "params",
    "tags": "tags",
    "points": "points of metrics",
    "inputs": "inputs",
    "models": "logged models",
    "files": "files",
    "registered": "registered models",
    "versions": "versions",
    "aliases": "aliases",
}
"""What is counted, and what people call it."""


class Bringing:
    """The state of one import.

    Args:
        repository: where to.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.left_out: list[str] = []
        self.there: Counter[str] = Counter()
        self.runs: list[str] = []
        self.models: list[str] = []
        self.filed: dict[str, bool] = {}
        """Whether the files of each run and logged model are here, by its id."""
        self.registered: list[str] = []
        self.new = 0
        self._states = dict(repository.imports.states(SYSTEM))

    def state(self, item: str) -> str:
        """Return what an item was like there when it was last brought; empty when it never was."""
        return self._states.get(item, "").partition(" ")[0]

    def count(self, item: str) -> int:
        """Return how much it then was."""
        return int(self._states.get(item, "").partition(" ")[2] or 0)

    def add(self, item: str, state: str, *, is_new: bool = True) -> None:
        """Take note of an item that came."""
        self._states[item] = state
        self.new += is_new

    def leave_out(self, what: str, error: LinealError | str) -> None:
        """Take note of what could not be had, and why."""
        sentence = f"{what}: {error if isinstance(error, str) else reason(error)}"
        if sentence not in self.left_out:
            self.left_out.append(sentence)

    def send(self, verb: Callable[[tuple[T, ...]], object], items: list[T], called: Callable[[T], str]) -> list[T]:
        """Have a verb keep items together, or each for itself where one of them cannot be kept; return those that came."""
        if not items:
            return []
        try:
            verb(tuple(items))
        except Unavailable:
            raise
        except LinealError as error:
            if len(items) == 1:
                self.leave_out(called(items[0]), error)
                return []
            return [found for each in items for found in self.send(verb, [each], called)]
        return items


def state_of(value: msgspec.Struct | list[tuple[str, int]]) -> str:
    """Return a short text that differs when a value does."""
    return digest_of(msgspec.json.encode(value, order="sorted"))[7:39]


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield items in lists of at most ``size``."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


Tagged = TypeVar("Tagged", RunRecord, LoggedModelRecord, VersionRecord)


def unmarked(told: Tagged) -> Tagged:
    """Return something without the tags by which an export remembers what it took there."""
    if not any(key.startswith(MARK) for key in told.tags):
        return told
    return msgspec.structs.replace(told, tags={key: told.tags[key] for key in told.tags if not key.startswith(MARK)})

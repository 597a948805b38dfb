"""Bytes stored for the versions of one file: each system, and the bytes that are new in the versions."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.store.files import copy, generate, size_of
from benchmarks.store.measure import Outcome, Usage, talk
from benchmarks.store.systems import KINDS, LIMIT, Project, Restic

RESTIC = "restic"

_BOUNDS: dict[str, Callable[[list[int]], float]] = {
    "csv": lambda sizes: sizes[-1],
    "safetensors": lambda sizes: sizes[0] + sum(sizes[1:]) / 10,
    "parquet": lambda sizes: sizes[-1],
}
"""How many bytes the versions have that no earlier one has; of Parquet, if inserted rows only moved the others."""


class Stored:
    """The versions of one file, added one after another, the same bytes to every system.

    Args:
        home: a folder of its own.
        kind: of data, as ``data.py`` calls them; it is the file's suffix too.
        size: of the first version, in bytes.
        versions: how many.
    """

    def __init__(self, home: Path, kind: str, size: int, *, versions: int) -> None:
        self.outcome = Outcome()
        self.versions = versions
        self._kind = kind
        self._file = home / f"data.{kind}"
        self._sizes = list[int]()
        self._home = home
        self._projects = dict[str, Project]()
        self._restic = Restic(home / RESTIC) if shutil.which(RESTIC) else None
        if self._restic is None:
            talk("restic is not here; Debian's package restic brings it")
        for version in range(1, versions + 1):
            generate(kind, self._file, size, version=version)
            self._sizes.append(size_of(self._file))
            for name, add in self._adds():
                self.outcome.take(name, add)

    def _adds(self) -> Iterator[tuple[str, Callable[[], Usage]]]:
        for name in KINDS:
            yield name, partial(self._add, name)
        if self._restic:
            yield RESTIC, partial(self._restic.add, self._file)

    def _add(self, name: str) -> Usage:
        if name not in self._projects:
            self._projects[name] = KINDS[name](self._home / name, self._file.name)
        copy(self._file, self._projects[name].path)
        return self._projects[name].add()

    def share(self, name: str) -> float | None:
        """Return how many percent of the bytes of all versions a system holds, or None when it dropped out."""
        if name == LIMIT:
            return 100 * _BOUNDS[self._kind](self._sizes) / sum(self._sizes)
        holder = self._restic if name == RESTIC else self._projects.get(name)
        if holder is None or name in self.outcome.faults:
            return None
        return 100 * holder.stored_bytes() / sum(self._sizes)

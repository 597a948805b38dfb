"""Walk the directories that are to be watched: links followed once, tools' folders skipped, limits kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineal.capture.places import Ignored
    from lineal.capture.watch.watcher import Root

DIRECTORIES_MAX = 20_000
"""More would take seconds to mark and much kernel memory; the rest is noted as a gap."""


class Place(msgspec.Struct):
    """A watched directory, seen by the project as ``shown``; ``names`` maps the only files of interest to paths."""

    shown: str
    names: dict[str, str] | None = None

    def path_of(self, name: str) -> str | None:
        """Return where the project sees the file ``name`` in here, or None when it is of no interest."""
        return os.path.join(self.shown, name) if self.names is None else self.names.get(name)


class Explorer:
    """Finds every directory of the roots and hands it to ``mark``; goes on when one fails.

    Args:
        mark: starts to watch a directory (real path, place); raises OSError.
        ignored: what to leave out.
        gaps: where to say what was left out.
    """

    def __init__(self, mark: Callable[[str, Place], None], ignored: Ignored, gaps: dict[str, None]) -> None:
        self._mark = mark
        self._ignored = ignored
        self._gaps = gaps
        self._visited: dict[tuple[int, int], str] = {}
        self._partial: dict[str, dict[str, str]] = {}
        self._roots: list[str] = []

    def explore(self, roots: tuple[Root, ...]) -> None:
        """Mark every directory of ``roots``. Raises OSError when not even the first can be marked."""
        self._roots = [os.path.join(os.path.realpath(each.path), "") for each in roots if each.is_deep]
        for position, root in enumerate(roots):
            real = os.path.realpath(root.path)
            try:
                if root.is_deep:
                    self.descend(real, root.path)
                else:
                    self._add_shallow(real, root)
            except OSError as error:
                if position == 0:
                    raise
                self._gaps[f"files: {root.path} could not be watched: {error.strerror}"] = None

    def descend(self, real: str, shown: str, found: Callable[[str], None] = lambda _path: None) -> None:
        """Mark ``real`` and all below it; call ``found`` with each file. Raises OSError for ``real`` only."""
        waiting = [(real, shown)]
        while waiting:
            here, seen_as = waiting.pop()
            try:
                status = os.stat(here)
                if here != real and self._is_known(status):
                    continue
                if len(self._visited) >= DIRECTORIES_MAX:
                    self._gaps[
                        f"files: more than {DIRECTORIES_MAX} directories; not all below {shown} were watched"
                    ] = None
                    return
                self._mark(here, Place(seen_as))  # before listing, so that nothing that appears meanwhile is missed
                self._visited[status.st_dev, status.st_ino] = seen_as
                waiting += self._list(here, seen_as, found)
            except OSError as error:
                if here == real:
                    raise
                if isinstance(error, FileNotFoundError):
                    continue  # made and removed again: nothing is left of it to be recorded
                self._gaps[f"files: {seen_as} could not be watched: {error.strerror}"] = None

    def _is_known(self, status: os.stat_result) -> bool:
        """Tell whether a directory is watched under a name that it still has: one that was moved is looked at anew."""
        name = self._visited.get((status.st_dev, status.st_ino))
        try:
            return name is not None and os.path.samestat(os.stat(name), status)
        except OSError:
            return False

    def _list(self, here: str, seen_as: str, found: Callable[[str], None]) -> list[tuple[str, str]]:
        below: list[tuple[str, str]] = []
        with os.scandir(here) as entries:
            listed = list(entries)
        if any(each.name == "pyvenv.cfg" for each in listed):
            return []
        for entry in listed:
            path = os.path.join(seen_as, entry.name)
            if entry.is_symlink():
                below += self._follow(entry.path, path)
            elif entry.is_dir():
                if not self._ignored.directory(path):
                    below.append((entry.path, path))
            else:
                found(path)
        return below

    def _follow(self, link: str, seen_as: str) -> list[tuple[str, str]]:
        """Follow a link that leaves the roots; what it points at is known by the link's path."""
        real = os.path.realpath(link)
        if any(real.startswith(each) for each in self._roots) or self._ignored.directory(seen_as):
            return []
        if os.path.isdir(real):
            return [(real, seen_as)]
        if os.path.isfile(real):
            folder, name = os.path.split(real)
            self._add_names(folder, {name: seen_as})
        return []

    def _add_shallow(self, real: str, root: Root) -> None:
        if root.names is None:
            self._mark(real, Place(root.path))
            self._partial.pop(real, None)
        else:
            self._add_names(real, {name: os.path.join(root.path, name) for name in root.names})

    def _add_names(self, folder: str, names: dict[str, str]) -> None:
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in self._visited:
            return
        merged = self._partial.setdefault(folder, {})
        merged.update(names)
        self._mark(folder, Place(folder, merged))

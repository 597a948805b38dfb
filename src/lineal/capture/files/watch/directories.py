"""Walk the directories that are to be watched: links followed once, tools' folders skipped, limits kept."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.files.watch.watcher import Root

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineal.capture.files.places import Ignored

DIRECTORIES_MAX = 20_000
"""More would take seconds to mark and much kernel memory; the rest is left to another level."""

_FULL = frozenset((errno.ENOSPC, errno.ENOMEM))
_NOT_THERE = frozenset((errno.ENODEV, errno.EOPNOTSUPP, errno.EXDEV, errno.EOVERFLOW))
_ENVIRONMENTS = frozenset(("pyvenv.cfg", "conda-meta"))
"""What lies at the top of an environment of packages."""


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

    ``rest`` are the directories that this way of watching cannot take: there are too many, or their file system has no
    part in it. Another way may.
    """

    def __init__(self, mark: Callable[[str, Place], None], ignored: Ignored, gaps: dict[str, None]) -> None:
        self._mark = mark
        self._ignored = ignored
        self._gaps = gaps
        self._visited: dict[tuple[int, int], str] = {}
        self._partial: dict[str, dict[str, str]] = {}
        self._roots: list[str] = []
        self._is_full = False
        self.rest: list[Root] = []

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
                self._left_out(root, error)

    def descend(
        self, real: str, shown: str, found: Callable[[str], None] = lambda _path: None, *, is_new: bool = False
    ) -> None:
        """Mark ``real`` and all below it; call ``found`` with each file. Raises OSError for ``real`` only.

        Args:
            real: where the directory is.
            shown: how the project sees it.
            found: is called with each file that is there already.
            is_new: it has just come, so nothing that is known of what was here before counts.
        """
        waiting = [(real, shown, False)]
        visited: set[tuple[int, int]] = set()
        while waiting:
            here, seen_as, is_link = waiting.pop()
            try:
                status = os.stat(here)
                identity = status.st_dev, status.st_ino
                # The number of a directory that was removed is soon another's, so what is known of it may be past.
                if identity in visited or (here != real and (is_link or not is_new) and self._is_known(status)):
                    continue
                visited.add(identity)
                self._mark_if_room(here, Place(seen_as))  # before listing, so that nothing that comes now is missed
                self._visited[identity] = seen_as
                waiting += self._list(here, seen_as, found)
            except OSError as error:
                self._is_full = self._is_full or error.errno in _FULL
                if here == real:
                    raise
                self._left_out(Root(seen_as), error)

    def _mark_if_room(self, here: str, place: Place) -> None:
        if self._is_full or len(self._visited) >= DIRECTORIES_MAX:
            raise OSError(errno.ENOSPC, f"{len(self._visited)} directories are watched already")
        self._mark(here, place)

    def _left_out(self, root: Root, error: OSError) -> None:
        if error.errno in _FULL | _NOT_THERE:
            self.rest.append(root)
        elif not isinstance(error, FileNotFoundError):  # else made and removed again: nothing is left to be recorded
            self._gaps[f"files: {root.path} could not be watched: {error.strerror}"] = None

    def follow(self, link: str, found: Callable[[str], None]) -> None:
        """Watch what the link ``link`` in the project points at, when that is elsewhere."""
        for real, shown, _ in self._follow(link, link):
            if not self._is_known(os.stat(real)):
                self.descend(real, shown, found)

    def _is_known(self, status: os.stat_result) -> bool:
        """Tell whether a directory is watched under a name that it still has: one that was moved is looked at anew."""
        name = self._visited.get((status.st_dev, status.st_ino))
        try:
            return name is not None and os.path.samestat(os.stat(name), status)
        except OSError:
            return False

    def _list(self, here: str, seen_as: str, found: Callable[[str], None]) -> list[tuple[str, str, bool]]:
        below: list[tuple[str, str, bool]] = []
        with os.scandir(here) as entries:
            listed = list(entries)
        if not _ENVIRONMENTS.isdisjoint([each.name for each in listed]):
            return []
        for entry in listed:
            if entry.is_symlink():
                below += self._follow(entry.path, os.path.join(seen_as, entry.name))
            elif entry.is_dir():
                path = os.path.join(seen_as, entry.name)
                if not self._ignored.directory(path):
                    below.append((entry.path, path, False))
            else:
                found(os.path.join(seen_as, entry.name))
        return below

    def _follow(self, link: str, seen_as: str) -> list[tuple[str, str, bool]]:
        """Follow a link that leaves the roots; what it points at is known by the link's path."""
        real = os.path.realpath(link)
        if any(real.startswith(each) for each in self._roots) or self._ignored.directory(seen_as):
            return []
        if os.path.isdir(real):
            return [(real, seen_as, True)]
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

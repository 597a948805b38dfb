"""The last resort: arguments that are files count as read, files that changed count as written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lineal.capture.files.watch.directories import Explorer, Place
from lineal.capture.files.watch.watcher import Seen, Stamp, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineal.capture.files.places import Ignored
    from lineal.capture.files.watch.watcher import Root
    from lineal.capture.told.record import FileTold


class Arguments:
    """Compares the roots before and after.

    Args:
        roots: the directories.
        ignored: what to leave out.
        paths: absolute paths that the command line names.
    """

    level = "arguments"
    only_arguments = (
        "files: this machine lets no program watch files, so only reads that the command line names are known"
    )

    def __init__(self, roots: tuple[Root, ...], ignored: Ignored, paths: Sequence[str]) -> None:
        self._roots = roots
        self._ignored = ignored
        self._paths = paths
        self._before: dict[str, Stamp | None] = {}
        self._gaps: dict[str, None] = {}
        self.after: dict[str, Stamp | None] = {}

    @property
    def sightings(self) -> None:
        """Nothing is seen before the end."""
        return

    @property
    def rest(self) -> tuple[Root, ...]:
        """There is nothing that cannot be compared."""
        return ()

    def explained(self, seen: Seen, _told: Sequence[FileTold]) -> Seen:
        """Return ``seen``: no word of an interpreter is asked for."""
        return seen

    def start(self) -> None:
        """Take the stamps of all files."""
        self._before = self._stamps()

    def stop(self) -> Seen:
        """Take the stamps again and return what differs, and the arguments that are files."""
        self.after = self._stamps()
        writes = frozenset(path for path, found in self.after.items() if found != self._before.get(path))
        named = {
            path for path in self._before if any(path == each or path.startswith(each + os.sep) for each in self._paths)
        }
        self._gaps[self.only_arguments] = None
        return Seen(
            level=Arguments.level,
            reads={path: self._before[path] for path in sorted(named - writes)},
            writes=writes,
            gaps=tuple(self._gaps),
        )

    def _stamps(self) -> dict[str, Stamp | None]:
        found: dict[str, Stamp | None] = {}

        def take(path: str) -> None:
            found[path] = stamp(path)

        def mark(_directory: str, place: Place) -> None:
            for each in (place.names or {}).values():
                take(each)

        explorer = Explorer(mark, self._ignored, self._gaps)
        for root in self._roots:
            if root.is_deep:
                explorer.descend(os.path.realpath(root.path), root.path, take)
        for left in explorer.rest:
            self._gaps[f"files: there are too many directories, so {left.path} was not looked at"] = None
        for each in self._paths:
            if os.path.isfile(each):
                take(each)
        return {path: known for path, known in found.items() if known is not None}

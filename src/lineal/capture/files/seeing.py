"""The files of one run, from its start to its end: watched, hashed meanwhile, sorted at last."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.files.hashing import Hashing, Known
from lineal.capture.files.sorting import FilesUsed, classify
from lineal.capture.files.watch.choose import paths_in, roots_of, start_watching
from lineal.capture.files.watch.watcher import Seen, Stamp, stamp, stamp_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lineal.capture.files.places import Ignored
    from lineal.capture.files.watch.choose import Level
    from lineal.capture.files.watch.watcher import Watcher
    from lineal.capture.gaps import Gaps
    from lineal.capture.program.processes import Family
    from lineal.capture.told.record import SpoolRecord


class Seeing:
    """Sees the files of a run. Whatever fails is a gap.

    Args:
        root: the top of the project.
        ignored: what is noise.
        family: the run's processes.
        gaps: where to say what is missing.
    """

    def __init__(self, root: Path, ignored: Ignored, family: Family, gaps: Gaps) -> None:
        self._root = root
        self._ignored = ignored
        self._family = family
        self._gaps = gaps
        self._watcher: Watcher | None = None
        self._hashing: Hashing | None = None
        self._known = Known()
        self._stdin: tuple[str, Stamp] | None = None
        self.seen = Seen(level="")

    def start(self, directory: Path, command: Sequence[str], levels: Sequence[Level]) -> None:
        """Begin to watch for ``command`` in ``directory``, by the first of ``levels`` that works here."""
        with self._gaps.guard("files: nothing was watched"):
            roots, said = roots_of(self._root, directory, command)
            self._gaps.extend(said)
            paths = paths_in(command, directory)
            self._watcher = start_watching(roots, self._ignored, paths=paths, is_ours=self._family.has, levels=levels)
        self._stdin = _file_of_stdin()
        sightings = self._watcher.sightings if self._watcher is not None else None
        if sightings is not None:
            with self._gaps.guard("files: nothing was hashed while the program ran"):
                self._hashing = Hashing(sightings, self._is_wanted)
                self._hashing.start()

    def stop(self) -> None:
        """Stop watching, once everything that happened was noted."""
        with self._gaps.guard("files: what was watched is lost"):
            if self._hashing is not None:
                self._hashing.stop()
            if self._watcher is not None:
                self.seen = self._watcher.stop()
            if self._hashing is not None:
                self._known = self._hashing.known()

    @property
    def level(self) -> str:
        """The level at which files are seen, or several."""
        return self._watcher.level if self._watcher is not None else ""

    def used(self, record: SpoolRecord, entry_point: str, saved: frozenset[str] = frozenset()) -> FilesUsed:
        """Return the files by what the run did with them.

        Args:
            record: what the program's interpreters told; without their word, readers see no more than arguments do.
            entry_point: the program itself.
            saved: paths that were written in any case.
        """
        if self._watcher is not None and record.python:
            self.seen = self._watcher.explained(self.seen, record.files)
        # What the shell opened for the program was open before anybody watched.
        reads = self.seen.reads | dict([self._stdin] if self._stdin else [])
        seen = msgspec.structs.replace(self.seen, reads=reads, writes=self.seen.writes | saved)
        return classify(seen, self._root, self._ignored, entry_point=entry_point, known=self._known)

    def _is_wanted(self, path: str) -> bool:
        return not (self._ignored.directory(os.path.dirname(path)) or self._ignored.file(path, self._root))


def _file_of_stdin() -> tuple[str, Stamp] | None:
    """Return the file that the program's standard input comes from, if it is one that has a name."""
    try:
        status = os.fstat(0)
        path = os.readlink("/proc/self/fd/0")
    except OSError:
        return None
    found = stamp_of(status)
    return (path, found) if stat.S_ISREG(status.st_mode) and stamp(path) == found else None

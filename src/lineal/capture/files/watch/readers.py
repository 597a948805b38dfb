"""Where nobody may watch: the program's own interpreters tell what they open, and comparing shows what was written."""

from __future__ import annotations

import glob
import os
import re
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.files.watch.arguments import Arguments
from lineal.capture.files.watch.watcher import Seen, Stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lineal.capture.told.record import FileTold

_WORDS = re.compile(r"[^\s'\"<>|;&(),=`]+")
_GLOB = re.compile(r"[*?\[]")


class Readers(Arguments):
    """Compares the roots before and after, and takes the interpreters' word for what was read.

    Args:
        roots: the directories.
        ignored: what to leave out.
        paths: absolute paths that the command line names.
    """

    level = "readers"

    def explained(self, seen: Seen, told: Sequence[FileTold]) -> Seen:
        """Return ``seen`` with the reads that interpreters ``told`` of, in place of what the command line names.

        Where no interpreter was, that is all there is.
        """
        reads: dict[str, Stamp | None] = {}
        overwritten: set[str] = set()
        written: set[str] = set()
        for each in told:
            for path in self._found(each):
                stamp = Stamp(*each.stamp) if each.stamp is not None else self._before.get(path)
                if each.purpose == "w":
                    written.add(path)
                elif each.purpose == "r" or path not in seen.writes:
                    reads.setdefault(path, stamp)
                    if path in seen.writes and path not in written and stamp is not None and path in self._before:
                        overwritten.add(path)
        gap = (
            "files: this machine lets no program watch files, so reads are known from Python's own and well-known "
            "libraries' functions only"
        )
        return msgspec.structs.replace(
            seen,
            level=self.level,
            reads=reads,
            first={path: self._before.get(path) for path in seen.writes},
            overwritten=frozenset(overwritten & seen.writes),
            gaps=(*(each for each in seen.gaps if each != self.only_arguments), gap),
        )

    def _found(self, told: FileTold) -> Iterator[str]:
        """Go through the files in the roots that ``told`` means."""
        for name in self._named(told):
            for each in dict.fromkeys((name, _real(name))):
                if each in self._before or each in self.after:
                    yield each

    def _named(self, told: FileTold) -> Iterable[str]:
        if told.purpose == "t":
            words = (os.path.normpath(os.path.join(told.path, each)) for each in _WORDS.findall(told.text))
            return [path for each in words for path in self._expanded(each)]
        return self._expanded(told.path)

    def _expanded(self, path: str) -> Iterable[str]:
        """Return the files that a library makes of ``path``: itself, those in a directory, or those that fit a pattern."""
        if os.path.isdir(path):
            return self._inside(path)
        if _GLOB.search(path) and not os.path.exists(path):
            return [*glob.glob(path, recursive=True), path.partition("?")[0]]  # XGBoost tells the format behind a ?
        return [path]

    def _inside(self, folder: str) -> Iterable[str]:
        """Return the files in ``folder``. Around the roots only those in them count, and a walk could take the whole machine."""
        places = {folder, _real(folder)}
        tops = [each for root in self._roots for each in (root.path, _real(root.path))]
        if any(_is_in(place, top) for place in places for top in tops):
            return [os.path.join(here, each) for here, _, names in os.walk(folder) for each in names]
        return [path for path in self._before | self.after if any(_is_in(path, place) for place in places)]


def _real(path: str) -> str:
    """Return where ``path`` leads; itself where a link is gone, may not be read, or leads on too often."""
    try:
        return os.path.realpath(path)
    except (OSError, RecursionError):
        return path


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))

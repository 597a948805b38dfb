"""What differs between a place in the workspace and the tree that was last added from it, or put there."""

from __future__ import annotations

import os
import time
from pathlib import Path

from lineal.client.workspace.index import Index, Place, Seen, stamp_of
from lineal.client.workspace.scanning import Found, digest_at, files_at, mode_of
from lineal.formats import pack
from lineal.objects.errors import NotFound
from lineal.operations.answers import Changes


def places(index: Index, path: Path | None) -> list[Place]:
    """Return the places that are meant: the one at ``path``, those below it, or all.

    Raises:
        NotFound: there is none.
    """
    known = list(index.places())
    if path is None:
        return known
    wanted = str(path.absolute())
    found = [each for each in known if each.root == wanted or each.root.startswith(wanted.rstrip("/") + "/")]
    if found:
        return found
    above = next((each.root for each in reversed(known) if wanted.startswith(each.root + "/")), "")
    hint = f"lineal data status {above} shows all of it" if above else f"lineal data add {path} adds it"
    raise NotFound(f"nothing was added from {path}, nor put there", hint=hint)


def changes(index: Index, place: Place) -> Changes:
    """Return what was added, removed and modified at a place since its tree was taken or put there.

    A file is read only when its stamp is not the one that the index knows; the index learns the new stamp of a file that
    turned out to be the same.
    """
    return _Comparison(index, place).result()


class _Comparison:
    """A walk over one place, beside what the index knows of it."""

    def __init__(self, index: Index, place: Place) -> None:
        self._index = index
        self._place = place
        self._open: dict[str, tuple[Seen, Seen]] = {}
        self._learnt: list[tuple[str, Seen]] = []
        self._added = list[str]()
        self._modified = list[str]()
        self._removed = list[str]()
        self._unchanged = 0

    def result(self) -> Changes:
        """Walk, and return what differs."""
        root = self._place.root
        left = self._index.folders(root)
        if os.path.lexists(root):
            for found in files_at(root):
                if found.status is None:
                    self._end(found.folder.inside)
                    left.discard(found.folder.inside)
                else:
                    self._compare(found, found.status)
        for folder in left:
            self._removed += (folder + name for name in self._index.seen(root, folder).files)
        self._index.see(root, self._learnt)
        return Changes(
            path=root,
            tree=self._place.tree,
            added=tuple(self._added),
            modified=tuple(self._modified),
            removed=tuple(sorted(self._removed)),
            unchanged=self._unchanged,
        )

    def _folder(self, inside: str) -> tuple[Seen, Seen]:
        if inside not in self._open:
            at = time.time_ns()
            before = self._index.seen(self._place.root, inside)
            self._open[inside] = before, Seen(before.device, at, {})
        return self._open[inside]

    def _compare(self, found: Found, status: os.stat_result) -> None:
        inside, name, stamp = found.folder.inside, found.name, stamp_of(status)
        before, now = self._folder(inside)
        if digest := before.holds(name, stamp, status.st_dev):
            now.files[name] = stamp, digest
            self._unchanged += 1
        elif known := before.files.get(name):
            read = digest_at(found.folder.place + name, status)
            if read is not None and pack.raw(read) == known[1] and mode_of(known[0][4]) == mode_of(stamp[4]):
                now.files[name] = stamp, known[1]
                self._unchanged += 1
            else:
                now.files[name] = known  # what it was stays known, so that it is told again the next time
                self._modified.append(inside + name)
        else:
            self._added.append(inside + name)

    def _end(self, inside: str) -> None:
        before, now = self._folder(inside)
        del self._open[inside]
        for name in before.files.keys() - now.files.keys():
            now.files[name] = before.files[name]
            self._removed.append(inside + name)
        if before.files and (now.files != before.files or before.is_young()):
            self._learnt.append((inside, now))

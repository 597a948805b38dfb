"""What the index is told while files are put in place: nothing before all of them are, and then all at once.

Until then the index speaks of the tree that was there before, so whatever interrupts us, a file that was written or
removed meanwhile is seen as one that differs from it.
"""

from __future__ import annotations

import os
import time

from lineal.client.workspace.index import GONE, UNSEEN, Index, Place, Seen
from lineal.client.workspace.scanning import Stamp, stamp_of
from lineal.formats import pack
from lineal.objects.digest import Digest

_FOLDERS_MAX = 256


class Notes:
    """Notes of the files of one place.

    Args:
        index: what is known, and what is told.
        root: how the index calls the place.
        anew: whether what the index knows of the place is of no use once these notes are kept.
    """

    def __init__(self, index: Index, root: str, *, anew: bool) -> None:
        self._index = index
        self._root = root
        self._anew = anew
        self._known: dict[str, Seen] = {}
        self._now: dict[str, Seen] = {}
        self._is_complete = index.unstage(root)

    def digest(self, path: str, status: os.stat_result) -> Digest | None:
        """Return the digest of a file that is certainly what it was."""
        folder, name = _split(path)
        if folder not in self._known:
            if len(self._known) >= _FOLDERS_MAX:
                self._known.clear()
            self._known[folder] = self._index.seen(self._root, folder)
        digest = self._known[folder].holds(name, stamp_of(status), status.st_dev)
        return pack.cooked(digest) if digest else None

    def add(self, path: str, stamp: Stamp, device: int, digest: Digest) -> None:
        """Take note of a file that is in place."""
        folder, slash, name = path.rpartition("/")
        folder += slash
        seen = self._now.get(folder) or self._changeable(folder)
        if seen.device != device:
            # Nothing of what was known of another disk is trusted, nor is anything that was not there yet.
            seen = Seen(device, 0 if seen.stamps else time.time_ns(), 0, seen.stamps, seen.digests)
            self._now[folder] = seen
        seen.stamps[name], seen.digests[name] = stamp, pack.raw(digest)

    def add_empty(self, path: str) -> None:
        """Take note of a directory in which nothing is."""
        self._changeable(f"{path}/")
        self._now[f"{path}/"] = UNSEEN

    def forget(self, path: str) -> None:
        """Take note that a file or an empty directory is gone."""
        for folder, name in (_split(path), (f"{path}/", "")):
            seen = self._changeable(folder)
            seen.stamps.pop(name, None)
            seen.digests.pop(name, None)
            if not seen.stamps:
                self._now[folder] = GONE._replace(stamps={}, digests={})

    def keep(self, place: Place) -> None:
        """Have the index speak of the tree that is there now."""
        if self._is_complete:
            self._index.take(place, self._now.items(), anew=self._anew)

    def _changeable(self, folder: str) -> Seen:
        """Return what was noted of a folder, or what is known of it; a file of it that is as it was stays known so."""
        if folder not in self._now:
            if len(self._now) >= _FOLDERS_MAX:
                self._flush()
            seen = self._index.staged(self._root, folder)
            if seen is None:
                seen = GONE if self._anew else self._index.seen(self._root, folder)
            self._now[folder] = seen._replace(stamps=dict(seen.stamps), digests=dict(seen.digests))
        return self._now[folder]

    def _flush(self) -> None:
        self._is_complete = self._index.stage(self._root, self._now.items()) and self._is_complete
        self._now.clear()


def _split(path: str) -> tuple[str, str]:
    folder, slash, name = path.rpartition("/")
    return folder + slash, name

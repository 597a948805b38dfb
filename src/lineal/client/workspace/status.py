"""What differs between a place in the workspace and the tree that was last added from it, or put there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from lineal.client.workspace.hand import STAMP
from lineal.client.workspace.index import Index, Place, Seen
from lineal.client.workspace.listing import Listing, folders
from lineal.client.workspace.scanning import digest_at, mode_of, root_of, told
from lineal.formats import pack
from lineal.objects.digest import Digest
from lineal.objects.errors import NotFound
from lineal.operations.answers.files import Changes

Lost = Callable[[AbstractSet[Digest]], AbstractSet[Digest]]


def places(index: Index, path: Path | None) -> list[Place]:
    """Return the places that are meant: the one at ``path``, those below it, or all.

    Raises:
        NotFound: there is none.
    """
    known = list(index.places())
    if path is None:
        return known
    wanted = root_of(path)
    found = [each for each in known if each.root == wanted or each.root.startswith(wanted.rstrip("/") + "/")]
    if found:
        return found
    above = next((each.root for each in reversed(known) if wanted.startswith(each.root + "/")), "")
    hint = f"lineal data status {above} shows all of it" if above else f"lineal data add {path} adds it"
    raise NotFound(f"nothing was added from {path}, nor put there", hint=hint)


def changes(index: Index, place: Place, *, lost: Lost | None = None) -> Changes:
    """Return what was added, removed and modified at a place since its tree was taken or put there.

    A file is read only when its stamp is not the one that the index knows; the index learns the new stamp of a file that
    turned out to be the same. A directory that is empty, or was, has a slash at its end, and counts as a file, as in a tree.

    Args:
        index: what is known of the workspace.
        place: where.
        lost: asked which of the bytes that are not there any more the store lost with them.
    """
    found = _Comparison(index, place)
    changed = found.result()
    gone = lost({*found.gone.values()}) if lost and found.gone else set()
    paths = sorted(path for path, digest in found.gone.items() if digest in gone) if gone else ()
    return msgspec.structs.replace(changed, lost=tuple(paths))


_NO_SIZE = -1
"""The size of a file whose stamp must never be taken for that of the file that is there."""


class _Comparison:
    """A walk over one place, beside what the index knows of it."""

    def __init__(self, index: Index, place: Place) -> None:
        self._index = index
        self._place = place
        self._learnt: list[tuple[str, Seen]] = []
        self._added = list[str]()
        self._modified = list[str]()
        self._removed = list[str]()
        self._unchanged = 0
        self.gone = dict[str, Digest]()
        """What the files were that were modified or removed, by their paths."""

    def result(self) -> Changes:
        """Walk, and return what differs."""
        root = self._place.root
        left = self._index.folders(root)
        count = self._index.file_count(root)
        for listing in folders(root, file_count=count) if os.path.lexists(root) else ():
            inside = listing.folder.inside
            before = self._index.seen(root, inside)
            self._compare(listing, before)
            if listing.is_empty and inside and inside not in left:
                self._added.append(inside)
            elif listing.is_empty and inside and not before.stamps:
                self._unchanged += 1
            left.discard(inside)
        for folder in left:
            # A folder of which nothing was seen was an empty one.
            before = self._index.seen(root, folder)
            self._removed += [folder + name for name in before.stamps] or [folder]
            self._note_gone(folder, before, before.stamps)
        self._index.see(root, self._learnt)
        return Changes(
            path=root,
            tree=self._place.tree,
            added=tuple(sorted(self._added)),
            modified=tuple(sorted(self._modified)),
            removed=tuple(sorted(self._removed)),
            unchanged=self._unchanged,
        )

    def _compare(self, listing: Listing, before: Seen) -> None:
        if before.is_same(listing.stamps, listing.device):
            self._unchanged += len(listing.stamps)
            return
        inside = listing.folder.inside
        # What was modified or removed stays known, so that it is told again the next time.
        stamps = dict(before.stamps)
        for name, stamp in listing.stamps.items():
            if name not in before.stamps:
                self._added.append(inside + name)
            elif before.holds(name, stamp, listing.device) or self._is_same(listing, before, name):
                stamps[name] = stamp
                self._unchanged += 1
            else:
                self._modified.append(inside + name)
                self._note_gone(inside, before, (name,))
                stamps[name] = STAMP.pack(_NO_SIZE, *told(before.stamps[name])[1:])
        removed = before.stamps.keys() - listing.stamps.keys()
        self._removed += (inside + name for name in removed)
        self._note_gone(inside, before, removed)
        if before.stamps:
            self._learnt.append((inside, Seen(listing.device, listing.at, 0, stamps, before.digests)))

    def _note_gone(self, inside: str, before: Seen, names: Iterable[str]) -> None:
        self.gone.update((inside + name, pack.cooked(before.digests[name])) for name in names)

    def _is_same(self, listing: Listing, before: Seen, name: str) -> bool:
        """Read a file whose stamp does not say enough."""
        path, stamp = listing.folder.place + name, listing.stamps[name]
        mode = told(stamp).mode
        if mode_of(mode) != mode_of(told(before.stamps[name]).mode):
            return False
        digest = digest_at(path, mode)
        return digest is not None and pack.raw(digest) == before.digests[name]

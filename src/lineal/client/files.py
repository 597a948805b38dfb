"""Files between the workspace and a repository: put versions in place, and tell what was changed since."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec

from lineal import operations as o
from lineal.client.workspace.checkout import Checkouts, Wanted
from lineal.client.workspace.index import Place
from lineal.client.workspace.scanning import root_of
from lineal.client.workspace.status import changes, places
from lineal.client.workspace.ways import Ways
from lineal.formats import trees
from lineal.objects.digest import Digest, is_digest
from lineal.objects.reference import parse_reference
from lineal.operations.answers.files import Changes, Contents, Placed
from lineal.operations.operation import Handle


class Workspace(Handle, Protocol):
    """A repository that the caller holds, and the way of files to it."""

    @property
    def ways(self) -> Ways:
        """Where files go."""


def get_files(handle: Workspace, name: str, directory: Path, *, under: str, force: bool) -> Placed:
    """Make ``directory`` hold the files that ``name`` means. Raises Conflict, NotFound, Corrupt, Invalid, Unavailable."""
    found: Contents = o.contents.tree_of(handle, name=name)
    ways = handle.ways
    if not found.kept:
        from lineal.client.sources import fetch_source  # noqa: PLC0415 - most datasets are kept

        return fetch_source(handle, ways, found.reference, directory, under=under, force=force)
    ways.progress.begin(f"get {found.reference}")
    ways.progress.expect(found.file_count, found.size_bytes)
    root, before = _places(handle, found, directory)
    place = Place(root, found.tree, ways.epoch, found.reference)
    wanted = _wanted(handle, found, before, force=force)._replace(under=under)
    done = Checkouts(ways.blobs, directory, wanted, place=place, index=ways.seen, progress=ways.progress).put()
    if before and before.root != root and not under:
        ways.seen.forget(before.root)
    return Placed(
        reference=found.reference,
        tree=found.tree,
        path=str(directory),
        written=done.written,
        removed=done.removed,
        kept=done.kept,
    )


def _wanted(handle: Workspace, found: Contents, before: Place | None, *, force: bool) -> Wanted:
    """Return what a directory is to hold when it holds ``before``."""
    ways = handle.ways
    if before is None or not ways.blobs.has((before.tree,)):
        return Wanted(found.tree, force=force)
    missing = set[str]()
    if force or before.tree == found.tree:
        # Whoever asks for what is there already misses something of it; what they changed is in the way.
        differs = changes(ways.seen, before)
        missing.update((each.rstrip("/") for each in differs.removed), differs.modified)
    another = not _is_of_line(handle, before, found)
    return Wanted(found.tree, before.tree, another=another, missing=missing, force=force)


def _places(handle: Workspace, found: Contents, directory: Path) -> tuple[str, Place | None]:
    """Return the place that a tree takes, and the one whose files it replaces.

    A single file is a place itself, and leaves the directory to others; but a directory of which one file is left stays
    the directory that it was.
    """
    seen, top = handle.ways.seen, root_of(directory)
    name = _only_file(handle, found)
    root = f"{top}/{name}" if name else top
    inside = (each for each in seen.places() if each.root.rpartition("/")[0] == top)
    alike = (each for each in (seen.place(top), *inside) if each and _is_of_line(handle, each, found))
    before = next(alike, seen.place(root))
    return (top if before and before.root == top else root), before


def _only_file(handle: Workspace, found: Contents) -> str:
    """Return the name of the only file that a tree holds, or nothing when it holds others, or directories."""
    only = next(trees.entries(found.tree, handle.ways.blobs.get), None) if found.file_count == 1 else None
    return only.path if only and only.mode != "directory" and "/" not in only.path else ""


def _is_of_line(handle: Workspace, place: Place, found: Contents) -> bool:
    """Tell whether a place holds a version of the same thing: data:adult@2 and data:adult@3 are of one line."""
    return _line(_reference(handle, place)) == _line(found.reference)


def _reference(handle: Workspace, place: Place) -> str:
    if place.reference and not is_digest(place.reference):
        return place.reference
    return o.contents.named(handle, tree=_named_tree(place))


def _named_tree(place: Place) -> Digest:
    """Return the tree by which people know a place: that of the files, where pointers lie there."""
    return Digest(place.reference) if is_digest(place.reference) else place.tree


def _line(reference: str) -> str:
    parsed = parse_reference(reference) if reference else None
    return f"{parsed.kind}:{parsed.name}" if parsed else ""


def files_status(handle: Workspace, path: Path | None) -> tuple[Changes, ...]:
    """Return what differs at each place that is meant. Raises NotFound."""
    index, lost = handle.ways.seen, partial(_lost, handle)
    return tuple(
        msgspec.structs.replace(
            changes(index, each, lost=lost), tree=_named_tree(each), reference=_reference(handle, each)
        )
        for each in places(index, path)
    )


def _lost(handle: Workspace, digests: AbstractSet[Digest]) -> set[Digest]:
    """Return what the store lost with edits of files that are its own too. A server has none of those."""
    from lineal.storage.repository import unwrapped  # noqa: PLC0415 - only what was modified is asked for

    blobs = unwrapped(handle.ways.blobs)
    return blobs.edited(digests) if blobs else set()

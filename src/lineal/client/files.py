"""Files between the workspace and a repository: put versions in place, and tell what was changed since."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

from lineal import operations as o
from lineal.client.sources import fetch_source
from lineal.client.workspace.checkout import Checkouts, Wanted
from lineal.client.workspace.index import Place
from lineal.client.workspace.scanning import root_of
from lineal.client.workspace.status import changes, places
from lineal.client.workspace.ways import Ways
from lineal.formats import trees
from lineal.objects.reference import parse_reference
from lineal.operations.answers import Changes, Contents, Placed
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
        return fetch_source(handle, ways, found.reference, directory, under=under, force=force)
    ways.progress.begin(f"get {found.reference}")
    ways.progress.expect(found.file_count, found.size_bytes)
    place = Place(_root(handle, found, directory), found.tree, ways.epoch, found.reference)
    wanted = _wanted(handle, found, ways.seen.place(place.root), force=force)._replace(under=under)
    done = Checkouts(ways.blobs, directory, wanted, place=place, index=ways.seen, progress=ways.progress).put()
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
        # Whoever asks for what is there already misses something of it.
        differs = changes(ways.seen, before)
        missing.update((each.rstrip("/") for each in differs.removed), differs.modified if force else ())
    another = _line(_reference(handle, before)) != _line(found.reference)
    return Wanted(found.tree, before.tree, another=another, missing=missing, force=force)


def _root(handle: Workspace, found: Contents, directory: Path) -> str:
    """Return the place that a tree takes: a single file is one itself, and leaves the directory to others."""
    ways, root = handle.ways, root_of(directory)
    here = ways.seen.place(root)
    # A directory of which one file is left stays the directory that it was.
    if found.file_count > 1 or (here and _line(_reference(handle, here)) == _line(found.reference)):
        return root
    only = next(trees.entries(found.tree, ways.blobs.get), None)
    is_file = only is not None and only.mode != "directory" and "/" not in only.path
    return f"{root}/{only.path}" if only and is_file else root


def _reference(handle: Workspace, place: Place) -> str:
    return place.reference or o.contents.named(handle, tree=place.tree)


def _line(reference: str) -> str:
    """Return what the versions of one thing have in common: data:adult@2 and data:adult@3 are of one line."""
    parsed = parse_reference(reference) if reference else None
    return f"{parsed.kind}:{parsed.name}" if parsed else ""


def files_status(handle: Workspace, path: Path | None) -> tuple[Changes, ...]:
    """Return what differs at each place that is meant. Raises NotFound."""
    index = handle.ways.seen
    return tuple(
        msgspec.structs.replace(changes(index, each), reference=_reference(handle, each))
        for each in places(index, path)
    )

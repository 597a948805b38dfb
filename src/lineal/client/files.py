"""Files between the workspace and a repository: put versions in place, and tell what was changed since."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

from lineal import operations as o
from lineal.client.sources import fetch_source
from lineal.client.workspace.checkout import Checkouts
from lineal.client.workspace.index import Place
from lineal.client.workspace.status import changes, places
from lineal.client.workspace.ways import UNKNOWN, Ways
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
    root = _root(ways, found, directory)
    before = ways.seen.place(root)
    if before is not None:
        # From the first file on, and until the last, nobody knows which tree is there.
        ways.seen.put(before._replace(epoch=UNKNOWN))
        if _line(_reference(handle, before)) != _line(found.reference):
            before = None
    missing = set[str]()
    if before and (force or before.tree == found.tree):
        # Whoever asks for what is there already misses something of it.
        differs = changes(ways.seen, before)
        missing.update(differs.removed, differs.modified if force else ())
    checkouts = Checkouts(ways.blobs, directory, index=ways.seen, progress=ways.progress)
    done = checkouts.put(found.tree, before=before.tree if before else None, missing=missing, under=under, force=force)
    if not under:
        ways.seen.put(Place(root, found.tree, ways.epoch, found.reference))
    return Placed(
        reference=found.reference,
        tree=found.tree,
        path=str(directory),
        written=done.written,
        removed=done.removed,
        kept=done.kept,
    )


def _root(ways: Ways, found: Contents, directory: Path) -> str:
    """Return the place that a tree takes: a single file is one itself, and leaves the directory to others."""
    root = str(directory.absolute())
    if found.file_count > 1:
        return root
    only = next(trees.entries(found.tree, ways.blobs.get), None)
    return f"{root}/{only.path}" if only and "/" not in only.path else root


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

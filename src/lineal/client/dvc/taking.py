"""Data that DVC keeps, taken into a repository in place: from its cache or remote, with no ``dvc`` installed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.client.dvc.places import find_project, need_project
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.files import Entry, Tree
from lineal.operations.operation import Upload
from lineal.storage import alternate_digests
from lineal.storage.alternate_digests import Known
from lineal.storage.dvc.project import Project, Tracked
from lineal.storage.dvc.reading import bring, files_of

if TYPE_CHECKING:
    from lineal.client.connect import Repository
    from lineal.storage.store import Store

SUFFIX = ".dvc"


def take(repository: Repository, path: Path, *, remote: str = "") -> Upload | None:
    """Put what DVC keeps at ``path`` into a repository's store; None when DVC keeps nothing there.

    Args:
        repository: where.
        path: a ``.dvc`` file, or a path that a pointer or a ``dvc.lock`` names, or one inside such a directory.
        remote: a remote of DVC to look into before the default one.

    Raises:
        NotFound: the content is in no cache and no remote.
        Corrupt: it is damaged wherever it is.
        Invalid: the pointer cannot be read, or names more than one path.
    """
    if path.suffix == SUFFIX and path.is_file():
        project = need_project(path)
        tracked, inside = _only(project, path), ""
    else:
        found = find_project(path)
        known = found.tracked(path) if found else None
        if found is None or known is None:
            return None
        project, tracked = found, known
        inside = os.path.relpath(path.absolute(), project.root)[len(tracked.path) + 1 :]
    tree = take_out(repository, project, tracked, remote=remote)
    if not inside:
        return Upload(tree, tracked.path.rpartition("/")[2])
    return Upload(_part(repository, project, tracked, inside, remote), inside.rpartition("/")[2])


def _only(project: Project, path: Path) -> Tracked:
    outs = project.outs_of(path)
    if len(outs) != 1:
        named = ", ".join(each.path for each in outs) or "nothing"
        raise Invalid(f"{path} names {len(outs)} paths: {named}", hint="name one of the paths instead of the pointer")
    return outs[0]


def take_out(repository: Repository, project: Project, tracked: Tracked, *, remote: str = "") -> Digest:
    """Return the tree of an out, its files in the store; one that was taken before is found by its MD5."""
    store, out = store_of(repository), tracked.out
    is_known_by_list = store is not None and out.is_directory and bool(out.md5)
    if store is not None and is_known_by_list:
        known = alternate_digests.by_value(store.database, out.algorithm, [out.md5]).get(out.md5)
        if known and _is_whole(store, known.digest):
            store.keep_tree(known.digest)
            return known.digest
    entries = entries_of(repository, project, tracked, remote)
    tree = repository.put_tree(Tree(entries=tuple(sorted(entries, key=lambda each: each.path))))
    if store is not None and is_known_by_list:
        size_bytes = sum(each.size_bytes for each in entries)
        alternate_digests.record(store.database, out.algorithm, {out.md5: Known(tree, size_bytes)})
    return tree


def entries_of(repository: Repository, project: Project, tracked: Tracked, remote: str) -> tuple[Entry, ...]:
    """Return the files of an out, in the store. Raises NotFound, Corrupt, Invalid, Conflict."""
    said_by, store = str(tracked.said_by), store_of(repository)
    sources = project.sources(tracked.out, remote=remote)
    files = files_of(tracked.out, sources, said_by, folder=tracked.folder)
    return bring(files, sources, repository.blobs, store.database if store else None, said_by)


def _part(repository: Repository, project: Project, tracked: Tracked, inside: str, remote: str) -> Digest:
    """Return the tree of what is at ``inside`` in a directory that DVC keeps."""
    chosen: Sequence[Entry] = [
        msgspec.structs.replace(each, path=each.path[len(inside) + 1 :] or inside.rpartition("/")[2])
        for each in entries_of(repository, project, tracked, remote)
        if each.path == inside or each.path.startswith(inside + "/")
    ]
    if not chosen:
        raise NotFound(f"DVC keeps no {inside} in {tracked.path}", hint=f"it is not in the list of {tracked.said_by}")
    return repository.put_tree(Tree(entries=tuple(sorted(chosen, key=lambda each: each.path))))


def _is_whole(store: Store, tree: Digest) -> bool:
    """Tell whether a store still holds a tree and all of its files."""
    if tree not in store.blobs.has([tree]):
        return False
    wanted = {each.digest for each in store.get_tree(tree).entries}
    return wanted <= store.blobs.has(wanted)


def store_of(repository: Repository) -> Store | None:
    """Return the store of a repository on this machine; a server's is its own."""
    store: Store | None = getattr(repository, "store", None)
    return store

"""Directories as values: what the tests write, and what they find."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from lineal.client.local import LocalRepository
from lineal.client.workspace.checkout import Checkout, Checkouts, Wanted
from lineal.client.workspace.index import Place
from lineal.formats import trees
from lineal.objects.canonical import canonical_bytes
from lineal.objects.digest import Digest, digest_of
from lineal.objects.files import Entry, Mode, Tree
from lineal.storage.progress import Silent


class Link(NamedTuple):
    """A symbolic link."""

    target: str


class Program(NamedTuple):
    """A file that its owner may run."""

    content: bytes


EMPTY = None
"""A directory in which nothing is."""

Content = bytes | Link | Program | None
Files = Mapping[str, Content]
"""By path, as a tree has them."""


def write(top: Path, files: Files) -> Path:
    """Write files below ``top``, over what is there; return ``top``."""
    top.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        place = top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            place.symlink_to(content.target)
        elif content is EMPTY:
            place.mkdir()
        else:
            place.write_bytes(content.content if isinstance(content, Program) else content)
            place.chmod(0o755 if isinstance(content, Program) else 0o644)
    return top


def read(top: Path) -> dict[str, Content]:
    """Return what is below ``top``."""
    found: dict[str, Content] = {}
    for folder, folders, files in os.walk(top):
        for name in [*files, *(each for each in folders if (Path(folder) / each).is_symlink())]:
            place = Path(folder) / name
            found[str(place.relative_to(top))] = _content(place)
        if not folders and not files and Path(folder) != top:
            found[str(Path(folder).relative_to(top))] = EMPTY
    return found


def _content(place: Path) -> Content:
    if place.is_symlink():
        return Link(str(place.readlink()))
    data = place.read_bytes()
    return Program(data) if place.stat().st_mode & stat.S_IXUSR else data


def remove(place: Path) -> None:
    """Remove a file, a link or a directory with everything in it."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()


def tree_of(repository: LocalRepository, files: Files) -> Digest:
    """Store files as a tree without ever having them in a directory; hostile ones too."""
    for content in files.values():
        data, mode = _described(content)
        if mode != "directory":
            repository.blobs.put(data)
    return repository.blobs.put(canonical_bytes(_tree(files)))


def digest_of_tree(files: Files) -> Digest:
    """Return the digest of the tree that holds files."""
    *_, root = trees.grow(_tree(files).entries)
    return root.digest


def _tree(files: Files) -> Tree:
    entries = []
    for path, content in sorted(files.items()):
        data, mode = _described(content)
        entries.append(Entry(path=path, digest=digest_of(data), size_bytes=len(data), mode=mode))
    return Tree(entries=tuple(entries))


def _described(content: Content) -> tuple[bytes, Mode]:
    if isinstance(content, Link):
        return content.target.encode(), "symlink"
    if isinstance(content, Program):
        return content.content, "executable"
    return (b"", "directory") if content is EMPTY else (content, "file")


def put(
    repository: LocalRepository,
    files: Files,
    directory: Path,
    *,
    before: Files | None = None,
    under: str = "",
    force: bool = False,
) -> Checkout:
    """Put files in place as ``lineal data get`` does, once their tree is known."""
    tree = None if before is None else tree_of(repository, before)
    return put_tree(repository, directory, Wanted(tree_of(repository, files), tree, under=under, force=force))


def put_tree(repository: LocalRepository, directory: Path, wanted: Wanted) -> Checkout:
    """Put a tree in place."""
    ways = repository.ways
    place = Place(str(directory), wanted.tree, ways.epoch)
    return Checkouts(ways.blobs, directory, wanted, place=place, index=ways.seen, progress=Silent()).put()

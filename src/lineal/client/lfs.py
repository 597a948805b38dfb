"""Files that Git LFS keeps: a pointer in the workspace is replaced by the file, which Git LFS has under our own digest."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.client.workspace.scanning import root_of
from lineal.formats import lfs, trees
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, LinealError, NotFound
from lineal.objects.files import Entry, Tree
from lineal.operations.operation import Upload

if TYPE_CHECKING:
    from lineal.client.connect import Repository

_SHOWN = 3
_ATTRIBUTES, _FILTER = ".gitattributes", b"filter=lfs"


def _to_stderr(sentence: str) -> None:
    sys.stderr.write(f"lineal: warning: {sentence}\n")


def resolved(repository: Repository, upload: Upload, path: Path, *, warn: Callable[[str], None] = _to_stderr) -> Upload:
    """Return ``upload`` with the files in place of the pointers of Git LFS.

    Args:
        repository: whose store holds the tree.
        upload: the tree of ``path``.
        path: the file or directory in the workspace.
        warn: is told which pointers stay, because their files are not on this machine.
    """
    where = objects_of(path)
    if where is None:
        return upload
    entries = tuple(trees.entries(upload.tree, repository.blobs.get))
    where.update(_below(repository, path, entries))
    pointers = dict(_pointers(repository, entries, where))
    if not pointers:
        return upload
    lost = [place for place, pointer in pointers.items() if not _bring(repository, where[_over(place, where)], pointer)]
    if lost:
        warn(_told(lost))
    found = {place: pointers[place] for place in pointers.keys() - lost}
    if not found:
        return upload
    changed = (
        msgspec.structs.replace(each, digest=pointer.digest, size_bytes=pointer.size_bytes)
        if (pointer := found.get(each.path))
        else each
        for each in entries
    )
    tree = repository.put_tree(Tree(entries=tuple(changed)))
    _call(repository, path, upload.tree, tree)
    return Upload(tree, upload.name)


def _call(repository: Repository, path: Path, pointers: Digest, files: Digest) -> None:
    """Have the workspace know under which tree people find what lies there as pointers."""
    seen = repository.ways.seen
    place = seen.place(root_of(path))
    if place and place.tree == pointers:
        seen.take(place._replace(reference=files), (), anew=False)


def _told(lost: list[str]) -> str:
    shown = ", ".join(lost[:_SHOWN]) + (", …" if len(lost) > _SHOWN else "")
    are, stay = (
        ("1 file is a pointer", "stays one") if len(lost) == 1 else (f"{len(lost)} files are pointers", "stay so")
    )
    return f"{are} of Git LFS whose content is not here, and {stay}: {shown}; git lfs pull brings it"


def objects_of(path: Path) -> dict[str, Path] | None:
    """Return where Git LFS keeps the files of the Git repository around ``path``; None when it keeps none.

    For ``path`` itself, under an empty name; nothing when only a directory below may say that it has pointers.
    """
    start = path.absolute()
    top = next((each for each in (start, *start.parents) if (each / ".git").exists()), None)
    if top is None:
        return None
    if any(_is_filtered(each) for each in _attributes(top, start)):
        return {"": _storage(top) / "objects"}
    return {} if _is_used(_git_directory(top / ".git")) else None


def _is_used(git: Path) -> bool:
    """Tell whether Git LFS was ever at work here: only then is it worth looking into every directory."""
    if (git / "lfs").is_dir():
        return True
    try:
        # It writes down its version there, wherever its files are.
        return b"lfs" in (git / "config").read_bytes()
    except OSError:
        return False


def _below(repository: Repository, path: Path, entries: Iterable[Entry]) -> Iterator[tuple[str, Path]]:
    """Yield the directories in a tree that say that they have pointers, and where the files of those are."""
    folders: dict[Digest, list[str]] = {}
    for each in entries:
        folder, _, name = each.path.rpartition("/")
        if name == _ATTRIBUTES and folder and each.mode in {"file", "executable"}:
            folders.setdefault(each.digest, []).append(folder)
    for digest, data in repository.blobs.get_many(list(folders)):
        for folder in folders[digest] if _FILTER in data else ():
            start = (path / folder).absolute()
            # Inside there may be a repository of its own, such as a submodule.
            top = next(each for each in (start, *start.parents) if (each / ".git").exists())
            yield folder, _storage(top) / "objects"


def _over(path: str, folders: Collection[str]) -> str:
    """Return the innermost of ``folders`` that ``path`` is in; one of them is."""
    return max((each for each in folders if _is_in(path, each)), key=len)


def _is_in(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _storage(top: Path) -> Path:
    """Return where Git LFS keeps what it has: beside Git's own objects, or where its configuration says."""
    from lineal.client.dvc import git  # noqa: PLC0415 - it starts processes, and most directories know no Git LFS

    said = b""
    with suppress(LinealError):  # without Git nobody configured it
        said = git.ask(top, "config", "--get", "lfs.storage", statuses=(0, 1))
    return _git_directory(top / ".git") / (os.fsdecode(said).strip() or "lfs")


def _attributes(top: Path, start: Path) -> Iterator[Path]:
    """Yield the files of attributes that hold for ``start``, from there upwards."""
    for each in (start, *start.parents):
        yield each / _ATTRIBUTES
        if each == top:
            break
    yield _git_directory(top / ".git") / "info" / "attributes"


def _is_filtered(attributes: Path) -> bool:
    try:
        return _FILTER in attributes.read_bytes()
    except OSError:
        return False


def _git_directory(named: Path) -> Path:
    """Return the directory of a Git repository that all of its worktrees share."""
    if named.is_dir():
        return named
    try:
        text = named.read_text(encoding="utf-8", errors="surrogateescape")
        own = named.parent / text.removeprefix("gitdir:").strip()
        shared = own / "commondir"
        return own / shared.read_text(encoding="utf-8").strip() if shared.is_file() else own
    except OSError:
        return named


def _pointers(
    repository: Repository, entries: Iterable[Entry], folders: Collection[str]
) -> Iterator[tuple[str, lfs.Pointer]]:
    """Yield the pointers among the files in ``folders``."""
    paths: dict[Digest, list[str]] = {}
    for each in entries:
        is_small = each.mode in {"file", "executable"} and each.size_bytes < lfs.BYTES_MAX
        if is_small and any(_is_in(each.path, folder) for folder in folders):
            paths.setdefault(each.digest, []).append(each.path)
    for digest, data in repository.blobs.get_many(list(paths)):
        if pointer := lfs.parse(data):
            yield from ((path, pointer) for path in paths[digest])


def _bring(repository: Repository, objects: Path, pointer: lfs.Pointer) -> bool:
    """Put the file behind a pointer into the store; tell whether it could be had."""
    if pointer.digest in repository.blobs.has([pointer.digest]):
        return True
    try:
        repository.blobs.put_file(objects / lfs.path_of(pointer.digest), expected=pointer.digest)
    except NotFound:
        return False
    except Corrupt as error:
        raise Corrupt(
            f"Git LFS holds a damaged object: {error.message}", hint="git lfs fsck, then git lfs pull"
        ) from None
    return True

"""Files that Git LFS keeps: a pointer in the workspace is replaced by the file, which Git LFS has under our own digest."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.formats import lfs, trees
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, LinealError, NotFound
from lineal.objects.files import Entry, Tree
from lineal.operations.operation import Upload

if TYPE_CHECKING:
    from lineal.client.connect import Repository

_SHOWN = 3


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
    objects = objects_of(path)
    if objects is None:
        return upload
    entries = tuple(trees.entries(upload.tree, repository.blobs.get))
    pointers = dict(_pointers(repository, entries))
    if not pointers:
        return upload
    lost = [place for place, pointer in pointers.items() if not _bring(repository, objects, pointer)]
    if lost:
        warn(_told(lost))
    found = {place: pointers[place] for place in pointers.keys() - lost}
    changed = (
        msgspec.structs.replace(each, digest=pointer.digest, size_bytes=pointer.size_bytes)
        if (pointer := found.get(each.path))
        else each
        for each in entries
    )
    return Upload(repository.put_tree(Tree(entries=tuple(changed))), upload.name)


def _told(lost: list[str]) -> str:
    shown = ", ".join(lost[:_SHOWN]) + (", …" if len(lost) > _SHOWN else "")
    are, stay = (
        ("1 file is a pointer", "stays one") if len(lost) == 1 else (f"{len(lost)} files are pointers", "stay so")
    )
    return f"{are} of Git LFS whose content is not here, and {stay}: {shown}; git lfs pull brings it"


def objects_of(path: Path) -> Path | None:
    """Return where Git LFS keeps the files of the Git repository around ``path``; None when it keeps none."""
    start = path.absolute()
    top = next((each for each in (start, *start.parents) if (each / ".git").exists()), None)
    if top is None or not any(_is_filtered(each) for each in _attributes(top, start)):
        return None
    return _storage(top) / "objects"


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
        yield each / ".gitattributes"
        if each == top:
            break
    yield _git_directory(top / ".git") / "info" / "attributes"


def _is_filtered(attributes: Path) -> bool:
    try:
        return b"filter=lfs" in attributes.read_bytes()
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


def _pointers(repository: Repository, entries: Iterable[Entry]) -> Iterator[tuple[str, lfs.Pointer]]:
    paths: dict[Digest, list[str]] = {}
    for each in entries:
        if each.mode in {"file", "executable"} and each.size_bytes < lfs.BYTES_MAX:
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

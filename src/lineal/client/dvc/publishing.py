"""A dataset given to DVC as well: objects in its cache and remote, a pointer, and a line for Git to pass the data over."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lineal.client.dvc import git
from lineal.client.dvc.places import need_project
from lineal.client.dvc.taking import SUFFIX
from lineal.client.local import LocalRepository
from lineal.formats.dvc import pointer
from lineal.formats.dvc.pointer import Out
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid
from lineal.storage import alternate_digests
from lineal.storage.alternate_digests import Known
from lineal.storage.blobs import reading
from lineal.storage.dvc.objects import DvcObjects
from lineal.storage.dvc.project import Project
from lineal.storage.dvc.writing import Sent, check, export

_SPECIAL = re.compile(r"([\[\]!*#?\\])")


class Published(NamedTuple):
    """What DVC was given. ``files`` are those that Git should know now: the pointer, and where the data is passed over."""

    out: Out
    files: tuple[Path, ...]
    sent: tuple[Sent, ...]


def check_publishable(
    repository: LocalRepository, path: Path, tree: Digest, *, variables: Mapping[str, str] = os.environ
) -> None:
    """Raise what ``publish`` would raise of ``path`` and its files, before anything is written.

    Raises:
        NotFound: it is in no DVC repository.
        Invalid: DVC could not give it back as it is, or keeps it in another way already.
        Conflict: Git knows the data.
    """
    project = need_project(path, variables)
    _check_place(project, path)
    check(repository.store.get_tree(tree).entries, is_directory=path.is_dir())


def publish(
    repository: LocalRepository,
    path: Path,
    tree: Digest,
    *,
    remote: str = "",
    variables: Mapping[str, str] = os.environ,
) -> Published:
    """Give DVC what ``path`` holds, so that ``dvc pull`` in a clone brings it and ``dvc status`` finds nothing to do.

    What its cache and remote hold is not sent again. The pointer is byte for byte what ``dvc add`` would write.

    Args:
        repository: whose store holds the files.
        path: the file or directory in the workspace.
        tree: what it holds.
        remote: which remote of DVC; by default its default one, and only the cache when it has none.
        variables: the environment's.

    Raises:
        NotFound: it is in no DVC repository, or there is no such remote.
        Invalid: DVC could not give it back as it is, or keeps it in another way already.
        Conflict: Git knows the data, or two files have the same MD5.
    """
    check_publishable(repository, path, tree, variables=variables)
    project = need_project(path, variables)
    store = repository.store
    out, sent = export(
        store.get_tree(tree).entries,
        path.name,
        store.blobs,
        store.database,
        _places(project, remote),
        is_directory=path.is_dir(),
        scratch=store.root and store.root / "tmp",
    )
    if out.is_directory:
        alternate_digests.record(store.database, "md5", {out.md5: Known(tree, out.size_bytes or 0)})
    written = [_write_pointer(path, out)]
    if ignoring := _ignore(project, path):
        written.append(ignoring)
    return Published(out, tuple(written), sent)


def _places(project: Project, remote: str) -> Sequence[DvcObjects]:
    """Return where objects go: the cache, and the remote when there is one."""
    cache = project.cache
    found = [cache]
    if remote or project.config.default_remote:
        source = project.remote(remote)
        if source.is_named:
            raise Invalid(
                f"the remote {source.objects.where} keeps files under their own names, which only dvc push can write",
                hint="name another --remote, or none, and let dvc push send them",
            )
        found.append(source.objects)
    for each in found:
        each.make()
    return found


def _check_place(project: Project, path: Path) -> None:
    """Raise when DVC or Git keeps ``path`` in another way already."""
    own = path.with_name(path.name + SUFFIX)
    known = project.tracked(path)
    if known and known.said_by.absolute() != own.absolute():
        what = "is made by a stage of" if known.is_stage else "is kept by"
        raise Invalid(f"{path} {what} {known.said_by}", hint="dvc repro and dvc commit write it; leave out --dvc")
    if git.top_of(project.root) and git.ask(project.root, "ls-files", "--", str(path.absolute())):
        raise Conflict(
            f"{path} is in Git, and DVC keeps only what is not", hint=f"git rm -r --cached {path}, then try again"
        )


def _write_pointer(path: Path, out: Out) -> Path:
    """Write the pointer beside ``path``; one that is there keeps what else it says."""
    target = path.with_name(path.name + SUFFIX)
    before = target.read_bytes() if target.is_file() else None
    data = pointer.write(out) if before is None else pointer.rewrite(before, out, str(target))
    if data != before:
        reading.write_whole((data,), target, target.parent)
    return target


def _ignore(project: Project, path: Path) -> Path | None:
    """Have Git pass the data over, as DVC does; return the file that says so, when it was changed."""
    is_without_git = project.config.sections.get("core", {}).get("no_scm", "").lower() == "true"
    if is_without_git or git.top_of(project.root) is None:
        return None
    if git.ask(project.root, "check-ignore", "--", str(path.absolute()), statuses=(0, 1)):
        return None
    target = path.with_name(".gitignore")
    before = target.read_bytes() if target.is_file() else b""
    line = "/" + _SPECIAL.sub(r"\\\1", path.name)
    if before and not before.endswith(b"\n"):
        before += b"\n"
    reading.write_whole((before + f"{line}\n".encode(),), target, target.parent)
    return target

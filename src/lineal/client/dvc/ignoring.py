"""What DVC passes over: the files that a ``.dvcignore`` names, in the words of ``.gitignore``, which Git itself reads."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from lineal.client.dvc import git
from lineal.client.dvc.places import find_project
from lineal.client.local import LocalRepository
from lineal.client.workspace.index import Place
from lineal.client.workspace.scanning import root_of
from lineal.objects.errors import Invalid
from lineal.objects.files import Tree
from lineal.operations.operation import Upload
from lineal.storage.blobs import reading
from lineal.storage.dvc.project import Project

NAME = ".dvcignore"


def without_ignored(repository: LocalRepository, path: Path, upload: Upload) -> tuple[Upload, tuple[str, ...]]:
    """Return ``upload`` without the files that DVC would pass over, and which those are.

    Args:
        repository: whose store holds the tree.
        path: the file or directory in the workspace.
        upload: what it holds.

    Raises:
        Invalid: DVC passes over all of ``path``, or would refuse a directory with such a file in it.
        Unavailable: Git is not installed.
    """
    project = find_project(path)
    if project is None:
        return upload, ()
    entries = repository.store.get_tree(upload.tree).entries
    if path.is_dir() and (inside := next((each.path for each in entries if each.path.split("/")[-1] == NAME), "")):
        raise Invalid(
            f"{path / inside} is in a directory that DVC is to keep, which it does not allow",
            hint=f"write what it says into {project.root / NAME} and remove it",
        )
    left_out = _ignored(project, path)
    if not left_out:
        return upload, ()
    if left_out.issuperset(each.path for each in entries) or not path.is_dir():
        raise Invalid(f"{path} is passed over by DVC", hint=f"remove it from {NAME}, or leave out --dvc")
    kept = Tree(entries=tuple(each for each in entries if each.path not in left_out))
    tree = repository.put_tree(kept)
    ways = repository.ways
    ways.seen.take(Place(root_of(path), tree, ways.epoch), (), anew=False)
    return Upload(tree, upload.name), tuple(sorted(left_out & {each.path for each in entries}))


def _ignored(project: Project, path: Path) -> set[str]:
    """Return the paths below ``path`` that are passed over; the path of a file itself is empty."""
    whole = path.absolute()
    inside = Path(os.path.relpath(whole, project.root))
    if not any(_says_something(project.root / each / NAME) for each in (Path(), *inside.parents)):
        return set()
    # An index of its own, with nothing in it, so that it does not matter what the user's Git knows.
    with tempfile.TemporaryDirectory(prefix="lineal-") as scratch:
        git.ask(Path(scratch), "init", "--quiet", "--bare")
        said = git.ask(
            project.root,
            *("ls-files", "-z", "--others", "--ignored", f"--exclude-per-directory={NAME}", "--", str(inside)),
            variables={"GIT_DIR": scratch, "GIT_WORK_TREE": str(project.root), "GIT_LITERAL_PATHSPECS": "1"},
        )
    return {os.path.relpath(os.fsdecode(each), inside) for each in said.split(b"\0") if each}


def _says_something(file: Path) -> bool:
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise reading.unavailable(file, error) from None
    return any(each.strip() and not each.startswith(b"#") for each in lines)

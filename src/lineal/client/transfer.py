"""Take files into a store: what is known, or is there already, is not sent again."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from os import PathLike
from pathlib import Path

import msgspec

from lineal.client.workspace.intake import Intake
from lineal.client.workspace.listing import files_in_order
from lineal.client.workspace.reading import Reader
from lineal.client.workspace.scanning import check_name, root_of, told, unreadable
from lineal.client.workspace.ways import UNKNOWN, Ways
from lineal.formats import trees
from lineal.formats.tree_edits import edit
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, LinealError, NotFound
from lineal.objects.files import Tree
from lineal.operations.operation import Upload
from lineal.storage.blobs.blobs import Bundle
from lineal.storage.progress import Progress
from lineal.storage.trees import put_nodes

_NEAR_MAX = 3


def upload_path(ways: Ways, path: PathLike[str] | str) -> Upload:
    """Put the file or directory at ``path`` into a store; only what it does not hold yet is sent.

    Args:
        ways: where the bytes go.
        path: a file, or a directory, in which symbolic links are kept as links. A link that is named here itself
            means what it points at.

    Raises:
        NotFound: there is nothing at ``path``; the hint lists what is near.
        Invalid: it holds a device, a socket or a pipe, a name that is no UTF-8, or a file that may not be read.
        Conflict: a file changed while it was read.
    """
    named = Path(path)
    root = _found(named)
    # "." and ".." are called what the directory is called.
    name = named.name if named.name not in {"", ".."} else named.resolve().name
    check_name(name, str(named.parent))
    if ways.progress.is_shown:
        threading.Thread(target=_count, args=(root, ways.progress), daemon=True).start()
    tree = _taken_again(ways, root) or _taken(ways, root, name)
    return Upload(tree, name)


def _taken_again(ways: Ways, root: str) -> Digest | None:
    """Take what changed in a directory since its tree was taken; None when there is none, or too much changed."""
    before = ways.seen.place(root)
    if before is None or not before.epoch == ways.epoch != UNKNOWN or not os.path.isdir(root):
        return None
    made: dict[Digest, Tree] = {}
    with ways.blobs.bundle() as bundle:
        intake = _intake(ways, bundle, root, trusts_index=True)
        changes = intake.changed()
        if changes is None:
            return None
        nodes = edit(before.tree, sorted(changes.items()), ways.blobs.get_many) if changes else ()
        tree = put_nodes(ways.blobs, bundle, nodes, made) or before.tree
    if trees.read_node(tree, ways.blobs.get).file_count != intake.file_count:
        return None  # the index does not know what it should; everything is looked at instead
    ways.keep_tree(tree, made=made)
    intake.remember(tree, ways.epoch)
    return tree


def _taken(ways: Ways, root: str, name: str) -> Digest:
    """Take everything in a directory, or a file."""
    with ways.blobs.bundle() as bundle:
        # Whoever adds a file once more may do so because the store lost it.
        intake = _intake(ways, bundle, root, trusts_index=False)
        entries = intake.everything()
        if not os.path.isdir(root):
            entries = (msgspec.structs.replace(each, path=name) for each in entries)
        tree = put_nodes(ways.blobs, bundle, trees.grow(entries))
    assert tree  # noqa: S101 - every tree has a node
    ways.keep_tree(tree)
    intake.remember(tree, ways.epoch)
    return tree


def _intake(ways: Ways, bundle: Bundle, root: str, *, trusts_index: bool) -> Intake:
    reader = Reader(ways.blobs, bundle, trusts_index=trusts_index, progress=ways.progress)
    return Intake(reader, ways.seen, root)


def _count(root: str, progress: Progress) -> None:
    """Tell how much there is to do, ahead of those who do it."""
    with suppress(LinealError, OSError):
        for found in files_in_order(root, together=False):
            if found.name:
                progress.expect(1, told(found.stamp).size_bytes)


def _found(path: Path) -> str:
    """Return where ``path`` is, or what it points at when it is a link."""
    try:
        if path.exists():
            return root_of(path)
        if path.is_symlink():
            raise Invalid(f"{path} is a link that leads nowhere", hint=f"it points at {path.readlink()}")
        from difflib import get_close_matches  # noqa: PLC0415 - most paths are right

        folder = path.parent
        near = get_close_matches(path.name, os.listdir(folder) if folder.is_dir() else (), _NEAR_MAX)
    except OSError as error:
        raise unreadable(str(path), error) from None
    hint = "did you mean " + " or ".join(str(folder / each) for each in near) + "?" if near else "check the path"
    raise NotFound(f"there is no file or directory {path}", hint=hint)

"""Which files a reference means: those of a dataset version, the weights of a model version, what a run wrote."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from lineal.formats import trees
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import NotFound
from lineal.objects.files import Entry, Tree
from lineal.objects.reference import parse_reference
from lineal.operations.answers.files import Contents, FileLine
from lineal.operations.operation import operation
from lineal.operations.references import Row, dataset_reference, find_any, find_version, version_reference
from lineal.storage.store import Store

if TYPE_CHECKING:
    from lineal.objects.runs import Run

_LISTED_MAX = 1_000


def find_contents(store: Store, text: str, *, needs_bytes: bool = True) -> Contents:
    """Return the files that a reference means; a word alone is a dataset where no model has that name.

    Args:
        store: where to look.
        text: the reference.
        needs_bytes: whether the bytes must be here too; without them nobody knows how many there are.

    Raises:
        NotFound: nothing has that name, or it has no files.
        Ambiguous: more than one thing has that name.
    """
    kind, row = _found(store, text)
    reference, tree = _FINDERS[kind](store, row)
    if not needs_bytes:
        return Contents(reference=reference, tree=tree, file_count=0, size_bytes=0)
    try:
        root = trees.read_node(tree, store.blobs.get)
    except NotFound:
        raise NotFound(f"the files of {reference} are not here", hint=f"lineal data pull {reference}") from None
    kept = kind != "dataset" or store.get_object(row["digest"], DatasetVersion).kept
    return Contents(reference=reference, tree=tree, file_count=root.file_count, size_bytes=root.size_bytes, kept=kept)


def _found(store: Store, text: str) -> tuple[str, Row]:
    reference = parse_reference(text)
    if reference.kind in {"model", "alias"} and not store.database.run(
        "SELECT name FROM model WHERE name = :name", name=reference.name
    ):
        return find_any(store, f"data:{text}")
    kind, row = find_any(store, text)
    if kind == "model":
        return "version", find_version(store, row["name"])
    if kind not in _FINDERS:
        raise NotFound(f"{text} has no files", hint="name a dataset, a version or a run")
    return kind, row


def _of_dataset(_: Store, row: Row) -> tuple[str, Digest]:
    return dataset_reference(row), row["tree"]


def _of_version(store: Store, row: Row) -> tuple[str, Digest]:
    from lineal.objects.versions import Version  # noqa: PLC0415 - a dataset needs neither

    return version_reference(row), store.get_object(row["digest"], Version).weights


def _of_run(store: Store, row: Row) -> tuple[str, Digest]:
    if row["digest"] is None:
        raise NotFound(f"run:{row['id']} has not ended", hint=f"lineal show run:{row['id']}")
    from lineal.objects.runs import Run  # noqa: PLC0415 - as above

    written = written_by(store.get_object(row["digest"], Run))
    if not written:
        raise NotFound(f"run:{row['id']} wrote no file that was kept", hint=f"lineal show run:{row['id']}")
    *_, root = trees.grow(written)
    return f"run:{row['id']}", root.digest


_FINDERS: dict[str, Callable[[Store, Row], tuple[str, Digest]]] = {
    "dataset": _of_dataset,
    "version": _of_version,
    "run": _of_run,
}


def written_by(run: Run) -> tuple[Entry, ...]:
    """Return the files that a run wrote below its directory and that were kept, as the entries of a tree."""
    found = {each.path: each for each in (*run.intermediates, *run.outputs) if each.kept}
    entries = (
        Entry(path=path, digest=each.digest, size_bytes=each.size_bytes, mode=each.mode)
        for path, each in sorted(found.items())
        if trees.fits(path)
    )
    return Tree(entries=tuple(entries)).entries


@operation("data tree", effect="reads", internal=True, about={"name": "contents"})
def tree_of(store: Store, name: str) -> Contents:
    """Return the tree of a dataset version, a model version or a run, for whoever fetches it.

    Args:
        name: the reference.
    """
    return find_contents(store, name)


@operation("data files", effect="reads", about={"name": "contents"})
def files(store: Store, name: str, *, under: str = "", after: str = "", limit: int = 100) -> tuple[FileLine, ...]:
    """List the files of a dataset version, a model version or a run, in the order of their paths.

    Args:
        name: the reference, such as data:adult@2, churn:1.2.0 or run:train.
        under: only this path and what is below it.
        after: only paths after this one, for the next page.
        limit: how many at most.
    """
    found = store.entries(find_contents(store, name).tree, under=under)
    wanted = (each for each in found if each.path > after)
    return tuple(
        FileLine(path=each.path, digest=each.digest, size_bytes=each.size_bytes, mode=each.mode)
        for each in islice(wanted, min(limit, _LISTED_MAX))
    )


@operation("data named", effect="reads", internal=True)
def named(store: Store, tree: str) -> str:
    """Return the reference of the newest dataset version with this tree; nothing when there is none.

    Args:
        tree: its digest.
    """
    rows = store.database.run(
        "SELECT name, number FROM dataset WHERE tree = :tree ORDER BY created_at DESC, number DESC LIMIT 1", tree=tree
    )
    return dataset_reference(rows[0]) if rows else ""

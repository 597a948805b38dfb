"""The verb that says what changed in data: files, columns, distributions and, by a key, rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

import msgspec

from lineal.checks.comparing.files import FileChange, compare_files
from lineal.checks.comparing.tables import compare_tables
from lineal.formats import trees
from lineal.formats.summaries import columns
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.files import Entry
from lineal.objects.profiles import Profile, Table, Tables
from lineal.objects.reference import Kind
from lineal.operations.answers.data_diffs import DataDiff, FileCounts, TableDiff
from lineal.operations.data.contents import find_contents
from lineal.operations.data.rows import TableFiles, rows_between
from lineal.operations.data.tables import NOT_YET, Found, entries, quick_bytes, tables_of
from lineal.operations.operation import operation
from lineal.operations.references import Row, dataset_reference, find_any, find_dataset
from lineal.storage.store import Store

_FILES_SHOWN_MAX = 1_000

Sided = tuple[Table, Profile] | None


class _Side(NamedTuple):
    """One of the two: its reference, the tree of its files, and its tables when it is a dataset."""

    reference: str
    tree: Digest
    found: Found = Found(Tables(), {})


@operation("data diff", effect="reads", about={"left": "contents", "right": "contents"})
def diff(store: Store, left: str, right: str, *, key: str = "") -> DataDiff:
    """Show what changed between two versions of data: files, columns, distributions and, by a key, rows.

    Columns come in the order of how much they changed. Of versions of models and of runs, the files are compared.

    Args:
        left: a dataset version, as data:NAME or data:NAME@2; or a version of a model, or a run.
        right: another.
        key: the column by which a row is known; with it, rows that were inserted, deleted and changed are counted.

    Raises:
        Invalid: one of them has no files, or there is no single table with that key on both sides.
    """
    before, after = _side(store, left), _side(store, right)
    changes = compare_files(*_unshared(store, before.tree, after.tree))
    tables = list(table_differences(before.found, after.found))
    if key:
        changed = rows_between(_table_files(store, before), _table_files(store, after), key)
        tables = [msgspec.structs.replace(tables[0], rows=changed)]
    return DataDiff(
        left=before.reference,
        right=after.reference,
        same=not changes,
        counts=FileCounts(**_counted(changes)),
        left_bytes=_size_bytes(store, before.tree),
        right_bytes=_size_bytes(store, after.tree),
        files=tuple(changes[:_FILES_SHOWN_MAX]),
        tables=tuple(tables),
        gaps=tuple(dict.fromkeys((*_gaps(before), *_gaps(after)))),
    )


def _side(store: Store, text: str) -> _Side:
    """Return the files and tables of what ``text`` names; a bare name is that of a dataset."""
    kind, row = _named(store, text)
    if kind == "dataset":
        found = tables_of(store, row["tree"], most_bytes=quick_bytes())
        return _Side(dataset_reference(row), row["tree"], found)
    contents = find_contents(store, text)
    return _Side(contents.reference, contents.tree)


def _named(store: Store, text: str) -> tuple[Kind, Row]:
    if ":" not in text:
        try:
            return "dataset", find_dataset(store, f"data:{text}")
        except (NotFound, Invalid):
            if "@" not in text:  # with it, this may be the alias of a model
                raise
    return find_any(store, text)


def _counted(changes: Iterable[FileChange]) -> dict[str, int]:
    return dict(Counter(str(each.change) for each in changes))


def _unshared(store: Store, left: Digest, right: Digest) -> tuple[list[Entry], list[Entry]]:
    """Return the files of two trees that are not the same on both sides; what they share is not read."""
    before, after = list[Entry](), list[Entry]()
    for was, now in trees.changes(left, right, store.blobs.get):
        before += [was] if was else []
        after += [now] if now else []
    return before, after


def _size_bytes(store: Store, tree: Digest) -> int:
    return trees.read_node(tree, store.blobs.get).size_bytes


def _gaps(side: _Side) -> Iterator[str]:
    """Yield what of a side's tables could not be compared."""
    yield from (f"{side.reference}: {gap}" for gap in side.found.tables.gaps)
    for note in side.found.notes:
        yield f"{side.reference}: {note}" + (
            f"; lineal data profile {side.reference} does that" if note.endswith(NOT_YET) else ""
        )


def table_differences(left: Found, right: Found) -> Iterator[TableDiff]:
    """Yield in what the tables of two sides differ; tables are paired by name, and single ones anyhow."""
    return (_compared(*pair) for pair in _pairs(left, right))


def _pairs(left: Found, right: Found) -> Iterator[tuple[Sided, Sided]]:
    """Yield tables of the same name together; where each side has one table, those are meant."""
    before = {each.name: (each, left.profiles[each.name]) for each in left.tables.tables}
    after = {each.name: (each, right.profiles[each.name]) for each in right.tables.tables}
    if len(before) == len(after) == 1:
        yield next(iter(before.values())), next(iter(after.values()))
        return
    for name in dict.fromkeys((*before, *after)):
        yield before.get(name), after.get(name)


def _compared(left: Sided, right: Sided) -> TableDiff:
    """Return in what two tables differ; a side that is not there has no columns."""
    names = [side[0].name if side else "" for side in (left, right)]
    sides = [columns(side[1], is_text=side[0].format == "csv") if side else () for side in (left, right)]
    return TableDiff(
        name=names[1] or names[0],
        was=names[0] if all(names) and names[0] != names[1] else "",
        change="changed" if all(names) else ("removed" if left else "added"),
        left_rows=left[1].row_count if left else None,
        right_rows=right[1].row_count if right else None,
        left_columns=sides[0],
        right_columns=sides[1],
        columns=compare_tables(_told(left), _told(right)) if left and right else (),
    )


def _told(side: tuple[Table, Profile]) -> Profile:
    """Return a profile with the dtypes that people are told: whatever text is mixed of, it is text."""
    table, profile = side
    if table.format != "csv":
        return profile
    told = (
        msgspec.structs.replace(each, dtype="string") if each.dtype == "mixed" else each for each in profile.columns
    )
    return msgspec.structs.replace(profile, columns=tuple(told))


def _table_files(store: Store, side: _Side) -> TableFiles:
    """Return the files of the only table of a side. Raises Invalid when it has another number of tables."""
    tables = side.found.tables
    if len(tables.tables) != 1 or tables.gaps or side.found.notes:
        why = next(_gaps(side), f"{side.reference} has {len(tables.tables)} tables")
        raise Invalid(
            f"rows cannot be compared: {why}", hint="compare datasets of one table each, or leave out the key"
        )
    table = tables.tables[0]
    return TableFiles(store, side.reference, table, side.found.profiles[table.name], partial(entries, store, side.tree))

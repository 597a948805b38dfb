"""What changed inside files: tables that were read, and models that were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from lineal.checks.comparing.tensors import compare_tensors
from lineal.formats.tensors.formats import read_model
from lineal.formats.tensors.tensor import Contents
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, NotFound
from lineal.objects.files import Entry
from lineal.objects.profiles import Tables
from lineal.operations.answers.data_diffs import TableDiff
from lineal.operations.answers.differences import Difference, ModelFileDiff
from lineal.operations.data.data_diff import table_differences
from lineal.operations.data.tables import Found, quick_bytes, table_of
from lineal.storage.blobs.seekable import open_seekable
from lineal.storage.store import Store

Pair = tuple[Entry, Entry]

COMPARED_BYTES_MAX = 8 << 30
"""So many bytes of tensors are read in one comparison, of both sides together."""

_FILES_MAX, _CHANGES_MAX, _FACTS_MAX = 20, 1_000, 200


def pairs(left: Mapping[str, Entry], right: Mapping[str, Entry]) -> list[Pair]:
    """Return the files of one path that are not the same on both sides, by path."""
    return [
        (left[path], right[path])
        for path in sorted(left.keys() & right.keys())
        if left[path].digest != right[path].digest
    ]


def compared_tables(store: Store, changed: list[Pair]) -> tuple[tuple[TableDiff, ...], tuple[str, ...]]:
    """Return what changed in the tables among files, and what could not be compared."""
    found: list[TableDiff] = []
    gaps: list[str] = []
    here = store.blobs.has({each.digest for pair in changed for each in pair})
    for pair in changed[:_FILES_MAX]:
        if not {each.digest for each in pair} <= here:
            continue
        before, after = (_table(store, each) for each in pair)
        gaps += [*before.notes, *after.notes]
        if before.tables.tables and after.tables.tables:
            found += table_differences(before, after)
    return tuple(found), tuple(dict.fromkeys(gaps))


def _table(store: Store, entry: Entry) -> Found:
    try:
        return table_of(store, entry, most_bytes=quick_bytes())
    except (NotFound, Corrupt) as error:
        return Found(Tables(), {}, (f"{entry.path}: {error.message}",))


def compared_models(store: Store, changed: list[Pair]) -> Iterator[ModelFileDiff]:
    """Yield what changed in the files of models, tensor by tensor, without executing anything that is in them."""
    left_bytes = COMPARED_BYTES_MAX
    for before, after in changed[:_FILES_MAX]:
        try:
            answer = _model(store, before, after, left_bytes)
        except (NotFound, Corrupt) as error:
            answer = ModelFileDiff(path=after.path, note=error.message)
        if answer:
            left_bytes -= before.size_bytes + after.size_bytes
            yield answer


def _model(store: Store, before: Entry, after: Entry, most_bytes: int) -> ModelFileDiff | None:
    was = before.path if before.path != after.path else ""
    left, right = (_contents(store, each.digest) for each in (before, after))
    if not left or not right:
        return None
    notes = dict.fromkeys((*left.notes, *right.notes))
    if left.format != right.format:
        notes[f"it was a file of {left.format}, and is one of {right.format}"] = None
    found = compare_tensors(left, right, most_bytes=most_bytes)
    return ModelFileDiff(
        path=after.path,
        was=was,
        format=right.format,
        equal_count=found.equal_count,
        change_count=len(found.changes),
        changes=found.changes[:_CHANGES_MAX],
        layers=found.layers[:_CHANGES_MAX],
        facts=tuple(
            Difference(part="facts", name=name, left=one, right=other)
            for name, (one, other) in list(found.facts.items())[:_FACTS_MAX]
        ),
        note="; ".join(notes),
    )


def _contents(store: Store, digest: Digest) -> Contents | None:
    file: BinaryIO = open_seekable(store.blobs, digest)
    return read_model(file)

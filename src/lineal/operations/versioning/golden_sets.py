"""Which golden requests a version gets: those of the version before, its own example, and rows of the data it should answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from lineal.capture.secrets import mask_bytes
from lineal.checks.policies.policy import Policy
from lineal.formats import golden
from lineal.formats.choosing_rows import Column, choose_rows
from lineal.formats.golden import GoldenRequest
from lineal.formats.tables.formats import format_of, reader_of
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError, NotFound
from lineal.objects.files import Entry
from lineal.objects.replays import Golden
from lineal.objects.runs import ModelFacts
from lineal.objects.versions import Version
from lineal.operations.data.tables import BlobSource
from lineal.operations.references import dataset_reference, find_dataset
from lineal.operations.statements import said
from lineal.operations.versioning.structures import completed, structure_of_tree
from lineal.serving.rows import cells, typed
from lineal.storage.store import Store

REQUESTS_MAX = 500
"""So many requests a version has at most; of those that were sampled, the oldest are left out."""

_LOOKED_AT_MAX = 50_000
"""Rows are chosen among so many at the beginning of a table."""

_SINGLE_MAX, _ROWS_TOGETHER = 30, 10
"""So many rows are asked one by one, the others several at a time."""

_EXAMPLES = ("serving_input_example.json", "input_example.json")
_EXAMPLE_BYTES_MAX = golden.REQUEST_BYTES_MAX


class Composed(NamedTuple):
    """Requests, those that were inherited first; the data of which some were sampled; and why there are no more."""

    requests: list[GoldenRequest]
    inherited: int = 0
    dataset: str = ""
    gaps: tuple[str, ...] = ()


class _Source(NamedTuple):
    """A file that rows may be sampled of: what people call it, and the column with the true answers."""

    name: str
    entry: Entry
    label: str = ""


def golden_of(store: Store, version: Digest) -> Golden | None:
    """Return the golden requests of a version as they are now, if it has some."""
    return next((each for _, each in said(store, version, Golden)), None)


def requests_of(store: Store, found: Golden) -> list[GoldenRequest]:
    """Return the golden requests of a version."""
    return list(golden.decode(store.blobs.get(found.requests), GoldenRequest))


def compose(store: Store, version: Version, before: Golden | None, policy: Policy) -> Composed:
    """Return the golden requests that a version should have.

    Args:
        store: where.
        version: the version, or one that is about to be registered.
        before: the golden requests of the version before.
        policy: says how many rows are sampled, of what, and what is left out.
    """
    inherited = requests_of(store, before) if before else []
    example = _example(store, version)
    sampled, dataset, gaps = _sampled(store, version, policy) if policy.golden.rows else ([], "", ())
    unique = {each.key: each for each in (*sampled, *example, *inherited)}
    old = {each.key for each in inherited}
    passing = [key for key, each in unique.items() if key in old and each.origin == "sampled"]
    left_out = set(passing[: max(0, len(unique) - REQUESTS_MAX)])
    kept = [each for key, each in unique.items() if key not in left_out]
    count = sum(each.key in old for each in kept)
    return Composed(sorted(kept, key=lambda each: each.key not in old), count, dataset, gaps)


def _example(store: Store, version: Version) -> list[GoldenRequest]:
    """Return the request that the model's own example of its input makes, as MLflow keeps it."""
    files = {each.path: each for each in store.entries(version.weights)}
    for name in _EXAMPLES:
        entry = files.get(name)
        if entry and entry.mode == "file" and entry.size_bytes <= _EXAMPLE_BYTES_MAX:
            try:
                return [golden.of_example(store.blobs.get(entry.digest))]
            except LinealError:
                continue
    return []


def _sampled(store: Store, version: Version, policy: Policy) -> tuple[list[GoldenRequest], str, tuple[str, ...]]:
    """Return requests of rows, of which data they are, and why there are none."""
    facts = completed(version.facts, structure_of_tree(store, version.weights, version.main_file))
    if not facts.inputs:
        return [], "", ("it is not known which columns the model takes, so no rows were sampled",)
    for source in _sources(store, version, policy):
        try:
            table = _table(store, source, facts.inputs)
        except LinealError:
            continue  # it is no such table, or not here
        if table:
            return list(_requests(table, source, facts, policy)), source.name, ()
    return [], "", ("no table that is here has all columns that the model takes, so no rows were sampled",)


def _sources(store: Store, version: Version, policy: Policy) -> Iterator[_Source]:
    """Yield the held-out data, then what the run read."""
    if policy.evaluation.dataset:
        try:
            row = find_dataset(store, policy.evaluation.dataset)
            tree = store.get_object(row["digest"], DatasetVersion).tree
            yield from (_Source(dataset_reference(row), each, policy.evaluation.label) for each in store.entries(tree))
        except NotFound:
            pass
    sizes = {each.digest: each for each in version.data if format_of(each.path)}
    for each in sizes.values():
        yield _Source(each.path, Entry(path=each.path, digest=each.digest, size_bytes=0), policy.evaluation.label)


def _table(store: Store, source: _Source, inputs: Mapping[str, str]) -> dict[str, Column]:
    """Return the columns that the model takes and the true answers, of the first rows of a table; nothing if it lacks one."""
    found: dict[str, list[str | None]] = {}
    entry = source.entry
    for unit in reader_of(format_of(entry.path) or "csv").units(_source(store, entry)):
        for batch in unit.batches():
            if not inputs.keys() <= batch.columns.keys():
                return {}
            for name in (*inputs, *([source.label] if source.label in batch.columns else ())):
                found.setdefault(name, []).extend(batch.columns[name].texts())
            if len(next(iter(found.values()))) >= _LOOKED_AT_MAX:
                return {name: each[:_LOOKED_AT_MAX] for name, each in found.items()}
    return dict(found)


def _source(store: Store, entry: Entry) -> BlobSource:
    size_bytes = entry.size_bytes or store.blobs.size(entry.digest)
    return BlobSource(store.blobs, Entry(path=entry.path, digest=entry.digest, size_bytes=size_bytes))


def _requests(
    table: Mapping[str, Column], source: _Source, facts: ModelFacts, policy: Policy
) -> Iterator[GoldenRequest]:
    """Yield requests of the rows that were chosen; one that holds a secret is left out."""
    left_out = policy.golden.leave_out
    shown = {name: cells for name, cells in table.items() if name not in left_out}
    rows, labels = list[dict[str, Any]](), list[str]()
    for place in choose_rows(shown or table, policy.golden.rows):
        row = _row({name: table[name][place] or "" for name in facts.inputs}, facts.inputs, left_out)
        if not mask_bytes(msgspec.json.encode(row))[1]:
            rows.append(row)
            labels.append((table[source.label][place] or "") if source.label in shown else "")
    # What is extreme, and may be refused, is asked by itself.
    single = min(len(rows), _SINGLE_MAX)
    bounds = [*range(single), *range(single, len(rows), _ROWS_TOGETHER), len(rows)]
    for start, end in pairwise(bounds):
        known = labels[start:end]
        yield golden.of_rows(rows[start:end], labels=known if any(known) else ())


def _row(row: Mapping[str, str], inputs: Mapping[str, str], left_out: Sequence[str]) -> dict[str, Any]:
    """Return a row as a client would send it, without the values that are not kept."""
    found = _values(row, inputs)
    return {name: _nothing(inputs[name]) if name in left_out else value for name, value in found.items()}


def _values(row: Mapping[str, str], inputs: Mapping[str, str]) -> dict[str, Any]:
    """Return the cells of a row as a client would send them; what is none of its column's kind, as it stands."""
    (plain,) = cells([row], inputs)
    try:
        (found,) = typed([plain], inputs)
    except LinealError:
        return plain
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in found.items()}


def _nothing(dtype: str) -> Any:
    """Return what stands in the place of a value that is not kept: what every column of that type takes."""
    kind = dtype.lower()
    return False if kind.startswith("bool") else 0 if "int" in kind else None


def counted(requests: Sequence[GoldenRequest]) -> dict[str, int]:
    """Return how many requests are of each origin."""
    found: dict[str, int] = {}
    for each in requests:
        found[each.origin] = found.get(each.origin, 0) + 1
    return dict(sorted(found.items()))

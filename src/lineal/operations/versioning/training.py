"""What a gate asks of data: what a version was trained on, whether the held-out rows are in it, how used those are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lineal.checks.check import Check
from lineal.checks.evidence import Overlap, TrainingData, Wear
from lineal.checks.judges.data_unique import DataUnique
from lineal.checks.judges.leakage import Leakage
from lineal.objects.digest import Digest
from lineal.objects.sources import Sighting
from lineal.objects.statements import Evaluation
from lineal.objects.versions import Version
from lineal.operations.asking.lineage import EVALUATED_ON
from lineal.operations.data.row_digests import only_table, overlap, repeated
from lineal.operations.data.rows import TableFiles
from lineal.operations.references import Row, dataset_reference
from lineal.operations.statements import said
from lineal.storage.store import Store


def training_data(store: Store, version: Version) -> tuple[TrainingData, ...]:
    """Return the dataset versions that a version was trained on, with their profiles."""
    found = []
    for row in datasets_of(store, version):
        reference = dataset_reference(row)
        table = only_table(store, row["digest"], reference)
        seen = next((each.read_at for _, each in said(store, row["digest"], Sighting)), None)
        found.append(
            TrainingData(
                name=reference,
                digest=row["digest"],
                added_at=row["created_at"],
                read_at=seen,
                profile=None if isinstance(table, str) else table.profile,
                gap=table if isinstance(table, str) else "",
            )
        )
    return tuple(found)


def datasets_of(store: Store, version: Version) -> Iterator[Row]:
    """Yield the row of each dataset version that a version was trained on, the newest of each."""
    for digest in dict.fromkeys(each.dataset for each in version.data if each.dataset):
        rows = store.database.run(
            "SELECT * FROM dataset WHERE digest = :digest ORDER BY created_at DESC LIMIT 1", digest=digest
        )
        yield from rows


def overlaps(
    store: Store, version: Version, evaluation: Evaluation | None, checks: Iterable[Check]
) -> dict[str, tuple[Overlap, ...]]:
    """Return how many held-out rows stand in each dataset of a version, for each check that asks, by what it asked."""
    asked = {each.asked: each for each in checks if isinstance(each, Leakage)}
    if not asked or evaluation is None:
        return {}
    held_out = only_table(store, evaluation.dataset, "the held-out data")
    rows = list(datasets_of(store, version))
    if isinstance(held_out, str):
        return {name: (Overlap("the held-out data", 0, 0, held_out),) for name in asked}
    return {
        name: tuple(_counted(store, each, held_out.profile.row_count, _leaks(held_out, check)) for each in rows)
        for name, check in asked.items()
    }


def _leaks(held_out: TableFiles, check: Leakage) -> Callable[[TableFiles], int | str]:
    return lambda table: overlap(held_out, table, check.ignore)


def repeats(store: Store, version: Version, checks: Iterable[Check]) -> dict[str, tuple[Overlap, ...]]:
    """Return how many rows of each dataset of a version repeat another, for each check that asks, by what it asked."""
    asked = {each.asked: each for each in checks if isinstance(each, DataUnique)}
    rows = list(datasets_of(store, version)) if asked else []
    return {name: tuple(_counted(store, each, None, _repeats(check)) for each in rows) for name, check in asked.items()}


def _repeats(check: DataUnique) -> Callable[[TableFiles], int | str]:
    return lambda table: repeated(table, check.columns)


def _counted(store: Store, row: Row, row_count: int | None, count: Callable[[TableFiles], int | str]) -> Overlap:
    reference = dataset_reference(row)
    table = only_table(store, row["digest"], reference)
    if isinstance(table, str):
        return Overlap(reference, 0, 0, table)
    found = count(table)
    if isinstance(found, str):
        return Overlap(reference, 0, 0, found)
    return Overlap(reference, found, table.profile.row_count if row_count is None else row_count)


def wear(store: Store, dataset: Digest, row_count: int) -> Wear:
    """Return how often versions, of any model, were evaluated on a dataset version."""
    rows = store.database.run(
        "SELECT COUNT(*) AS evaluations, COUNT(DISTINCT s.subject) AS versions FROM edge e"
        " JOIN statement s ON s.digest = e.child WHERE e.parent = :dataset AND e.role = :role",
        dataset=dataset,
        role=EVALUATED_ON,
    )
    return Wear(rows[0]["evaluations"], rows[0]["versions"], row_count)

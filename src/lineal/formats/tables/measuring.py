"""The profile of a unit, from its batches."""

from __future__ import annotations

from collections.abc import Iterable

from lineal.formats.profiles import merged
from lineal.formats.tables.table import Batch, Unit
from lineal.objects.profiles import Profile


def measure_unit(unit: Unit) -> Profile:
    """Return the profile of a unit. Raises Invalid."""
    parts = [measure(batches()) for batches in unit.groups or (unit.batches,)]
    columns = (column for part in parts for column in part.columns)
    return Profile(row_count=parts[0].row_count, columns=tuple(columns))


def measure(batches: Iterable[Batch]) -> Profile:
    """Return the profile of all rows of ``batches``. Raises what reading them raises: Invalid."""
    return merged(_one(each) for each in batches)


def _one(batch: Batch) -> Profile:
    columns = (profile for cells in batch.columns.values() for profile in cells.profiles())
    return Profile(row_count=batch.row_count, columns=tuple(columns))

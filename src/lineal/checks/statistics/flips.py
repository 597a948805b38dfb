"""Two versions' answers to the same rows: how many are others, and how many of those were right before or are right now."""

from __future__ import annotations

from typing import NamedTuple

from lineal.checks.statistics.samples import Sample


class Flips(NamedTuple):
    """Rows that were right with the one before and are wrong now, those that went the other way, and those that stayed right."""

    broke: int
    fixed: int
    kept: int


def changed(candidate: Sample, champion: Sample, *, tolerance: float = 0.0) -> int:
    """Return how many answers differ; numbers by more than ``tolerance``."""
    if candidate.predicted:
        return sum(a != b for a, b in zip(candidate.predicted, champion.predicted, strict=True))
    numbers = zip(candidate.predicted_numbers, champion.predicted_numbers, strict=True)
    return sum(abs(a - b) > tolerance for a, b in numbers)


def flips(candidate: Sample, champion: Sample) -> Flips | None:
    """Return how many rows broke, were fixed and stayed right; None for numbers, which are neither right nor wrong."""
    if not candidate.actual:
        return None
    rows = list(zip(candidate.actual, candidate.predicted, champion.actual, champion.predicted, strict=True))
    broke = sum(old == was and new != now for now, new, was, old in rows)
    fixed = sum(old != was and new == now for now, new, was, old in rows)
    return Flips(broke, fixed, len(rows) - broke - sum(old != was for _, _, was, old in rows))

"""What is told of a column of a table: values alone, for whoever only passes them on."""

from __future__ import annotations

import msgspec

from lineal.objects.canonical import Number


class Bins(msgspec.Struct, frozen=True):
    """A histogram: counts between edges, of which there is one more. What lies beyond counts in the first or last bin."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How numbers are distributed. ``rank_error`` is the share of all by which the rank of a quantile may be wrong."""

    count: int
    minimum: float
    maximum: float
    mean: Number
    deviation: Number
    quantiles: dict[str, float]
    bins: Bins
    rank_error: float = 0.0


class ColumnSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a column holds.

    ``count`` values are there and ``missing`` are not. ``distinct`` of them are different: about so many, unless that
    ``is_exact``. ``top`` are the most frequent texts, each with how often it is there at least.
    """

    name: str
    dtype: str
    count: int
    missing: int
    distinct: int
    is_exact: bool
    infinite: int = 0
    kinds: dict[str, int] = {}
    numbers: Figures | None = None
    times: Figures | None = None
    lengths: Figures | None = None
    top: tuple[tuple[str, int], ...] = ()

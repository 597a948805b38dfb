"""What a reader finds, and how numbers of files become metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from lineal.objects.canonical import Number, number
from lineal.objects.errors import Invalid
from lineal.objects.outside_evaluations import OutsideResult

RESULTS_MAX = 5_000
METRICS_MAX = 50_000
TEXT_MAX = 500
"""A longer name or fact is cut: it stands whole in the file, which is kept."""

AND = " & "
"""Stands between the columns of an intersection, and between its values, as everywhere else."""

_TOLERANCE = 1e-6
_WHOLE_MAX = 1 << 53


class Results(NamedTuple):
    """What the files of one evaluation say. The fields are those of an `OutsideEvaluation`."""

    format: str
    tool: str
    results: tuple[OutsideResult, ...]
    tool_version: str = ""
    model: str = ""
    dataset_said: str = ""
    facts: dict[str, str] = {}
    notes: tuple[str, ...] = ()


def is_number(value: Any) -> bool:
    """Tell whether a value of JSON is a number; one that is not finite is one too."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def metric(value: Any, where: str) -> Number:
    """Return a number as it is kept: NaN and the infinities as their words.

    Raises:
        Invalid: it is none, or has more digits than anybody can mean.
    """
    if not is_number(value):
        raise Invalid(f"{where} is {shown(value)}, which is no number", hint="mend the file, or evaluate again")
    try:
        return number(float(value))
    except OverflowError:
        raise Invalid(f"{where} is larger than any number that is kept", hint="mend the file") from None


def finite(value: Any) -> float | None:
    """Return a finite number, or nothing."""
    try:
        return float(value) if is_number(value) and math.isfinite(value) else None
    except OverflowError:
        return None


def whole(value: Any) -> int | None:
    """Return a number of rows, or nothing where it is none."""
    found = finite(value)
    return int(found) if found is not None and 0 <= found <= _WHOLE_MAX and found.is_integer() else None


def share(value: Any, count: int | None) -> tuple[int, int] | None:
    """Return the rows that ``value`` is a share of ``count`` of; nothing where it is no whole number of them."""
    found = finite(value)
    if found is None or not count or not 0 <= found <= 1:
        return None
    hits = round(found * count)
    return (hits, count) if abs(found * count - hits) <= _TOLERANCE * max(1, count) else None


def shares(values: Mapping[str, Any], count: int | None, names: frozenset[str]) -> dict[str, tuple[int, int]]:
    """Return the metrics of ``values`` that are among ``names`` and are shares of ``count`` rows."""
    return {name: found for name, value in values.items() if name in names and (found := share(value, count))}


def shown(value: Any) -> str:
    """Return a value as messages show it."""
    return repr(value)[:80]


def text(value: Any) -> str:
    """Return a value as a fact says it; nothing for None."""
    said = "" if value is None else str(value)
    return said if len(said) <= TEXT_MAX else said[: TEXT_MAX - 1] + "…"


def check(found: Results, name: str) -> Results:
    """Return ``found``. Raises Invalid when it says nothing, or more than can be read."""
    if not any(each.metrics for each in found.results):
        raise Invalid(f"{name} is a result of {found.tool} without any metric", hint="evaluate again, and look into it")
    if len(found.results) > RESULTS_MAX or sum(len(each.metrics) for each in found.results) > METRICS_MAX:
        raise Invalid(
            f"{name} holds {len(found.results):,} results, more than {RESULTS_MAX:,} or {METRICS_MAX:,} metrics",
            hint="give it in parts",
        )
    seen = set[tuple[str, str, str]]()
    for each in found.results:
        key = each.task, each.feature, each.value
        if key in seen:
            what = " ".join(part for part in (each.task, each.feature and f"{each.feature}={each.value}") if part)
            raise Invalid(f"{name} has two results for {what or 'all rows'}", hint="give each in a file of its own")
        seen.add(key)
    return found

"""What checks say of a metric's way from the champion to the candidate."""

from __future__ import annotations

from lineal.checks.evidence import Evidence
from lineal.checks.outside import rowless
from lineal.checks.statistics.intervals import rows_needed
from lineal.checks.statistics.metrics import METRICS
from lineal.checks.statistics.paired import Change
from lineal.checks.wording import apart, figure

COMPARED = tuple(name for name, metric in METRICS.items() if metric.better)
"""The metrics of which one can be better than another."""


def unpaired(evidence: Evidence) -> str:
    """Return what to do where both versions did not answer the same rows; empty when they did."""
    if evidence.pairs is not None:
        return ""
    return (
        f"{evidence.champion_name} and {evidence.name} have not both answered the same held-out rows;"
        f" lineal evaluate each of them{rowless(evidence)}"
    )


def moved(found: Change, metric: str, champion: str, asked: str) -> str:
    """Return the way of a metric as a sentence; ``asked`` is the bar."""
    before, after = apart(found.champion, found.candidate)
    said = f"{metric} goes from {before} ({champion}) to {after}"
    if found.fixed is not None:
        said += f": {found.fixed:,} rows fixed, {found.broke:,} broken of {found.row_count:,}"
    bounds = f"95 % interval of the gain {figure(found.interval.low)} to {figure(found.interval.high)}"
    return f"{said} ({bounds}, {asked})"


def needed(found: Change, bar: float) -> tuple[int, str]:
    """Return how many rows would decide whether the gain is above ``bar``, and how a sentence goes on with that."""
    reach = found.gain - found.interval.low if found.gain > bar else found.interval.high - found.gain
    rows = rows_needed(found.row_count, abs(found.gain - bar), reach)
    return rows, f"; about {rows:,} rows would decide" if rows else ""


def numbers(found: Change) -> dict[str, float]:
    """Return the numbers behind a change; ``p`` is that of McNemar's exact test that it is worse."""
    said: dict[str, float] = {
        "candidate": found.candidate,
        "champion": found.champion,
        "gain": found.gain,
        "low": found.interval.low,
        "high": found.interval.high,
        "rows": found.row_count,
    }
    if found.fixed is not None and found.broke is not None:
        said |= {"fixed": found.fixed, "broke": found.broke, "p": found.p_worse_than(0)}
    return said

"""Verbs of curves: what charts and tables of metrics show, of many metrics and runs in one question."""

from __future__ import annotations

from lineal.objects.errors import Invalid
from lineal.operations.answers.tracking import CurveLine, Curves, MetricTotal, Points, Totals
from lineal.operations.operation import operation
from lineal.operations.recording.tracking import find
from lineal.storage import curves as stored
from lineal.storage.store import Store

CURVES_MAX = 2_000
"""So many curves are asked for at once."""


@operation("metrics curves", effect="reads", internal=True, about={"runs": "run id"})
def curves(
    store: Store,
    *,
    runs: tuple[str, ...],
    keys: tuple[str, ...],
    points: int = 160,
    first: int | None = None,
    last: int | None = None,
) -> Curves:
    """Return curves of metrics of runs, folded into parts with their least, greatest and mean value.

    What is no finite number stands beside the parts. A metric that a run has not measured has no parts.

    Args:
        runs: the ids of the runs.
        keys: the metrics.
        points: at most about so many parts of each curve.
        first: the least step that is wanted.
        last: the greatest.

    Raises:
        Invalid: too many curves are asked for at once.
    """
    if len(runs) * len(keys) > CURVES_MAX:
        raise Invalid(
            f"{len(runs)} runs with {len(keys)} metrics are {len(runs) * len(keys):,} curves",
            hint=f"ask for {CURVES_MAX:,} at once",
        )
    found = stored.curves(store.database, runs, keys, first=first, last=last, count=max(1, points))
    return Curves(curves=tuple(CurveLine(*name, each.parts, each.words) for name, each in found.items()))


@operation("metrics totals", effect="reads", internal=True, about={"runs": "run id"})
def totals(store: Store, *, runs: tuple[str, ...]) -> Totals:
    """Return of each metric of runs how many points it has, and the least and the greatest of their values and steps.

    Args:
        runs: the ids of the runs. What a run shares with others is not counted.
    """
    found = stored.totals(store.database, runs)
    return Totals(totals=tuple(MetricTotal(run, key, *found[run, key]) for run, key in sorted(found)))


@operation("metrics points", effect="reads", internal=True, about={"run_id": "run id"})
def points(store: Store, run_id: str, *, key: str, offset: int = 0, limit: int = 1_000) -> Points:
    """Return a part of the points of a metric, in the order in which they were logged.

    Args:
        run_id: which run.
        key: the metric.
        offset: how many points come before.
        limit: at most so many.

    Raises:
        NotFound: there is no such run.
    """
    find(store, run_id)
    count, found = stored.part_of_history(store.database, run_id, key, offset=max(0, offset), limit=max(0, limit))
    return Points(run=run_id, key=key, point_count=count, steps=found.steps, values=found.values, times=found.times)

"""Verbs of runs while they go on: a program tells of itself, many times a second; others look on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from lineal.objects.errors import Exists, Invalid, NotFound
from lineal.objects.runs import Point
from lineal.objects.ulid import hexadecimal, is_ulid
from lineal.operations.answers import Chart, ChartSeries, History, TrackedRun
from lineal.operations.experiments import DEFAULT, active
from lineal.operations.operation import operation
from lineal.operations.references import Row
from lineal.operations.summaries import Summary, texts
from lineal.storage import series
from lineal.storage.store import Store

State = Literal["running", "scheduled", "finished", "failed", "killed"]

SHOWN = (
    "SELECT r.*, s.run AS summary, s.metrics, s.params, s.tags FROM run r LEFT JOIN run_summary s ON s.run = r.id"
)
"""Begins a statement that gives rows of runs as lists show them."""


@operation("runs create", effect="writes", internal=True)
def create(
    store: Store,
    *,
    run_id: str,
    name: str,
    experiment: int = DEFAULT,
    started_at: int,
    started_by: str = "",
    state: State = "running",
    artifact_location: str = "",
    tags: dict[str, str] = {},  # noqa: B006 - never changed
) -> TrackedRun:
    """Begin a run that will tell of itself.

    Args:
        run_id: a ULID that nobody has used.
        name: what people call it.
        experiment: the number of its experiment.
        started_at: when, in milliseconds since 1970.
        started_by: who; by default whoever asks.
        state: whether it runs already.
        artifact_location: where it keeps its files; by default in the store.
        tags: anything else that should be known of it.

    Raises:
        NotFound: there is no such experiment.
        Invalid: the id is no ULID, or the experiment was deleted.
        Exists: the id is taken.
    """
    if not is_ulid(run_id):
        raise Invalid(f"{run_id!r} is no run id", hint="a run id is a ULID, 26 letters and digits")
    active(store, experiment)
    made = store.database.run(
        "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision, experiment, artifact_location)"
        " VALUES (:id, :name, :state, '[]', :by, '', :at, 1, :experiment, :place) ON CONFLICT (id) DO NOTHING RETURNING id",
        id=run_id,
        name=name,
        state=state,
        by=started_by or store.actor.name,
        at=started_at,
        experiment=experiment,
        place=artifact_location,
    )
    if not made:
        raise Exists(f"run:{run_id} exists already", hint="choose another id")
    summary = Summary(store.database, run_id, experiment)
    summary.set_tags(tags)
    summary.save()
    return shown(store, run_id)


@operation("runs record", effect="records", internal=True)
def record(
    store: Store,
    run_id: str,
    *,
    points: tuple[Point, ...] = (),
    params: dict[str, str] = {},  # noqa: B006 - never changed
    tags: dict[str, str] = {},  # noqa: B006 - never changed
    untag: tuple[str, ...] = (),
) -> None:
    """Keep what a run tells of itself: all of it, or nothing.

    Args:
        run_id: which run.
        points: points of its metrics, in the order they were measured.
        params: its parameters; each keeps its first value.
        tags: tags that it gets.
        untag: tags that it loses.

    Raises:
        NotFound: there is no such run, or it has no such tag.
        Invalid: it was deleted, or a parameter has another value already.
    """
    row = _locked(store, run_id, points=len(points))
    summary = Summary(store.database, run_id, row["experiment"])
    if params:
        summary.set_params(params)
    if tags:
        summary.set_tags(tags)
    for key in untag:
        if not summary.remove_tag(key):
            raise NotFound(f"No tag with name: {key} in run with id {hexadecimal(run_id)}", hint="look at its tags")
    if points:
        summary.log(points)
        series.append(store.database, run_id, row["revision"], points)
    summary.save()
    if row["recent_points"] >= series.RECENT_POINTS_MAX:
        fold(store, run_id)


@operation("runs update", effect="writes", internal=True)
def update(
    store: Store, run_id: str, *, name: str = "", state: State | Literal[""] = "", ended_at: int | None = None
) -> TrackedRun:
    """Say how far a run is, or give it another name.

    Args:
        run_id: which run.
        name: its new name.
        state: what it does now.
        ended_at: when it ended, in milliseconds since 1970.

    Raises:
        NotFound: there is no such run.
        Invalid: it was deleted.
    """
    row = _locked(store, run_id)
    store.database.run(
        "UPDATE run SET name = :name, state = :state, ended_at = :ended_at WHERE id = :id",
        id=run_id,
        name=name or row["name"],
        state=state or row["state"],
        ended_at=row["ended_at"] if ended_at is None else ended_at,
    )
    if row["recent_points"] and state not in {"", "running", "scheduled"}:
        fold(store, run_id)
    return shown(store, run_id)


@operation("runs delete", effect="writes", internal=True)
def delete(store: Store, run_id: str) -> TrackedRun:
    """Put a run out of sight; ``runs restore`` brings it back. Raises NotFound."""
    return _move(store, run_id, store.clock.now())


@operation("runs restore", effect="writes", internal=True)
def restore(store: Store, run_id: str) -> TrackedRun:
    """Bring back a run that was deleted. Raises NotFound."""
    return _move(store, run_id, None)


def _move(store: Store, run_id: str, deleted_at: int | None) -> TrackedRun:
    store.database.run(
        "UPDATE run SET deleted_at = :at, revision = revision + 1 WHERE id = :id", id=run_id, at=deleted_at
    )
    return shown(store, run_id)


@operation("runs tracked", effect="reads", internal=True)
def tracked(store: Store, run_id: str) -> TrackedRun:
    """Show a run as lists do. Raises NotFound."""
    return shown(store, run_id)


@operation("metrics history", effect="reads", internal=True)
def history(store: Store, run_id: str, *, key: str) -> History:
    """Return every point of a metric of a run; none when it was never measured.

    Raises:
        NotFound: there is no such run.
    """
    find(store, run_id)
    found = series.history(store.database, run_id, key)
    return History(run=run_id, key=key, steps=found.steps, values=found.values, times=found.times)


@operation("metrics chart", effect="reads", internal=True)
def chart(
    store: Store,
    *,
    runs: tuple[str, ...],
    keys: tuple[str, ...],
    points: int = 320,
    first: int | None = None,
    last: int | None = None,
) -> Chart:
    """Return what charts of metrics need: of each part of a curve its first, least, greatest and last point.

    Args:
        runs: the ids of the runs.
        keys: the metrics.
        points: about so many of each curve.
        first: the least step that is wanted.
        last: the greatest.
    """
    return Chart(
        series=tuple(
            ChartSeries(run, key, series.chart(store.database, run, key, first=first, last=last, count=points))
            for run in runs
            for key in keys
        )
    )


def fold(store: Store, run_id: str) -> None:
    """Put the points of a run that came since the last time into chunks."""
    series.fold(store.database, run_id)
    store.database.run("UPDATE run SET recent_points = 0 WHERE id = :id", id=run_id)


def find(store: Store, run_id: str) -> Row:
    """Return the row of a run. Raises NotFound."""
    if rows := store.database.run("SELECT * FROM run WHERE id = :id", id=run_id):
        return rows[0]
    raise missing(run_id)


def missing(run_id: str) -> NotFound:
    """Return the error for a run that is not here."""
    known = hexadecimal(run_id) if is_ulid(run_id) else run_id
    return NotFound(f"Run with id={known} not found", hint="lineal runs lists them")


def _locked(store: Store, run_id: str, *, points: int = 0) -> Row:
    """Return the row of a run that nobody else changes until the transaction ends. Raises NotFound, Invalid."""
    rows = store.database.run(
        "UPDATE run SET revision = revision + 1, recent_points = recent_points + :points WHERE id = :id RETURNING *",
        id=run_id,
        points=points,
    )
    if not rows:
        raise missing(run_id)
    if rows[0]["deleted_at"] is not None:
        raise Invalid(
            f"The run {hexadecimal(run_id)} must be in the 'active' state. Current state is deleted.",
            hint="restore it first",
        )
    return rows[0]


def shown(store: Store, run_id: str) -> TrackedRun:
    """Return a run as lists show it. Raises NotFound."""
    rows = store.database.run(f"{SHOWN} WHERE r.id = :id", id=run_id)
    if not rows:
        raise missing(run_id)
    return next(lines(store, rows))


def lines(store: Store, rows: Iterable[Row]) -> Iterator[TrackedRun]:
    """Yield runs as lists show them; ``rows`` are those of a statement that began with ``SHOWN``."""
    for row in rows:
        metrics, params, tags = texts(store.database, row)
        yield TrackedRun(
            id=row["id"],
            name=row["name"],
            experiment=row["experiment"],
            state=row["state"],
            started_by=row["started_by"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            artifact_location=row["artifact_location"],
            deleted_at=row["deleted_at"],
            metrics=msgspec.Raw(metrics),
            params=msgspec.Raw(params),
            tags=msgspec.Raw(tags),
        )

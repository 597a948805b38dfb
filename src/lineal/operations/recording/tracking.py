"""Verbs of runs while they go on: a program tells of itself, many times a second; others look on."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from lineal.formats.series import CHUNK_POINTS
from lineal.objects.errors import Exists, Invalid, NotFound
from lineal.objects.runs import Point
from lineal.objects.ulid import hexadecimal, is_ulid
from lineal.operations.answers.tracking import Chart, ChartSeries, History, RunInfo, TrackedRun
from lineal.operations.operation import operation
from lineal.operations.people.sight import narrowed
from lineal.operations.recording import model_metrics
from lineal.operations.recording.experiments import DEFAULT, active
from lineal.operations.recording.last_metrics import measure, measures_only, read_metrics
from lineal.operations.recording.model_metrics import ModelPoint
from lineal.operations.recording.run_rows import INFO, MEASURING, MOVING, NEW, changed, locked, missing, moved
from lineal.operations.recording.summaries import NOTHING_USED, Summary, catch_up, texts
from lineal.operations.references import Row, keep_production
from lineal.query.pages import read_page
from lineal.query.wanted import Wanted
from lineal.storage import series
from lineal.storage.store import Store

_LOOKED_AT_EVERY = 64
"""After one single point in so many its run is looked at. Which of them, the clock says: whoever counts may always meet the same run."""

_REQUESTS_MAX = 64
"""A run that told of itself in so few requests, and of few points, is read as fast without chunks."""

State = Literal["running", "scheduled", "finished", "failed", "killed"]

_SUMMARY = "s.run AS summary, s.metrics, s.params, s.tags, s.inputs, s.outputs"

_TOLD = ", ".join(f"r.{name}" for name in (*INFO, "digest", "is_behind"))

SHOWN = f"SELECT {_TOLD}, {_SUMMARY} FROM run r LEFT JOIN run_summary s ON s.run = r.id"
"""Begins a statement that gives rows of runs as lists show them: what is not shown is not read, for each column costs its part."""


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that begins, and will tell of itself.

    ``id`` is a ULID that nobody has used; ``started_by`` who began it, by default whoever asks; ``artifact_location`` where
    it keeps its files, by default where its experiment says.
    """

    id: str
    name: str
    started_at: int
    experiment: int = DEFAULT
    started_by: str = ""
    state: State = "running"
    artifact_location: str = ""
    tags: dict[str, str] = {}


@operation("runs create", effect="shares", internal=True, about={"run": "new"})
def create(store: Store, run: NewRun) -> TrackedRun:
    """Begin a run that will tell of itself.

    Args:
        run: what is known of it.

    Raises:
        NotFound: there is no such experiment.
        Invalid: the id is no ULID, or the experiment was deleted.
        Exists: the id is taken.
    """
    if not is_ulid(run.id):
        raise Invalid(f"{run.id!r} is no run id", hint="a run id is a ULID, 26 letters and digits")
    row = new_row(store, run)
    made = store.database.run(NEW, **row)
    if not made or made[0]["experiment_state"] != "active":
        active(store, run.experiment)
    if not made:
        raise Exists(f"run:{run.id} exists already", hint="choose another id")
    summary = Summary(store.database, run.id, is_new=True)
    summary.set_tags(run.tags)
    info = msgspec.structs.asdict(run) | {"started_by": row["by"], "ended_at": None, "deleted_at": None, "digest": None}
    info["is_behind"] = 0
    shown = {"summary": run.id, "inputs": NOTHING_USED.decode(), "outputs": NOTHING_USED.decode()} | summary.save()
    return next(lines(store, [info | made[0] | shown]))


@operation("runs record", effect="records", internal=True, about={"run_id": "run id"})
def record(
    store: Store,
    run_id: str,
    *,
    points: tuple[Point, ...] = (),
    model_points: tuple[ModelPoint, ...] = (),
    params: dict[str, str] = {},  # noqa: B006 - never changed
    tags: dict[str, str] = {},  # noqa: B006 - never changed
    untag: tuple[str, ...] = (),
) -> None:
    """Keep what a run tells of itself: all of it, or nothing.

    Args:
        run_id: which run.
        points: points of its metrics, in the order they were measured.
        model_points: those of them that are of a logged model too.
        params: its parameters; each keeps its first value.
        tags: tags that it gets.
        untag: tags that it loses.

    Raises:
        NotFound: there is no such run or logged model, or it has no such tag.
        Invalid: it was deleted, or a parameter has another value already.
    """
    if measures_only(points, model_points, params, tags, untag):
        _measure(store, run_id, points)
        return
    told = locked(store, run_id, points=len(points))
    summary = Summary(store.database, run_id)
    row = told()
    summary.is_whole = row["digest"] is None
    if row["is_behind"]:
        summary.leave_metrics()
    if params:
        summary.set_params(params)
    if tags:
        summary.set_tags(tags)
    for key in untag:
        if not summary.remove_tag(key):
            raise NotFound(f"No tag with name: {key} in run with id {hexadecimal(run_id)}", hint="look at its tags")
    if points:
        summary.log(points, row["experiment"])
        series.append(store.database, run_id, row["revision"], points)
    if model_points:
        model_metrics.log(store.database, run_id, model_points)
    summary.save()
    if row["recent_points"] >= series.RECENT_POINTS_MAX:
        fold(store, run_id)


def _measure(store: Store, run_id: str, points: Sequence[Point]) -> None:
    """Keep a few points of a run without a look at what it told before; what lists show of its metrics is behind until it ends.

    So over a server nothing is waited for but the end. A run that is not there, or was deleted, fails that, and is told by who does
    it again. Whether there are many points by now is looked at now and then.
    """
    measured = changed(store, MEASURING, run_id, points=len(points))
    row = None if store.database.is_retried() and time.monotonic_ns() % _LOOKED_AT_EVERY else measured()
    measure(store.database, run_id, points)
    series.append(store.database, run_id, row["revision"] if row else None, points)
    if row and row["recent_points"] >= series.RECENT_POINTS_MAX:
        fold(store, run_id)


@operation("runs update", effect="shares", internal=True, about={"run_id": "run id"})
def update(
    store: Store, run_id: str, *, name: str = "", state: State | Literal[""] = "", ended_at: int | None = None
) -> RunInfo:
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
    row = changed(store, MOVING, run_id, **moved(name, state, ended_at))()
    has_ended = state not in {"", "running", "scheduled"}
    if has_ended and (row["recent_points"] >= CHUNK_POINTS or row["revision"] > _REQUESTS_MAX):
        fold(store, run_id)
    if has_ended and row["is_behind"]:
        catch_up(store.database, run_id)
    return RunInfo(**{name: row[name] for name in INFO})


@operation("runs delete", effect="writes", internal=True, about={"run_id": "run id"})
def delete(store: Store, run_id: str) -> TrackedRun:
    """Put a run out of sight; ``runs restore`` brings it back.

    Args:
        run_id: which.

    Raises:
        NotFound: there is none.
        Conflict: a version that is in production was made of it.
    """
    keep_production(store, f"The run {hexadecimal(run_id)}", "run = :run", run=run_id)
    return _move(store, run_id, store.clock.now())


@operation("runs restore", effect="writes", internal=True, about={"run_id": "run id"})
def restore(store: Store, run_id: str) -> TrackedRun:
    """Bring back a run that was deleted.

    Args:
        run_id: which.

    Raises:
        NotFound: there is none.
    """
    return _move(store, run_id, None)


def _move(store: Store, run_id: str, deleted_at: int | None) -> TrackedRun:
    store.database.run(
        "UPDATE run SET deleted_at = :at, revision = revision + 1 WHERE id = :id", id=run_id, at=deleted_at
    )
    return shown(store, run_id)


@operation("runs tracked", effect="reads", internal=True, about={"run_id": "run id"})
def tracked(store: Store, run_id: str) -> TrackedRun:
    """Show a run as lists do.

    Args:
        run_id: which.

    Raises:
        NotFound: there is none.
    """
    return shown(store, run_id)


@operation("metrics history", effect="reads", internal=True, about={"run_id": "run id"})
def history(store: Store, run_id: str, *, key: str) -> History:
    """Return every point of a metric of a run; none when it was never measured.

    Args:
        run_id: which run.
        key: the metric.

    Raises:
        NotFound: there is no such run.
    """
    find(store, run_id)
    found = series.history(store.database, run_id, key)
    return History(run=run_id, key=key, steps=found.steps, values=found.values, times=found.times)


@operation("metrics chart", effect="reads", internal=True, about={"runs": "run id"})
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


def is_long(store: Store, run_id: str, key: str) -> bool:
    """Tell whether a metric of a run has so many points that a chart is made without reading them."""
    return series.count(store.database, run_id, key) > series.RECENT_POINTS_MAX


def fold(store: Store, run_id: str) -> None:
    """Put the points of a run that came since the last time into chunks."""
    series.fold(store.database, run_id)
    store.database.run("UPDATE run SET recent_points = 0 WHERE id = :id", id=run_id)


def find(store: Store, run_id: str) -> Row:
    """Return the row of a run. Raises NotFound."""
    if rows := store.database.run("SELECT * FROM run WHERE id = :id", id=run_id):
        return rows[0]
    raise missing(run_id)


def new_row(store: Store, run: NewRun) -> Row:
    """Return the values that ``NEW`` takes for a run."""
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "by": run.started_by or store.actor.name,
        "at": run.started_at,
        "experiment": run.experiment,
        "place": run.artifact_location,
    }


def shown(store: Store, run_id: str) -> TrackedRun:
    """Return a run as lists show it. Raises NotFound."""
    rows = store.database.run(f"{SHOWN} WHERE r.id = :id", id=run_id)
    if not rows:
        raise missing(run_id)
    return next(lines(store, rows))


class Runs(NamedTuple):
    """A page of runs. ``next_token`` is empty when it is the last one."""

    found: list[TrackedRun]
    next_token: str


def page(store: Store, wanted: Wanted, *, limit: int, page_token: str = "") -> Runs:
    """Return a page of the runs that are wanted. Raises Invalid for a token of another search."""
    rows, token = read_page(narrowed(store, wanted), limit=limit, page_token=page_token, ask=store.database.run)
    known = summaries(store, [row["id"] for row in rows])
    return Runs(list(lines(store, [row | known.get(row["id"], _NO_SUMMARY) for row in rows])), token)


_NO_SUMMARY: Row = {"summary": None}
_ASKED_AT_ONCE = 500


def summaries(store: Store, runs: list[str]) -> dict[str, Row]:
    """Return what lists show of runs, by their id."""
    found: dict[str, Row] = {}
    rest = iter(runs)
    while asked := list(itertools.islice(rest, _ASKED_AT_ONCE)):
        marks = ", ".join(f":r{place}" for place in range(len(asked)))
        rows = store.database.run(
            f"SELECT {_SUMMARY} FROM run_summary s WHERE s.run IN ({marks})",
            **{f"r{place}": each for place, each in enumerate(asked)},
        )
        found |= {row["summary"]: row for row in rows}
    return found


def lines(store: Store, rows: Iterable[Row]) -> Iterator[TrackedRun]:
    """Yield runs as lists show them; ``rows`` are those of a statement that began with ``SHOWN``."""
    shown = [*rows]
    measured = read_metrics(store.database, [row["id"] for row in shown if row["is_behind"]])
    for row in shown:
        metrics, params, tags, inputs, outputs = texts(store.database, row, measured.get(row["id"]))
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
            inputs=msgspec.Raw(inputs),
            outputs=msgspec.Raw(outputs),
        )

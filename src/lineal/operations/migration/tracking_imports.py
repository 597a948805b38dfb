"""Verbs by which the runs of MLflow come here, many at a time, as they were there: ids, names, times, every point.

Points come before the run that has them, and files before their names; a run that is remembered is here whole. All of it
can be told again: what is here stays, what is new is added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from lineal.formats.mlflow.records import Curve, ExperimentRecord, LoggedModelRecord, RunRecord
from lineal.formats.series import Series
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict
from lineal.objects.runs import Point
from lineal.objects.ulid import ulid_of
from lineal.operations.migration.imports import note
from lineal.operations.operation import operation
from lineal.operations.recording import artifacts, model_metrics, summaries
from lineal.operations.recording.experiments import next_number, subject
from lineal.operations.recording.inputs import keep_inputs, keep_outputs
from lineal.operations.recording.logged_models import check_id
from lineal.operations.recording.model_metrics import ModelPoint
from lineal.operations.recording.summaries import MadeModel, Pair, Summary, UsedDataset, write_params, write_tags
from lineal.storage import series
from lineal.storage.store import Store
from lineal.storage.trees import hold_epoch

SYSTEM = "mlflow"
"""What MLflow is called where imports are remembered."""

PROXY = "mlflow-artifacts:"
"""Begins the address of files that are behind the server itself, whichever it is."""

ORIGIN = "lineal.imported.artifact_location"
"""The tag that says where an experiment kept its files before."""

_COUNTED_MAX = 1_000_000_000
"""Greater numbers of experiments were drawn, not counted: ours go on where those end that were counted."""


class ComingRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that comes: ``experiment`` is the number of its experiment here, ``state`` what it is like there.

    ``artifact_location`` is where its files stay; empty when they come too.
    """

    run: RunRecord
    experiment: int
    state: str
    artifact_location: str = ""


class ComingModel(msgspec.Struct, frozen=True, kw_only=True):
    """A logged model that comes, with the same beside it as a run has."""

    model: LoggedModelRecord
    experiment: int
    state: str
    artifact_location: str = ""


class Held(msgspec.Struct, frozen=True):
    """A file whose bytes the store holds."""

    path: str
    digest: Digest
    size_bytes: int


class ComingFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Files of a run or a logged model that come.

    ``item`` and ``state`` are how they are known there and what they are like, once all of them are here; ``seal`` lets
    nobody change them from then on.
    """

    subject: str
    files: tuple[Held, ...]
    item: str = ""
    state: str = ""
    seal: bool = False


class ImportCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How much is here of some runs, logged models and registered models."""

    runs: int = 0
    params: int = 0
    tags: int = 0
    points: int = 0
    inputs: int = 0
    models: int = 0
    files: int = 0
    registered: int = 0
    versions: int = 0
    aliases: int = 0


@operation("import experiments", effect="writes", role="admin", internal=True)
def experiments(
    store: Store, *, experiments: tuple[ExperimentRecord, ...], keep_locations: bool = False
) -> dict[str, int]:
    """Keep experiments, and return the number that each has here, by its id there.

    One whose name an experiment has here is that experiment. Any other keeps its number where that is free, and gets the
    next one where it is not.

    Args:
        experiments: what is known of them.
        keep_locations: let programs go on keeping files where they kept them; by default they come to this store, and
            where they were is a tag.
    """
    return {each.id: _keep_experiment(store, each, keep_locations=keep_locations) for each in experiments}


def _keep_experiment(store: Store, told: ExperimentRecord, *, keep_locations: bool) -> int:
    rows = store.database.run("SELECT number FROM experiment WHERE name = :name", name=told.name)
    item = f"experiment:{told.name}"
    known = store.database.run(
        "SELECT 1 FROM imported WHERE system = :system AND item = :item", system=SYSTEM, item=item
    )
    number = int(rows[0]["number"]) if rows else _number(store, told.id)
    if not rows:
        store.database.run(
            "INSERT INTO experiment (number, name, state, artifact_location, created_by, created_at, updated_at, revision)"
            " VALUES (:number, :name, 'active', :place, :by, :created_at, :updated_at, 1)",
            number=number,
            name=told.name,
            place=told.artifact_location if keep_locations and not told.artifact_location.startswith(PROXY) else "",
            by=store.actor.name,
            created_at=told.created_at,
            updated_at=told.updated_at,
        )
    if known or not rows:
        # What somebody made here is theirs: only that which came from there follows it.
        store.database.run(
            "UPDATE experiment SET state = :state, updated_at = :at, revision = revision + 1 WHERE number = :number",
            number=number,
            state="deleted" if told.is_deleted else "active",
            at=told.updated_at,
        )
        note(store, SYSTEM, item, f"experiment:{number}")
    origin = {ORIGIN: told.artifact_location} if told.artifact_location else {}
    write_tags(store.database, subject(number), told.tags | origin)
    return number


def _number(store: Store, text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0
    if not number or store.database.run("SELECT 1 FROM experiment WHERE number = :number", number=number):
        return next_number(store, "experiment")
    if number < _COUNTED_MAX:
        store.database.run(
            "UPDATE counter SET last = :number WHERE kind = 'experiment' AND last < :number", number=number
        )
    return number


@operation("import points", effect="records", role="admin", internal=True)
def points(store: Store, *, curves: tuple[Curve, ...]) -> None:
    """Keep points of metrics; those that are here already are not kept twice. Their runs may come later.

    Args:
        curves: points by run and metric.
    """
    for each in sorted(curves, key=lambda curve: (curve.run, curve.key)):
        series.extend(store.database, ulid_of(each.run), {each.key: Series(each.steps, each.values, each.times)})


@operation("import runs", effect="writes", role="admin", internal=True)
def runs(store: Store, *, runs: tuple[ComingRun, ...]) -> None:
    """Keep runs whose points are here. One that is here already gets what is new.

    Args:
        runs: what is known of them.

    Raises:
        Invalid: a param has another value here.
    """
    for each in sorted(runs, key=lambda told: told.run.id):
        _keep_run(store, each)
        note(store, SYSTEM, f"run:{each.run.id}", f"run:{ulid_of(each.run.id)}", state=each.state)


def _keep_run(store: Store, told: ComingRun) -> None:
    run, run_id = told.run, ulid_of(told.run.id)
    row = store.database.run(
        "INSERT INTO run (id, name, state, command, started_by, host, started_at, ended_at, revision, experiment,"
        " artifact_location, deleted_at) VALUES (:id, :name, :state, '[]', :by, '', :started_at, :ended_at, 1, :experiment,"
        " :place, :deleted_at)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, ended_at = excluded.ended_at,"
        " deleted_at = excluded.deleted_at, revision = run.revision + 1 RETURNING experiment",
        id=run_id,
        name=run.name,
        state=run.state,
        by=run.user,
        started_at=run.started_at,
        ended_at=run.ended_at,
        deleted_at=run.deleted_at,
        experiment=told.experiment,
        place=told.artifact_location,
    )[0]
    summary = Summary(store.database, run_id)
    summary.set_params(run.params)
    summary.set_tags(run.tags)
    summary.log(run.metrics, row["experiment"])
    summary.save()
    if run.datasets or run.models_used:
        keep_inputs(store, run_id, row["experiment"], [_used(each) for each in run.datasets], run.models_used)
    if run.models_made:
        keep_outputs(store, run_id, [MadeModel(*each) for each in run.models_made])


def _used(told: Any) -> UsedDataset:
    return UsedDataset(
        tags=[Pair(key, value) for key, value in told.tags.items()],
        dataset=summaries.Dataset(*(getattr(told, name) for name in summaries.Dataset.__struct_fields__)),
    )


@operation("import models", effect="writes", role="admin", internal=True)
def models(store: Store, *, models: tuple[ComingModel, ...]) -> None:
    """Keep logged models, with the last values of their metrics.

    Args:
        models: what is known of them.

    Raises:
        Invalid: an id is none of a logged model.
    """
    for each in sorted(models, key=lambda told: told.model.id):
        _keep_model(store, each)
        note(store, SYSTEM, f"logged:{each.model.id}", f"logged:{each.model.id}", state=each.state)


def _keep_model(store: Store, told: ComingModel) -> None:
    model = told.model
    check_id(model.id)
    store.database.run(
        "INSERT INTO logged_model"
        " (id, experiment, name, model_type, status, run, artifact_location, created_by, created_at, updated_at)"
        " VALUES (:id, :experiment, :name, :kind, :status, :run, :place, :by, :created_at, :updated_at)"
        " ON CONFLICT (id) DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at",
        id=model.id,
        experiment=told.experiment,
        name=model.name,
        kind=model.model_type,
        status=model.status,
        run=ulid_of(model.run) if model.run else None,
        place=told.artifact_location,
        by=store.actor.name,
        created_at=model.created_at,
        updated_at=model.updated_at,
    )
    write_params(store.database, model.id, model.params)
    write_tags(store.database, model.id, model.tags)
    by_run: dict[str, list[ModelPoint]] = defaultdict(list)
    for each in model.metrics:
        point = Point(key=each.key, step=each.step, value=each.value, at=each.at)
        by_run[each.run].append(ModelPoint(model.id, point, each.dataset_name, each.dataset_digest))
    for run, measured in sorted(by_run.items()):
        model_metrics.log(store.database, ulid_of(run), measured)


@operation("import files", effect="writes", role="admin", internal=True)
def files(store: Store, *, owners: tuple[ComingFiles, ...]) -> None:
    """Name files of runs and logged models whose bytes are here.

    Args:
        owners: the files of each.

    Raises:
        Conflict: another file has that path and is sealed, or bytes went away meanwhile.
        Invalid: a path cannot be one.
    """
    hold_epoch(store.database)
    wanted = {each.digest for owner in owners for each in owner.files}
    if lost := wanted - store.blobs.has(wanted):
        raise Conflict(f"the bytes of {len(lost)} files went away before they had a name", hint="import again")
    for owner in sorted(owners, key=lambda coming: coming.subject):
        known = _known(store, owner.subject)
        for each in sorted(owner.files, key=lambda held: held.path):
            if known.get(each.path) != each.digest:
                artifacts.name(store, owner.subject, each.path, digest=each.digest, size_bytes=each.size_bytes)
        if owner.seal:
            artifacts.seal(store, owner.subject)
        if owner.item:
            note(store, SYSTEM, owner.item, owner.subject, state=owner.state)


def _known(store: Store, subject: str) -> dict[str, str]:
    rows = store.database.run("SELECT path, digest FROM artifact WHERE subject = :subject", subject=subject)
    return {row["path"]: row["digest"] for row in rows}


@operation("import counts", effect="reads", role="admin", internal=True)
def counts(
    store: Store, *, runs: tuple[str, ...] = (), models: tuple[str, ...] = (), registered: tuple[str, ...] = ()
) -> ImportCounts:
    """Count what is here of some runs, logged models and registered models, in the rows themselves.

    Args:
        runs: ids of runs, as MLflow writes them.
        models: ids of logged models.
        registered: names of registered models.
    """
    ids = [ulid_of(each) for each in runs]
    subjects = [*ids, *(artifacts.LOGGED + each for each in models)]
    return ImportCounts(
        runs=_count(store, "run", "id", ids),
        params=_count(store, "param", "subject", ids),
        tags=_count(store, "tag", "subject", ids),
        points=_count(store, "metric_chunk", "run", ids, "COALESCE(SUM(count), 0)")
        + _count(store, "run", "id", ids, "COALESCE(SUM(recent_points), 0)"),
        inputs=_count(store, "run_input", "run", ids),
        models=_count(store, "logged_model", "id", models),
        files=_count(store, "artifact", "subject", subjects),
        registered=_count(
            store, "model", "name", registered, "COALESCE(SUM(CASE WHEN deleted_at IS NULL THEN 1 END), 0)"
        ),
        versions=_count(
            store, "version", "model", registered, "COALESCE(SUM(CASE WHEN deleted_at IS NULL THEN 1 END), 0)"
        ),
        aliases=_count(store, "alias", "model", registered),
    )


def _count(store: Store, table: str, column: str, values: Sequence[str], what: str = "count(*)") -> int:
    if not values:
        return 0
    marks = ", ".join(f":v{place}" for place in range(len(values)))
    bound = {f"v{place}": each for place, each in enumerate(values)}
    return int(
        store.database.run(f"SELECT {what} AS found FROM {table} WHERE {column} IN ({marks})", **bound)[0]["found"]
    )

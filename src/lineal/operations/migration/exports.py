"""Verbs that tell what is here in MLflow's words, page by page, for whoever takes it there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from lineal.formats.mlflow import records
from lineal.formats.mlflow.records import (
    DatasetRecord,
    LoggedModelRecord,
    Measured,
    ModelRecord,
    RunState,
    VersionRecord,
)
from lineal.objects.digest import Digest
from lineal.objects.runs import Point, Run
from lineal.objects.ulid import hexadecimal, is_ulid
from lineal.objects.versions import Version
from lineal.operations.migration.tracking_imports import Held
from lineal.operations.operation import operation
from lineal.operations.recording import logged_models
from lineal.operations.recording.artifacts import VERSION
from lineal.operations.recording.summaries import read_inputs, read_outputs
from lineal.operations.references import Row
from lineal.operations.versioning import registry
from lineal.storage.store import Store

_STATES: dict[str, RunState] = {
    "running": "running",
    "scheduled": "scheduled",
    "finished": "finished",
    "killed": "killed",
}
_LISTED_MAX = 1_000


@operation("export runs", effect="reads", internal=True)
def runs(store: Store, *, experiment: int, after: str = "", limit: int = 200) -> tuple[records.RunRecord, ...]:
    """Tell of the runs of an experiment, those that were deleted too.

    Args:
        experiment: its number.
        after: only runs with a greater id, for the next page.
        limit: at most so many.
    """
    rows = store.database.run(
        "SELECT * FROM run WHERE experiment = :experiment AND id > :after ORDER BY id LIMIT :limit",
        experiment=experiment,
        after=after,
        limit=limit,
    )
    ids = [row["id"] for row in rows]
    params, tags, metrics = (_of(store, table, ids) for table in ("param", "tag", "metric_last"))
    return tuple(
        _run(
            store,
            row,
            params={each["key"]: each["value"] for each in params[row["id"]]},
            tags={each["key"]: each["value"] for each in tags[row["id"]]},
            metrics=tuple(
                Point(key=each["key"], step=each["step"], value=each["word"] or each["value"], at=each["at"])
                for each in metrics[row["id"]]
            ),
        )
        for row in rows
    )


def _of(store: Store, table: str, subjects: Sequence[str]) -> dict[str, list[Row]]:
    found = defaultdict[str, list[Row]](list)
    if subjects:
        marks = ", ".join(f":s{place}" for place in range(len(subjects)))
        bound = {f"s{place}": each for place, each in enumerate(subjects)}
        for row in store.database.run(f"SELECT * FROM {table} WHERE subject IN ({marks}) ORDER BY key", **bound):
            found[row["subject"]].append(row)
    return found


def _run(store: Store, row: Row, **told: Any) -> records.RunRecord:
    inputs = read_inputs(store.database, row["id"])
    return records.RunRecord(
        id=hexadecimal(row["id"]),
        experiment=str(row["experiment"]),
        name=row["name"],
        user=row["started_by"],
        state=_STATES.get(row["state"], "failed"),
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        deleted_at=row["deleted_at"],
        datasets=tuple(
            DatasetRecord(
                name=each.dataset.name,
                digest=each.dataset.digest,
                source_type=each.dataset.source_type,
                source=each.dataset.source,
                schema=each.dataset.schema,
                profile=each.dataset.profile,
                tags={tag.key: tag.value for tag in each.tags},
            )
            for each in inputs.dataset_inputs
        ),
        models_used=tuple(each.model_id for each in inputs.model_inputs),
        models_made=tuple((each.model_id, each.step) for each in read_outputs(store.database, row["id"]).model_outputs),
        **told,
    )


@operation("export models", effect="reads", internal=True)
def models(store: Store, *, experiment: int, after: str = "", limit: int = 200) -> tuple[LoggedModelRecord, ...]:
    """Tell of the logged models of an experiment.

    Args:
        experiment: its number.
        after: only models with a greater id, for the next page.
        limit: at most so many.
    """
    rows = store.database.run(
        "SELECT id FROM logged_model WHERE experiment = :experiment AND id > :after AND deleted_at IS NULL"
        " ORDER BY id LIMIT :limit",
        experiment=experiment,
        after=after,
        limit=limit,
    )
    return tuple(_model(store, row["id"]) for row in rows)


def _model(store: Store, model_id: str) -> LoggedModelRecord:
    found = logged_models.shown(store, model_id)
    return LoggedModelRecord(
        id=found.id,
        experiment=str(found.experiment),
        name=found.name,
        model_type=found.model_type,
        status=found.status,
        run=_foreign(found.run or ""),
        created_at=found.created_at,
        updated_at=found.updated_at,
        params=found.params,
        tags=found.tags,
        metrics=tuple(
            Measured(
                key=each.key,
                value=each.value,
                step=each.step,
                at=each.timestamp,
                run=_foreign(each.run),
                dataset_name=each.dataset_name,
                dataset_digest=each.dataset_digest,
            )
            for each in found.metrics
        ),
    )


@operation("export registered", effect="reads", internal=True)
def registered(store: Store, *, after: str = "", limit: int = 200) -> tuple[ModelRecord, ...]:
    """Tell of the registered models.

    Args:
        after: only those with a greater name, for the next page.
        limit: at most so many.
    """
    rows = store.database.run(
        "SELECT * FROM model WHERE name > :after AND deleted_at IS NULL ORDER BY name LIMIT :limit",
        after=after,
        limit=limit,
    )
    return tuple(
        ModelRecord(
            name=each.name,
            description=each.description,
            created_at=each.created_at,
            updated_at=each.updated_at,
            tags=each.tags,
            aliases=each.aliases,
        )
        for each in registry.show_models(store, rows)
    )


@operation("export versions", effect="reads", internal=True)
def versions(store: Store, name: str) -> tuple[VersionRecord, ...]:
    """Tell of the versions of a model, by number. The place of each is where its files are here.

    Args:
        name: the model.
    """
    rows = store.database.run(
        "SELECT * FROM version WHERE model = :name AND deleted_at IS NULL ORDER BY number", name=name
    )
    return tuple(
        VersionRecord(
            model=each.model,
            number=each.number,
            description=each.description,
            user=each.created_by,
            stage=records.stage(each.stage),
            source=row["source"],
            place=row["location"] or VERSION + each.digest,
            run=_foreign(each.run),
            run_link=each.run_link,
            logged_model=each.logged_model,
            status=each.status,
            status_message=each.status_message,
            created_at=each.created_at,
            updated_at=each.updated_at,
            tags=each.tags,
        )
        for row, each in zip(rows, registry.show_versions(store, rows), strict=True)
    )


@operation("export files", effect="reads", internal=True)
def files(store: Store, subject: str, *, after: str = "") -> tuple[Held, ...]:
    """Tell of the files of a run, a logged model or a version, by path, at most a thousand of them.

    Args:
        subject: whose they are.
        after: only those with a greater path, for the next page.
    """
    return tuple(islice((each for each in _files(store, subject) if each.path > after), _LISTED_MAX))


def _files(store: Store, subject: str) -> Iterator[Held]:
    if subject.startswith(VERSION):
        version = store.get_object(Digest(subject.removeprefix(VERSION)), Version)
        entries = (each for each in store.entries(version.weights) if each.mode in {"file", "executable"})
        yield from sorted(
            (Held(each.path, each.digest, each.size_bytes) for each in entries), key=lambda held: held.path
        )
        return
    rows = store.database.run("SELECT path, digest, size_bytes FROM artifact WHERE subject = :subject", subject=subject)
    if rows:
        yield from sorted((Held(**row) for row in rows), key=lambda held: held.path)
        return
    seen = store.database.run("SELECT digest FROM run WHERE id = :id AND digest IS NOT NULL", id=subject)
    if seen:
        # A run that was watched kept what it wrote.
        wrote = (each for each in store.get_object(seen[0]["digest"], Run).outputs if each.kept)
        held = (
            Held(each.path, each.digest, each.size_bytes) for each in wrote if not each.path.startswith(("/", ".."))
        )
        yield from sorted(held, key=lambda each: each.path)


def _foreign(run: str) -> str:
    return hexadecimal(run) if is_ulid(run) else run

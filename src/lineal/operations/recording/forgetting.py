"""Runs and experiments that were deleted go for good: their points, files, logged models and names. That they were stays known."""

from __future__ import annotations

from collections.abc import Sequence

from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.objects.ulid import is_hexadecimal, is_ulid, ulid_of
from lineal.operations.answers.tracking import Forgotten
from lineal.operations.operation import operation
from lineal.operations.people.sight import experiment_object
from lineal.operations.recording import artifacts, experiments, tracking
from lineal.operations.references import Row
from lineal.storage.store import Store

_OF_RUN = (
    "metric_chunk",
    "metric_points",
    "metric_recent",
    "run_input",
    "run_output",
    "run_relation",
    "run_summary",
    "logged_metric",
)
_OF_SUBJECT = ("tag", "param", "metric_last", "made_with", "artifact", "artifact_directory", "artifact_seal")
_RUN, _EXPERIMENT = "run:", "experiment:"


@operation("forget", effect="writes", role="admin", about={})
def forget(store: Store, thing: str, *, reason: str) -> Forgotten:
    """Remove a run or an experiment for good that a program deleted. That it was, who removed it and why stay in the journal.

    An experiment goes with all of its runs, and its name is free again; its number is never used again. The bytes of their files
    go with the next ``lineal gc --delete``, unless something else names them too.

    Args:
        thing: run:ID, with the id as it is shown here or by MLflow, or experiment:NAME.
        reason: why.

    Raises:
        Invalid: there is no reason, or it is neither a run nor an experiment.
        NotFound: there is none.
        Conflict: it was not deleted, was recorded by us and is a part of the history, or a version was made of it.
    """
    if not reason.strip():
        raise Invalid("to forget something needs a reason", hint="--reason 'its data had to be deleted'")
    if thing.startswith(_RUN):
        row = _run(store, thing.removeprefix(_RUN))
        runs, models = [row], _models(store, "run = :run", run=row["id"])
        _check(store, thing, runs, models)
        return _forget(store, thing, runs, models, reason)
    if thing.startswith(_EXPERIMENT):
        return _forget_experiment(store, thing, experiments.named(store, thing.removeprefix(_EXPERIMENT)), reason)
    raise Invalid(f"{thing!r} is neither a run nor an experiment", hint="write run:ID or experiment:NAME")


def _run(store: Store, text: str) -> Row:
    text = ulid_of(text) if is_hexadecimal(text) else text.upper()
    row = tracking.find(store, text) if is_ulid(text) else None
    if row is None:
        raise NotFound(f"there is no run {text!r}", hint="write its whole id: run:01J… or MLflow's 32 digits")
    if row["deleted_at"] is None:
        raise Conflict(
            f"run:{row['id']} is not deleted", hint="delete it first: mlflow runs delete, or client.delete_run"
        )
    return row


def _forget_experiment(store: Store, thing: str, row: Row, reason: str) -> Forgotten:
    number = row["number"]
    if row["state"] != "deleted":
        raise Conflict(f"{thing} is not deleted", hint="delete it first: mlflow experiments delete")
    runs = store.database.run("SELECT * FROM run WHERE experiment = :number ORDER BY id", number=number)
    models = _models(store, "experiment = :number", number=number)
    _check(store, thing, runs, models)
    found = _forget(store, thing, runs, models, reason)
    run = store.database.run
    run("DELETE FROM named_dataset WHERE experiment = :number", number=number)
    run("DELETE FROM tag WHERE subject = :subject", subject=experiments.subject(number))
    run("DELETE FROM role_grant WHERE object = :thing", thing=experiment_object(number))
    run("DELETE FROM experiment WHERE number = :number", number=number)
    return found


def _models(store: Store, condition: str, **values: object) -> list[str]:
    rows = store.database.run(f"SELECT id FROM logged_model WHERE {condition} ORDER BY id", **values)
    return [row["id"] for row in rows]


def _check(store: Store, thing: str, runs: Sequence[Row], models: Sequence[str]) -> None:
    """Refuse what something rests on. Raises Conflict."""
    if recorded := [each["id"] for each in runs if each["digest"]]:
        raise Conflict(
            f"run:{recorded[0]} was recorded here, and others may rest on what it read and wrote",
            hint="restore it, or leave it deleted",
        )
    for column, ids in (("run", [each["id"] for each in runs]), ("logged_model", models)):
        for each in ids:
            made = store.database.run(f"SELECT model, number FROM version WHERE {column} = :id LIMIT 1", id=each)
            if made:
                name = f"version {made[0]['number']} of {made[0]['model']}"
                raise Conflict(
                    f"{name} was made of {thing if len(runs) == 1 else f'run:{each}' if column == 'run' else each}",
                    hint="lineal model remove says how a version goes; then forget this",
                )


def _forget(store: Store, thing: str, runs: Sequence[Row], models: Sequence[str], reason: str) -> Forgotten:
    run, files = store.database.run, 0
    for model in models:
        files += _forget_subject(store, artifacts.LOGGED + model) + _forget_subject(store, model)
        run("DELETE FROM logged_metric WHERE model = :id", id=model)
        run("DELETE FROM run_output WHERE model = :id", id=model)
        run("DELETE FROM run_input WHERE input = :id", id=model)
        run("DELETE FROM logged_model WHERE id = :id", id=model)
    for row in runs:
        files += _forget_subject(store, row["id"])
        for table in _OF_RUN:
            run(f"DELETE FROM {table} WHERE run = :id", id=row["id"])
        run("DELETE FROM run_relation WHERE other = :id", id=row["id"])
        run("DELETE FROM run WHERE id = :id", id=row["id"])
    return Forgotten(
        reference=thing,
        runs=len(runs),
        logged_models=len(models),
        files=files,
        forgotten_by=store.actor.name,
        forgotten_at=store.clock.now(),
        reason=reason,
    )


def _forget_subject(store: Store, subject: str) -> int:
    """Remove what is known of one thing; return how many files it had."""
    rows = store.database.run("SELECT count(*) AS files FROM artifact WHERE subject = :subject", subject=subject)
    for table in _OF_SUBJECT:
        store.database.run(f"DELETE FROM {table} WHERE subject = :subject", subject=subject)
    return int(rows[0]["files"])

"""Verbs of deployments: run a version somewhere, see what really runs, go back."""

from __future__ import annotations

import shutil
from pathlib import Path

from lineal.objects.errors import Conflict, Invalid, LinealError, NotFound, Refused
from lineal.objects.statements import Observation
from lineal.operations.answers.models import DeploymentAnswer
from lineal.operations.asking import lineage
from lineal.operations.messages import hook_runs
from lineal.operations.messages.hook_runs import Move
from lineal.operations.messages.outbox import emit
from lineal.operations.operation import operation
from lineal.operations.references import Row, check_model, find_deployment, find_version, near, version_reference
from lineal.operations.statements import make_statement
from lineal.operations.versioning.promotions import move_stage
from lineal.operations.versioning.releases import environment_of, home_of, write_version
from lineal.operations.versioning.signed_versions import require_signature
from lineal.storage.store import Store
from lineal.targets import TARGETS, Observed, Target

PRODUCTION = "production"
"""The environment that serves the world; only what stands in the stage of the same name may run there."""


@operation("deploy", effect="acts", about={"version": "version"})
def deploy(
    store: Store, version: str, *, environment: str = PRODUCTION, target: str = "process", port: int = 0
) -> DeploymentAnswer:
    """Run a version where it answers requests, and check that it is the one that answers.

    It starts in its own environment from its exact bytes; what ran there before is stopped only once it is healthy.

    Args:
        version: the version.
        environment: where it runs: production, or any other name.
        target: how it runs: process.
        port: the port it answers on; by default the one that is in use there, or a free one.

    Raises:
        Refused: it does not stand in the production stage, and production is where it was to run.
        Unavailable: it could not be started, or something else answered; what ran before still runs.
    """
    row = find_version(store, version)
    if environment == PRODUCTION and row["stage"] != PRODUCTION:
        reference = version_reference(row)
        raise Refused(
            f"{reference} stands in {row['stage']}, not in production",
            hint=f"lineal promote {reference} --to production, or --environment NAME to try it elsewhere",
        )
    current = _running(store, row["model"], environment)
    return _start(store, row, environment, target, port, previous=current[0]["id"] if current else None)


@operation("rollback", effect="acts", about={"model": "model"})
def rollback(store: Store, model: str, *, environment: str = PRODUCTION) -> DeploymentAnswer:
    """Run again the version that ran before, from the same bytes; calling it again goes one further back.

    In production the stages move with it: what answers there is what stands there.

    Args:
        model: the model.
        environment: where.

    Raises:
        NotFound: nothing ran there before.
    """
    check_model(store, model)
    current = _running(store, model, environment)
    newest = current or _ended(store, model, environment)
    if not newest or not newest[0]["previous"]:
        raise NotFound(f"no other version of {model} ran in {environment} before", hint="lineal deployments --all")
    before = store.database.run("SELECT * FROM deployment WHERE id = :id", id=newest[0]["previous"])[0]
    row = store.database.run(
        "SELECT * FROM version WHERE model = :model AND number = :number", model=model, number=before["number"]
    )[0]
    if environment == PRODUCTION and row["stage"] != PRODUCTION:
        hook_runs.ask(store, [Move(row, PRODUCTION, reason="rollback")])
    # The one to go back to next is what ran before that one: a second rollback goes further, never to and fro.
    answer = _start(store, row, environment, before["target"], 0, previous=before["previous"])
    if environment == PRODUCTION:
        with store.writing():
            move_stage(store, find_version(store, version_reference(row)), PRODUCTION, alone=True)
    return answer


@operation("deployments", effect="reads", about={})
def deployments(store: Store, *, all: bool = False) -> tuple[DeploymentAnswer, ...]:  # noqa: A002 - the option's name
    """List what runs where: asked just now, not read from a record.

    Args:
        all: also those that ended.
    """
    rows = store.database.run(
        "SELECT * FROM deployment WHERE ended_at IS NULL OR :all = 1 ORDER BY started_at DESC, id DESC LIMIT 200",
        all=int(all),
    )
    return tuple(show_row(store, row) for row in rows)


@operation("undeploy", effect="acts", about={"deployment": "deployment"})
def undeploy(store: Store, deployment: str) -> DeploymentAnswer:
    """Stop a deployment; requests under way are answered first.

    Args:
        deployment: the deployment.
    """
    row = find_deployment(store, deployment)
    if row["ended_at"] is None:
        _stop(store, row, "stopped")
    return show_row(store, find_deployment(store, row["id"]))


def _running(store: Store, model: str, environment: str) -> list[Row]:
    return store.database.run(
        "SELECT * FROM deployment WHERE model = :model AND environment = :environment AND state = 'running'"
        " ORDER BY started_at DESC, id DESC",
        model=model,
        environment=environment,
    )


def _ended(store: Store, model: str, environment: str) -> list[Row]:
    return store.database.run(
        "SELECT * FROM deployment WHERE model = :model AND environment = :environment AND state = 'stopped'"
        " ORDER BY started_at DESC, id DESC LIMIT 1",
        model=model,
        environment=environment,
    )


def target_named(name: str) -> Target:
    """Return the target called ``name``. Raises Invalid when there is none."""
    if found := TARGETS.get(name):
        return found()
    raise Invalid(f"there is no target {name!r}", hint=near(name, TARGETS, "targets: " + ", ".join(sorted(TARGETS))))


def _start(
    store: Store, row: Row, environment: str, target: str, port: int, *, previous: str | None
) -> DeploymentAnswer:
    """Start, check, and only then stop what ran in the same place."""
    require_signature(store, row)
    runner = target_named(target)
    made = environment_of(store, row)
    deployment = _insert(store, row, environment, target, previous)
    directory = home_of(store) / "deployments" / deployment["id"]
    try:
        directory.mkdir(parents=True)
        write_version(store, row, directory)
        port = port or next((_port(each) for each in _running(store, row["model"], environment)), 0)
        started = runner.start(directory, made.python, made.variables, port=port)
    except (LinealError, OSError):
        _end(store, deployment, "failed", 0)
        shutil.rmtree(directory, ignore_errors=True)
        raise
    observed = runner.observe(started.endpoint, started.handle)
    with store.writing():
        store.database.run(
            "UPDATE deployment SET state = 'running', endpoint = :endpoint, handle = :handle, observed = :observed,"
            " revision = revision + 1 WHERE id = :id",
            endpoint=started.endpoint,
            handle=started.handle,
            observed=observed.digest,
            id=deployment["id"],
        )
        lineage.connect(store, f"deployment:{deployment['id']}", row["digest"], lineage.DEPLOYS, detail=environment)
        make_statement(
            store,
            row["digest"],
            Observation(deployment=deployment["id"], observed=observed.digest, healthy=observed.healthy),
        )
        _tell(store, {**deployment, "state": "running"})
    for each in _running(store, row["model"], environment):
        if each["id"] != deployment["id"]:
            _stop(store, each, "stopped")
    return show_row(store, find_deployment(store, deployment["id"]))


def _port(row: Row) -> int:
    return int(row["endpoint"].rpartition(":")[2] or 0)


def _insert(store: Store, row: Row, environment: str, target: str, previous: str | None) -> Row:
    return store.database.run(
        "INSERT INTO deployment (id, model, number, environment, target, desired, state, endpoint, handle, previous,"
        " started_by, started_at, requests, revision)"
        " VALUES (:id, :model, :number, :environment, :target, :desired, 'starting', '', '', :previous,"
        " :by, :at, 0, 1) RETURNING *",
        id=store.clock.new_id(),
        model=row["model"],
        number=row["number"],
        environment=environment,
        target=target,
        desired=row["digest"],
        previous=previous,
        by=store.actor.name,
        at=store.clock.now(),
    )[0]


def _stop(store: Store, row: Row, state: str) -> None:
    runner = target_named(row["target"])
    last = runner.observe(row["endpoint"], row["handle"])
    runner.stop(row["handle"])
    _end(store, row, state, last.request_count)
    shutil.rmtree(_model_files(store, row), ignore_errors=True)


def _model_files(store: Store, row: Row) -> Path:
    """The log of a deployment stays; its files are in the store."""
    return home_of(store) / "deployments" / str(row["id"]) / "model"


def _end(store: Store, row: Row, state: str, request_count: int) -> None:
    with store.writing():
        moved = store.database.run(
            "UPDATE deployment SET state = :state, ended_at = :at, requests = :requests, revision = revision + 1"
            " WHERE id = :id AND ended_at IS NULL RETURNING *",
            state=state,
            at=store.clock.now(),
            requests=max(request_count, row["requests"]),
            id=row["id"],
        )
        for each in moved:
            _tell(store, each)
    if not moved:
        raise Conflict(f"deployment:{row['id']} was ended by someone else just now", hint="lineal deployments --all")


def _tell(store: Store, row: Row) -> None:
    told = {name: row[name] for name in ("environment", "target", "state", "endpoint")}
    emit(
        store,
        "deployment.changed",
        {
            "name": row["model"],
            "version": str(row["number"]),
            "deployment": row["id"],
            "digest": row["desired"],
            **told,
        },
    )


def show_row(store: Store, row: Row) -> DeploymentAnswer:
    """Return the deployment of a row, with what answers there now."""
    version = store.database.run(
        "SELECT * FROM version WHERE model = :model AND number = :number", model=row["model"], number=row["number"]
    )[0]
    now = Observed(digest=row["observed"], healthy=False, request_count=row["requests"])
    state = row["state"]
    if state == "running":
        now = target_named(row["target"]).observe(row["endpoint"], row["handle"])
        state = _state(now, row)
    return DeploymentAnswer(
        reference=f"deployment:{row['id']}",
        id=row["id"],
        version=version_reference(version),
        model=row["model"],
        environment=row["environment"],
        target=row["target"],
        state=state,
        endpoint=row["endpoint"],
        desired=row["desired"],
        observed=now.digest,
        healthy=now.healthy,
        request_count=max(now.request_count, row["requests"]),
        started_by=row["started_by"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        previous=f"deployment:{row['previous']}" if row["previous"] else "",
    )


def _state(now: Observed, row: Row) -> str:
    if not now.healthy:
        return "down"
    return "running" if now.digest == row["desired"] else "answered by another version"

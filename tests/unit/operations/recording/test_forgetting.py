"""What was deleted can go for good: nothing of it is left but that it was."""

from __future__ import annotations

import json

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Invalid, LinealError, NotFound
from lineal.objects.runs import Point
from lineal.objects.ulid import hexadecimal
from lineal.operations.recording import artifacts, experiments, logged_models, tracking
from lineal.operations.recording.logged_models import NewModel
from lineal.operations.recording.model_metrics import ModelPoint
from lineal.operations.recording.tracking import NewRun
from tests.unit.operations.tracking import LOGGED, MODEL, put, tracked

__all__ = ["tracked"]

WHY = "its data had to be deleted"


@pytest.fixture
def run(tracked: LocalRepository) -> str:
    """A run with everything that a run can have, in an experiment of its own."""
    number = experiments.create(tracked, "churn", tags={"team": "risk"}).number
    run = tracked.store.clock.new_id()
    parent = tracked.store.clock.new_id()
    tracking.create(tracked, NewRun(id=parent, name="around", started_at=1, experiment=number))
    tags = {"mlflow.parentRunId": hexadecimal(parent), "a": "b"}
    tracking.create(tracked, NewRun(id=run, name="train", started_at=1, experiment=number, tags=tags))
    logged_models.create(tracked, NewModel(id=MODEL, name="m", experiment=number, run=run, params={"p": "1"}))
    point = Point(key="auc", step=1, value=0.5, at=1)
    many = tuple(Point(key="loss", step=step, value=step, at=1) for step in range(3_000))
    tracking.record(
        tracked, run, points=(point, *many), params={"depth": "3"}, model_points=(ModelPoint(MODEL, point),)
    )
    tracking.fold(tracked.store, run)
    tracking.record(tracked, run, points=(Point(key="loss", step=9_999, value=1.0, at=2),))
    put(tracked, run, "plots/curve.png", b"curve")
    put(tracked, LOGGED, "model.bin", b"weights")
    logged_models.finish(tracked, MODEL, status="READY")
    return run


def left(repository: LocalRepository, *texts: str) -> list[str]:
    """Return the tables in which a text stands, but for those of the history."""
    database, found = repository.store.database, list[str]()
    if database.dialect == "sqlite":
        rows = database.run("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        rows = database.run("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    for name in {row["name"] for row in rows} - {"journal", "journal_head", "answer"}:
        held = json.dumps(database.run(f"SELECT * FROM {name}"), default=str)
        found += [name for text in texts if text in held]
    return sorted(found)


def test_nothing_of_a_run_is_left_but_that_it_was(tracked: LocalRepository, run: str):
    tracking.delete(tracked, run)
    found = tracked.forget(f"run:{hexadecimal(run)}", reason=WHY)

    assert (1, 1, 2) == (found.runs, found.logged_models, found.files)
    assert [] == left(tracked, run, MODEL, hexadecimal(run))
    with pytest.raises(NotFound):
        tracking.tracked(tracked, run)
    (line,) = [each for each in tracked.log() if each.operation == "forget"]
    assert (hexadecimal(run) in str(line), "done") == (True, line.outcome)
    assert () == tracked.verify().problems
    # Its bytes are nobody's any more.
    tracked.gc(delete=True, grace_days=0)
    assert set() == tracked.blobs.has({digest_of(b"curve"), digest_of(b"weights")})


def test_an_experiment_goes_with_its_runs_and_its_name_is_free(tracked: LocalRepository, run: str):
    number = experiments.named(tracked.store, "churn")["number"]
    experiments.delete(tracked, number)
    found = tracked.forget("experiment:churn", reason=WHY)

    assert (2, 1) == (found.runs, found.logged_models)
    assert [] == left(tracked, run, MODEL, "risk", f"experiment:#{number}")
    again = experiments.create(tracked, "churn")
    assert number < again.number
    assert {} == dict(again.tags)


@pytest.mark.parametrize(
    ("thing", "reason", "error", "message"),
    [
        ("run:{run}", WHY, Conflict, "is not deleted"),
        ("experiment:churn", WHY, Conflict, "is not deleted"),
        ("experiment:Default", WHY, Conflict, "is not deleted"),
        ("experiment:none", WHY, NotFound, "none"),
        ("run:01J00000000000000000000000", WHY, NotFound, "not found"),
        ("run:train", WHY, NotFound, "no run"),
        ("churn", WHY, Invalid, "neither"),
        ("run:{run}", " ", Invalid, "reason"),
    ],
)
def test_what_is_still_there_or_never_was_is_told(
    thing: str, reason: str, error: type[LinealError], message: str, tracked: LocalRepository, run: str
):
    with pytest.raises(error, match=message):
        tracked.forget(thing.format(run=run), reason=reason)

    assert "train" == tracking.tracked(tracked, run).name


def test_what_a_version_was_made_of_stays(tracked: LocalRepository, run: str):
    tracked.store.database.run("INSERT INTO model (name, last_number, created_by, created_at) VALUES ('m', 1, '', 0)")
    digest = artifacts.tree_of(tracked.store, LOGGED)
    tracked.store.database.run(
        "INSERT INTO object (digest, kind, size_bytes, body, created_at) VALUES (:digest, 'version', 0, '', 0)",
        digest=digest,
    )
    tracked.store.database.run(
        "INSERT INTO version (model, number, digest, major, minor, patch, stage, card, created_by, created_at, revision,"
        " logged_model) VALUES ('m', 1, :digest, 1, 0, 0, 'none', '', '', 0, 1, :model)",
        digest=digest,
        model=MODEL,
    )
    tracking.delete(tracked, run)

    with pytest.raises(Conflict, match="version 1 of m was made of run:"):
        tracked.forget(f"run:{run}", reason=WHY)
    assert b"weights" == b"".join(tracked.blobs.open(artifacts.show(tracked, LOGGED, "model.bin").digest))


def test_a_run_that_was_recorded_here_is_a_part_of_the_history(tracked: LocalRepository, run: str):
    tracked.store.database.run("UPDATE run SET digest = 'sha256:x', deleted_at = 1 WHERE id = :id", id=run)

    with pytest.raises(Conflict, match="recorded here"):
        tracked.forget(f"run:{run}", reason=WHY)

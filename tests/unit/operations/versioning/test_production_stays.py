"""What a version in production was made of cannot be deleted by the programs that made it."""

from __future__ import annotations

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict
from lineal.objects.ulid import hexadecimal
from lineal.operations.recording import artifacts, experiments, logged_models, tracking
from lineal.operations.versioning import registered_versions
from tests.unit.operations.tracked import logged, made, registered, tracked

MODEL = "m-7a3011a42f7d498f9be4ac561bff2299"


def test_its_run_its_logged_model_its_files_and_its_experiment_stay(either: LocalRepository) -> None:
    run = tracked(either)
    number = experiments.create(either, "x").number
    either.store.database.run("UPDATE run SET experiment = :number", number=number)
    logged(either, run, MODEL)
    registered(either, made(either, "churn"), run, source=f"models:/{MODEL}", logged_model=MODEL)
    registered_versions.transition(either, "churn", 1, to="production")

    said = f"The run {hexadecimal(run)} cannot be deleted: version 1 of churn, which is in production, was made of it"
    with pytest.raises(Conflict, match=said):
        tracking.delete(either, run)
    with pytest.raises(Conflict, match=f"The logged model {MODEL} cannot be deleted"):
        logged_models.delete(either, MODEL)
    with pytest.raises(Conflict, match=f"The experiment {number} cannot be deleted"):
        experiments.delete(either, number)
    with pytest.raises(Conflict, match="belongs to a model that is ready or registered"):
        artifacts.remove(either, f"logged:{MODEL}", "MLmodel")
    assert tracking.tracked(either, run).deleted_at is None


def test_what_is_in_production_no_more_may_go(either: LocalRepository) -> None:
    run, other = tracked(either), tracked(either)
    logged(either, None, MODEL)
    made(either, "churn")
    registered(either, "churn", run)
    registered_versions.transition(either, "churn", 1, to="production")
    registered(either, "churn", source=f"models:/{MODEL}", logged_model=MODEL)
    tracking.delete(either, other)
    logged_models.delete(either, MODEL)
    registered_versions.transition(either, "churn", 1, to="archived")

    assert tracking.delete(either, run).deleted_at

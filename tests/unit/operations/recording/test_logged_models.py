"""Logged models: what is told of them is kept whole or not at all, and counted once."""

from __future__ import annotations

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Exists, Invalid, NotFound
from lineal.objects.runs import Point
from lineal.operations.recording import experiments, logged_models, tracking
from lineal.operations.recording.logged_models import NewModel
from lineal.operations.recording.model_metrics import ModelPoint, scoped
from tests.unit.operations.tracking import MODEL, begin, log_model, tracked

__all__ = ["tracked"]


def measure(
    repository: LocalRepository, run: str, value: float | str, *, step: int = 0, at: int = 1, **known: str
) -> None:
    point = Point(key="auc", step=step, value=value, at=at)
    tracking.record(repository, run, points=(point,), model_points=(ModelPoint(MODEL, point, **known),))


def test_an_id_is_used_once_and_looks_like_one(tracked: LocalRepository):
    log_model(tracked)
    with pytest.raises(Exists):
        log_model(tracked)
    for model in ("m-1", "M-" + "0" * 32, "m-" + "0" * 33, "logged:x"):
        with pytest.raises(Invalid, match="no id"):
            log_model(tracked, model)
    with pytest.raises(NotFound, match="No Experiment with id=7"):
        logged_models.create(tracked, NewModel(id="m-" + "1" * 32, name="x", experiment=7))
    experiments.delete(tracked, experiments.create(tracked, "gone").number)
    with pytest.raises(Invalid, match="active"):
        log_model(tracked, "m-" + "2" * 32, experiment=1)


def test_params_keep_their_first_value_and_nothing_of_a_bad_request_is_kept(tracked: LocalRepository):
    log_model(tracked, params={"a": "1"}, tags={"x": "1"})
    logged_models.record(tracked, MODEL, params={"a": "1", "b": "2"})
    with pytest.raises(Invalid, match="Changing param values is not allowed"):
        logged_models.record(tracked, MODEL, params={"c": "3", "a": "2"}, tags={"x": "2"})
    with pytest.raises(NotFound, match="No tag with key 'y'"):
        logged_models.record(tracked, MODEL, tags={"x": "2"}, untag=("y",))
    found = logged_models.show(tracked, MODEL)

    assert ({"a": "1", "b": "2"}, {"x": "1"}) == (found.params, found.tags)


def test_of_each_metric_the_last_value_is_kept_for_each_run_and_dataset(tracked: LocalRepository):
    one, two = begin(tracked), begin(tracked)
    log_model(tracked)
    measure(tracked, one, 0.5, step=2)
    measure(tracked, one, 0.4, step=1, at=9)
    measure(tracked, two, "NaN", step=0, at=2)
    measure(tracked, two, "Infinity", step=0, at=3, dataset_name="adult", dataset_digest="d1")
    measure(tracked, two, 0.9, step=0, at=4, dataset_name="adult", dataset_digest="d2")
    found = logged_models.show(tracked, MODEL).metrics

    assert [(one, 0.5, ""), (two, "NaN", ""), (two, "Infinity", "d1"), (two, 0.9, "d2")] == [
        (each.run, each.value, each.dataset_digest) for each in found
    ]


def test_a_search_finds_the_last_value_of_all_and_of_each_dataset(tracked: LocalRepository):
    run = begin(tracked)
    log_model(tracked)
    measure(tracked, run, 0.5, at=1, dataset_name="adult", dataset_digest="d1")
    measure(tracked, run, 0.7, at=2, dataset_name="adult", dataset_digest="d2")
    measure(tracked, run, "NaN", at=3, dataset_name="iris")
    rows = tracked.store.database.run("SELECT key, value FROM metric_last WHERE subject = :id", id=MODEL)

    assert {
        "auc": None,
        **{scoped(key, "iris"): None for key in ("auc", "")},
        **{scoped(key, "adult"): 0.7 for key in ("auc", "")},
        **{scoped(key, "adult", "d1"): 0.5 for key in ("auc", "")},
        **{scoped(key, "adult", "d2"): 0.7 for key in ("auc", "")},
    } == {row["key"]: row["value"] for row in rows}


def test_metrics_of_a_model_that_was_deleted_are_refused_with_all_that_came_with_them(tracked: LocalRepository):
    run = begin(tracked)
    log_model(tracked)
    logged_models.delete(tracked, MODEL)
    with pytest.raises(NotFound, match="Logged model"):
        measure(tracked, run, 0.5)

    assert b"[]" == bytes(tracking.tracked(tracked, run).metrics)
    assert [] == tracking.history(tracked, run, key="auc").values

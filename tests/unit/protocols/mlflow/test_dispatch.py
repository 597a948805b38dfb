"""Which of MLflow's requests are given up when their client is gone: all that only ask, and none that changes anything."""

from __future__ import annotations

from lineal.protocols.mlflow import ENDPOINTS


def test_what_is_sent_as_a_body_because_it_is_long_is_a_question_too() -> None:
    sent = {each.path.partition("/mlflow/")[2] for each in ENDPOINTS if each.reads and each.method != "GET"}

    assert sent == {
        "experiments/search",
        "experiments/search-datasets",
        "logged-models/search",
        "registered-models/get-latest-versions",
        "runs/search",
    }


def test_every_quick_change_of_what_is_there_says_what_it_is_about() -> None:
    named = {"run_id", "run_uuid", "model_id"}
    changes = [each for each in ENDPOINTS if each.is_quick and not each.reads]
    silent = {each.path for each in changes if not named & {*each.request.__struct_fields__}}

    assert silent == {"/2.0/mlflow/runs/create", "/2.0/mlflow/logged-models"}

"""Experiments and runs: what is logged is found again, by each way that a client has to ask."""

from __future__ import annotations

import math
import time

import mlflow
import pandas as pd
from learning import refused
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.utils.rest_utils import MlflowHostCreds, http_request

LARGEST = 1.7976931348623157e308


def main() -> dict[str, str]:
    """Return the ids of the experiment and its runs."""
    client = MlflowClient()
    experiment = mlflow.set_experiment("churn").experiment_id
    first, child = log(client)
    other = batch(client, experiment)
    find(client, experiment, first, child, other)
    draw(first, child)
    remove(client, experiment, other)
    change_experiments(client, experiment)
    wait_for_nothing(client)
    watch_the_system(client)
    return {"experiment": experiment, "first": first, "child": child, "other": other}


def log(client: MlflowClient) -> tuple[str, str]:
    """Log a run and one below it."""
    with mlflow.start_run(run_name="first", tags={"team": "risk"}, description="by hand") as run:
        mlflow.log_param("depth", 6)
        mlflow.log_params({"rate": 0.1, "kind": "boosted"})
        for step in range(200):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.91, "bad": float("nan"), "large": float("inf")}, step=3)
        mlflow.set_tag("note", "as it is")
        table = pd.DataFrame({"age": [20, 30, 40], "churned": [0, 1, 0]})
        dataset = mlflow.data.from_pandas(table, source="s3://data/churn.csv", name="customers", targets="churned")
        mlflow.log_input(dataset, context="training", tags={"split": "1"})
        with mlflow.start_run(nested=True, run_name="child") as child:
            mlflow.log_metric("auc", 0.5)
    found = client.get_run(run.info.run_id)
    assert found.data.params == {"depth": "6", "rate": "0.1", "kind": "boosted"}
    own = {key: value for key, value in found.data.tags.items() if not key.startswith("mlflow.")}
    assert own == {"team": "risk", "note": "as it is"}
    assert found.data.tags["mlflow.note.content"] == "by hand"
    assert (found.data.metrics["auc"], found.data.metrics["large"]) == (0.91, LARGEST)
    assert math.isnan(found.data.metrics["bad"])
    assert (found.info.status, found.info.run_name) == ("FINISHED", "first")
    assert found.info.end_time >= found.info.start_time
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(each.step, each.value) for each in history] == [(step, 1 / (step + 1)) for step in range(200)]
    (used,) = found.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.source_type) == ("customers", "s3")
    assert {tag.key: tag.value for tag in used.tags} == {"split": "1", "mlflow.data.context": "training"}
    assert mlflow.data.get_source(used.dataset).uri == "s3://data/churn.csv"
    assert client.get_parent_run(child.info.run_id).info.run_id == run.info.run_id
    return run.info.run_id, child.info.run_id


def batch(client: MlflowClient, experiment: str) -> str:
    """Log all at once to a run that fails; a batch with something wrong in it leaves nothing."""
    run = client.create_run(experiment).info.run_id
    metrics = [Metric("auc", 0.7, 5, 1), *(Metric("many", float(step), 5, step) for step in range(900))]
    client.log_batch(run, metrics=metrics, params=[Param("depth", "3")], tags=[RunTag("team", "fraud")])
    wrong = {"metrics": [Metric("never", 1.0, 1, 1)], "params": [Param("depth", "4"), Param("new", "1")]}
    said = refused(lambda: client.log_batch(run, **wrong))
    assert said.startswith("INVALID_PARAMETER_VALUE"), said
    assert "already logged with value='3'" in said
    client.set_terminated(run, status="FAILED")
    found = client.get_run(run)
    assert (found.data.params, set(found.data.metrics)) == ({"depth": "3"}, {"auc", "many"})
    assert [each.value for each in client.get_metric_history(run, "many")] == [float(step) for step in range(900)]
    return run


def find(client: MlflowClient, experiment: str, first: str, child: str, other: str) -> None:
    """Search runs: filters, orders, pages."""
    best = mlflow.search_runs(
        experiment_names=["churn"],
        filter_string="metrics.auc > 0.6 and params.depth != '9'",
        order_by=["metrics.auc DESC"],
    )
    assert list(best["run_id"]) == [first, other]
    assert list(best["params.depth"]) == ["6", "3"]
    for text, expected in (
        ("tags.team ILIKE 'RISK'", {first}),
        ("attributes.status = 'FAILED'", {other}),
        ("run_name = 'child'", {child}),
        (f"tags.mlflow.parentRunId = '{first}'", {child}),
        ("dataset.name = 'customers' and dataset.context = 'training'", {first}),
        (f"attributes.run_id IN ('{first}', '{child}')", {first, child}),
    ):
        assert {each.info.run_id for each in client.search_runs([experiment], text)} == expected, text
    pages, token = [], None
    while True:
        page = client.search_runs([experiment], order_by=["metrics.auc ASC"], max_results=1, page_token=token)
        pages += [each.info.run_id for each in page]
        token = page.token
        if not token:
            break
    assert pages == [child, other, first]


def draw(first: str, child: str) -> None:
    """Get the histories of several runs at once, as charts do; there is no method for it, only a request."""
    for path, runs, most in (
        ("/ajax-api/2.0/mlflow/metrics/get-history-bulk", {"run_id": [first, child]}, 25_000),
        ("/api/2.0/mlflow/metrics/get-history-bulk-interval", {"run_ids": [first, child]}, 50),
    ):
        asked = {**runs, "metric_key": "loss", "max_results": most}
        answer = http_request(MlflowHostCreds(mlflow.get_tracking_uri()), path, "GET", params=asked)
        points = [(each["run_id"], int(each["step"]), each["value"]) for each in answer.json()["metrics"]]
        assert set(points) <= {(first, step, 1 / (step + 1)) for step in range(200)}
        assert {(first, 0, 1.0), (first, 199, 1 / 200)} <= set(points)
        assert 25 <= len(points) <= most + 1, len(points)  # the last one is never left out


def remove(client: MlflowClient, experiment: str, run: str) -> None:
    """Delete a run and restore it, rename it, and take a tag away."""
    client.delete_run(run)
    assert run not in {each.info.run_id for each in client.search_runs([experiment])}
    (gone,) = client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)
    assert (gone.info.run_id, gone.info.lifecycle_stage) == (run, "deleted")
    client.restore_run(run)
    client.update_run(run, status="FINISHED", name="again")
    client.set_tag(run, "gone", "soon")
    client.delete_tag(run, "gone")
    found = client.get_run(run)
    assert (found.info.run_name, found.info.status, "gone" in found.data.tags) == ("again", "FINISHED", False)


def change_experiments(client: MlflowClient, experiment: str) -> None:
    """Rename, tag, search, delete and restore experiments."""
    client.rename_experiment(experiment, "churned")
    client.set_experiment_tag(experiment, "owner", "ada")
    found = client.get_experiment_by_name("churned")
    assert (found.experiment_id, found.tags["owner"], found.lifecycle_stage) == (experiment, "ada", "active")
    made = [mlflow.create_experiment(f"more {number}", tags={"kind": "more"}) for number in range(5)]
    pages, token = [], None
    while True:
        page = client.search_experiments(
            filter_string="tags.kind = 'more'", order_by=["name DESC"], max_results=2, page_token=token
        )
        pages += [each.experiment_id for each in page]
        token = page.token
        if not token:
            break
    assert pages == made[::-1]
    client.delete_experiment(made[0])
    assert client.get_experiment(made[0]).lifecycle_stage == "deleted"
    deleted = client.search_experiments(view_type=ViewType.DELETED_ONLY)
    assert [each.experiment_id for each in deleted] == [made[0]]
    client.restore_experiment(made[0])
    assert mlflow.get_experiment_by_name("more 0").lifecycle_stage == "active"
    assert client.get_experiment_by_name("never") is None


def wait_for_nothing(client: MlflowClient) -> None:
    """Log without waiting for answers."""
    with mlflow.start_run(run_name="async") as run:
        mlflow.log_param("depth", 6, synchronous=False)
        for step in range(300):
            mlflow.log_metric("loss", float(step), step=step, synchronous=False)
        mlflow.set_tag("note", "later", synchronous=False)
        mlflow.flush_async_logging()
    found = client.get_run(run.info.run_id)
    assert (found.data.params, found.data.metrics, found.data.tags["note"]) == (
        {"depth": "6"},
        {"loss": 299.0},
        "later",
    )
    assert [each.value for each in client.get_metric_history(run.info.run_id, "loss")] == [*map(float, range(300))]


def watch_the_system(client: MlflowClient) -> None:
    """Log what the machine does meanwhile."""
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    with mlflow.start_run(run_name="watched", log_system_metrics=True) as run:
        time.sleep(1)
    metrics = client.get_run(run.info.run_id).data.metrics
    assert "system/cpu_utilization_percentage" in metrics
    assert client.get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")

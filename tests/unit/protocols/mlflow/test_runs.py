"""Runs as MLflow's clients see them: what is sent is taken or refused in MLflow's words, and comes back as it was."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.protocols.mlflow.asking import Client


def begun(client: Client, **more: Any) -> dict[str, Any]:
    """Begin a run and return it."""
    answer = client.post("/runs/create", **{"experiment_id": "0", "start_time": 5, "user_id": "ana", **more})
    assert answer.status == 200, answer.said
    found: dict[str, Any] = answer.said["run"]
    return found


def test_a_new_run_has_a_name_an_owner_and_a_place_for_its_files(client: Client) -> None:
    info = begun(client)["info"]

    assert re.fullmatch("[0-9a-f]{32}", info["run_id"])
    assert info["run_uuid"] == info["run_id"]
    assert (info["status"], info["lifecycle_stage"], info["user_id"]) == ("RUNNING", "active", "ana")
    assert info["run_name"]
    assert info["artifact_uri"] == f"mlflow-artifacts:/0/{info['run_id']}/artifacts"
    assert "end_time" not in info


def test_the_name_of_a_run_and_its_tag_are_one_thing(client: Client) -> None:
    by_tag = begun(client, tags=[{"key": "mlflow.runName", "value": "tagged"}])
    by_field = begun(client, run_name="named")
    run = by_field["info"]["run_id"]
    client.post("/runs/set-tag", run_id=run, key="mlflow.runName", value="renamed")
    renamed = client.get("/runs/get", run_id=run).said["run"]
    client.post("/runs/update", run_id=run, run_name="again")
    again = client.get("/runs/get", run_id=run).said["run"]

    assert by_tag["info"]["run_name"] == "tagged"
    assert {"key": "mlflow.runName", "value": "named"} in by_field["data"]["tags"]
    assert renamed["info"]["run_name"] == "renamed"
    assert (again["info"]["run_name"], again["data"]["tags"]) == (
        "again",
        [{"key": "mlflow.runName", "value": "again"}],
    )
    refused = client.post("/runs/create", run_name="a", tags=[{"key": "mlflow.runName", "value": "b"}])
    assert refused.status == 400
    assert "Both 'run_name' argument and 'mlflow.runName' tag are specified" in refused.said["message"]


def test_a_batch_is_kept_whole_or_not_at_all(client: Client) -> None:
    run = begun(client)["info"]["run_id"]
    client.post("/runs/log-parameter", run_id=run, key="lr", value="0.1")
    refused = client.post(
        "/runs/log-batch",
        run_id=run,
        metrics=[{"key": "auc", "value": 1, "timestamp": 1}],
        params=[{"key": "new", "value": "1"}, {"key": "lr", "value": "0.2"}],
        tags=[{"key": "t", "value": "v"}],
    )
    data = client.get("/runs/get", run_id=run).said["run"]["data"]

    assert (refused.status, refused.said["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert data["params"] == [{"key": "lr", "value": "0.1"}]
    assert "metrics" not in data
    assert [each["key"] for each in data["tags"]] == ["mlflow.runName"]


def test_a_status_may_be_a_word_or_a_number(client: Client) -> None:
    run = begun(client)["info"]["run_id"]
    states = [
        client.post("/runs/update", run_id=run, status=status, end_time="9").said["run_info"]["status"]
        for status in ("FINISHED", "RUNNING", 2, 4, "KILLED")
    ]

    assert states == ["FINISHED", "RUNNING", "SCHEDULED", "FAILED", "KILLED"]
    wrong = client.post("/runs/update", run_id=run, status="DONE")
    assert (wrong.status, "'status' supplied" in wrong.said["message"]) == (400, True)


def test_long_values_are_cut_and_long_keys_refused(client: Client) -> None:
    run = begun(client)["info"]["run_id"]
    client.post("/runs/log-parameter", run_id=run, key="p", value="x" * 7_000)
    client.post("/runs/set-tag", run_id=run, key="t", value="y" * 9_000)
    data = client.get("/runs/get", run_id=run).said["run"]["data"]

    assert data["params"] == [{"key": "p", "value": "x" * 6_000}]
    assert {"key": "t", "value": "y" * 8_000} in data["tags"]
    for path, what in (("log-parameter", "parameter"), ("set-tag", "tag")):
        answer = client.post(f"/runs/{path}", run_id=run, key="k" * 251, value="v")
        assert answer.status == 400
        assert f"{what.capitalize()} name" in answer.said["message"]


@pytest.mark.parametrize("key", ["../up", "/absolute", "a//b", "a/./b", ".", "ä\x00", "a'b", "a;b"])
def test_keys_that_could_be_other_names_are_refused(client: Client, key: str) -> None:
    run = begun(client)["info"]["run_id"]
    answer = client.post("/runs/log-metric", run_id=run, key=key, value=1, timestamp=1)

    assert (answer.status, answer.said["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("count", "message"),
    [
        ({"metrics": 1_001}, "at most 1000 metrics. Got 1001 metrics"),
        ({"params": 101}, "at most 100 params. Got 101 params"),
        ({"tags": 101}, "at most 100 tags. Got 101 tags"),
        ({"metrics": 950, "params": 51}, "at most 1000 metrics, params, and tags in total. Got 1001"),
    ],
)
def test_a_batch_that_is_too_large_is_refused(client: Client, count: dict[str, int], message: str) -> None:
    run = begun(client)["info"]["run_id"]
    body = {
        name: [{"key": f"k{place}", "value": "1", "timestamp": 1} for place in range(number)]
        for name, number in count.items()
    }
    answer = client.post("/runs/log-batch", run_id=run, **body)

    assert answer.status == 400
    assert message in answer.said["message"]


def test_a_deleted_run_is_found_among_the_deleted_only_and_takes_nothing(client: Client) -> None:
    run = begun(client)["info"]["run_id"]
    client.post("/runs/delete", run_id=run)
    refused = client.post("/runs/log-metric", run_id=run, key="a", value=1, timestamp=1)

    def found(view: str) -> list[str]:
        said = client.post("/runs/search", experiment_ids=["0"], run_view_type=view).said
        return [each["info"]["lifecycle_stage"] for each in said.get("runs", [])]

    assert refused.status == 400
    assert "must be in the 'active' state" in refused.said["message"]
    assert (found("ACTIVE_ONLY"), found("DELETED_ONLY"), found("ALL")) == ([], ["deleted"], ["deleted"])
    client.post("/runs/restore", run_id=run)
    assert found("ACTIVE_ONLY") == ["active"]


def test_pages_of_a_search_go_on_where_they_ended_whatever_comes_meanwhile(client: Client) -> None:
    for number in range(7):
        run = begun(client, run_name=f"run {number}")["info"]["run_id"]
        client.post("/runs/log-metric", run_id=run, key="auc", value=number / 10, timestamp=1)
    first = client.post("/runs/search", experiment_ids=["0"], max_results=4, order_by=["metrics.auc DESC"]).said
    late = begun(client, run_name="late")["info"]["run_id"]
    client.post("/runs/log-metric", run_id=late, key="auc", value=0.95, timestamp=1)
    second = client.post(
        "/runs/search",
        experiment_ids=["0"],
        max_results=4,
        order_by=["metrics.auc DESC"],
        page_token=first["next_page_token"],
    ).said

    names = [each["info"]["run_name"] for page in (first, second) for each in page["runs"]]
    assert names == [f"run {number}" for number in reversed(range(7))]
    assert "next_page_token" not in second


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"max_results": 0}, "Invalid value 0 for parameter 'max_results'"),
        ({"max_results": 50_001}, "at most 50000"),
        ({"run_view_type": "SOME"}, "'view_type' supplied"),
        ({"experiment_ids": ["x"]}, "Experiment ID must be a valid integer"),
        ({"filter": "metrics.a ~ 1"}, "Invalid comparator '~'"),
        ({"page_token": "!!!"}, "Invalid page token, could not base64-decode"),
    ],
)
def test_searches_that_make_no_sense_are_told(client: Client, body: dict[str, Any], message: str) -> None:
    answer = client.post("/runs/search", **{"experiment_ids": ["0"], **body})

    assert (answer.status, answer.said["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert message in answer.said["message"]


def test_experiments_are_made_found_renamed_deleted_and_restored(client: Client) -> None:
    made = client.post("/experiments/create", name="churn", tags=[{"key": "team", "value": "risk"}]).said
    number = made["experiment_id"]
    client.post("/experiments/update", experiment_id=number, new_name="churned")
    client.post("/experiments/set-experiment-tag", experiment_id=number, key="owner", value="ada")
    client.post("/experiments/delete-experiment-tag", experiment_id=number, key="team")
    found = client.get("/experiments/get-by-name", experiment_name="churned").said["experiment"]

    assert found["tags"] == [{"key": "owner", "value": "ada"}]
    assert found["artifact_location"] == f"mlflow-artifacts:/{number}"
    client.post("/experiments/delete", experiment_id=number)
    assert client.get("/experiments/get", experiment_id=number).said["experiment"]["lifecycle_stage"] == "deleted"
    twice = client.post("/experiments/delete", experiment_id=number)
    assert (twice.status, twice.said["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    again = client.post("/experiments/create", name="churned")
    assert (again.status, again.said["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")
    client.post("/experiments/restore", experiment_id=number)
    names = [each["name"] for each in client.post("/experiments/search", max_results=10).said["experiments"]]
    assert names == ["churned", "Default"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "message"),
    [
        ("/experiments/create", {}, 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'"),
        ("/experiments/create", {"name": 5}, 400, "INVALID_PARAMETER_VALUE", "Invalid value 5 for parameter 'name'"),
        ("/experiments/create", {"name": ""}, 400, "INVALID_PARAMETER_VALUE", "'name' supplied"),
        ("/experiments/delete", {"experiment_id": "0"}, 400, "INVALID_PARAMETER_VALUE", "default experiment"),
        (
            "/experiments/delete",
            {"experiment_id": "9"},
            404,
            "RESOURCE_DOES_NOT_EXIST",
            "No Experiment with id=9 exists",
        ),
        ("/runs/create", {"experiment_id": "9"}, 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=9 exists"),
        ("/runs/log-metric", {"key": "a", "value": 1, "timestamp": 1}, 400, "INVALID_PARAMETER_VALUE", "'run_id'"),
        (
            "/runs/log-metric",
            {"run_id": "f" * 32, "key": "a", "value": "much", "timestamp": 1},
            400,
            "INVALID_PARAMETER_VALUE",
            "it is no number",
        ),
        (
            "/runs/log-metric",
            {"run_id": "f" * 32, "key": None, "value": 1, "timestamp": 1},
            400,
            "INVALID_PARAMETER_VALUE",
            "Missing value for required parameter 'key'",
        ),
        (
            "/runs/log-batch",
            {"run_id": "f" * 32, "metrics": [{"key": "a", "value": 1}]},
            400,
            "INVALID_PARAMETER_VALUE",
            "Missing value for required parameter 'metrics[0].timestamp'",
        ),
        ("/runs/delete", {"run_id": "no id"}, 404, "RESOURCE_DOES_NOT_EXIST", "Run with id=no id not found"),
        ("/runs/delete", {"run_id": "f" * 32}, 404, "RESOURCE_DOES_NOT_EXIST", f"Run with id={'f' * 32} not found"),
        ("/runs/unheard-of", {}, 404, "ENDPOINT_NOT_FOUND", "no endpoint answers POST"),
    ],
)
def test_what_cannot_be_done_is_told_in_mlflows_words(
    client: Client, path: str, body: dict[str, Any], status: int, code: str, message: str
) -> None:
    answer = client.post(path, **body)

    assert (answer.status, answer.said["error_code"]) == (status, code)
    assert message in answer.said["message"]


@pytest.mark.parametrize(
    ("written", "value"), [("NaN", "NaN"), ("Infinity", 1.7976931348623157e308), ("-1e999", -1.7976931348623157e308)]
)
def test_numbers_are_read_as_python_writes_them(client: Client, written: str, value: object) -> None:
    client.post("/experiments/create", name="x")
    run = client.post("/runs/create", experiment_id="1").said["run"]["info"]["run_id"]
    one = f'{{"run_id": "{run}", "key": "one", "value": {written}, "timestamp": 1}}'
    many = f'{{"run_id": "{run}", "metrics": [{{"key": "many", "value": {written}, "timestamp": 1, "step": null}}]}}'

    assert 200 == client.send("POST", "/runs/log-metric", body=one.encode()).status
    assert 200 == client.send("POST", "/runs/log-batch", body=many.encode()).status
    found = client.get("/runs/get", run_id=run).said["run"]["data"]["metrics"]
    assert {"one": value, "many": value} == {each["key"]: each["value"] for each in found}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"tags": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"experiment_id": "\\ud800"}',
        b'"{"',
        b'"\\ud800"',
    ],
)
def test_bodies_made_to_be_hard_to_read_are_told_too(client: Client, body: bytes) -> None:
    answer = client.send("POST", "/runs/create", body=body)

    assert (answer.status, answer.said["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"a"', b"\xff", b"null", b'{"experiment_id": {"a": [1]}}'])
def test_bodies_that_are_no_request_are_told(client: Client, body: bytes) -> None:
    answer = client.send("POST", "/runs/create", body=body)

    assert (answer.status, answer.said["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_old_clients_send_json_in_json_and_nulls_for_what_is_not_there(client: Client) -> None:
    inside = client.send("POST", "/experiments/create", body=b'"{\\"name\\": \\"old\\"}"')
    nulls = client.send("POST", "/runs/create", body=b'{"experiment_id": "1", "run_name": null, "tags": null}')

    assert (inside.status, nulls.status) == (200, 200)
    assert nulls.said["run"]["info"]["experiment_id"] == "1"

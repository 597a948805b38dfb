"""The history of a metric comes back whole, in order and in pages; a chart of it has its ends and its peaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.protocols.mlflow.metrics import sampled
from tests.unit.protocols.mlflow.asking import Client


def begun(client: Client) -> str:
    """Begin a run and return its id."""
    answer = client.post("/runs/create", experiment_id="0", start_time=1)
    return str(answer.said["run"]["info"]["run_id"])


def log(client: Client, run: str, values: list[float], *, start: int = 0) -> None:
    """Log values of the metric loss, one a step."""
    for at in range(0, len(values), 1_000):
        part = values[at : at + 1_000]
        metrics = [
            {"key": "loss", "value": value, "timestamp": start + at + place, "step": start + at + place}
            for place, value in enumerate(part)
        ]
        assert client.post("/runs/log-batch", run_id=run, metrics=metrics) == (200, {})


def test_a_history_comes_back_in_pages_and_at_once(client: Client) -> None:
    run = begun(client)
    log(client, run, [step / 7 for step in range(2_500)])
    whole = client.get("/metrics/get-history", run_id=run, metric_key="loss").said
    pages, token = list[dict[str, object]](), ""
    while True:
        page = client.get(
            "/metrics/get-history", run_uuid=run, metric_key="loss", max_results=999, page_token=token
        ).said
        pages += page["metrics"]
        if not (token := page.get("next_page_token", "")):
            break

    assert pages == whole["metrics"]
    assert [{"key": "loss", "value": step / 7, "timestamp": step, "step": step} for step in range(2_500)] == pages
    assert {} == client.get("/metrics/get-history", run_id=run, metric_key="other").said


def test_what_is_no_number_comes_back_as_mlflow_writes_it(client: Client) -> None:
    run = begun(client)
    for step, value in enumerate(["NaN", "Infinity", "-Infinity", "0.5", 3]):
        client.post("/runs/log-metric", run_id=run, key="loss", value=value, timestamp="7", step=step)
    found = client.get("/metrics/get-history", run_id=run, metric_key="loss").said["metrics"]

    assert ["NaN", 1.7976931348623157e308, -1.7976931348623157e308, 0.5, 3.0] == [each["value"] for each in found]
    assert {7} == {each["timestamp"] for each in found}


def test_a_chart_of_a_long_series_has_its_ends_and_its_peaks(client: Client) -> None:
    run = begun(client)
    values = [0.5] * 30_000
    values[12_345] = 99.0
    log(client, run, values)
    found = client.get("/metrics/get-history-bulk-interval", run_ids=run, metric_key="loss", max_results=320).said
    steps = {each["step"]: each["value"] for each in found["metrics"]}

    assert len(found["metrics"]) <= 320
    assert 99.0 == steps[12_345]
    assert {0, 29_999} <= steps.keys()
    assert {run} == {each["run_id"] for each in found["metrics"]}


def test_a_chart_of_a_short_series_has_even_steps(client: Client) -> None:
    run = begun(client)
    log(client, run, [float(step) for step in range(1_000)])
    ask = "/metrics/get-history-bulk-interval"

    every = client.get(ask, run_ids=run, metric_key="loss", max_results=10).said["metrics"]
    assert [*range(0, 900, 100), 999] == [each["step"] for each in every]
    part = client.get(ask, run_ids=run, metric_key="loss", start_step=10, end_step=14, max_results=10).said["metrics"]
    assert [10, 11, 12, 13, 14] == [each["step"] for each in part]


def test_charts_of_several_runs_have_what_each_run_has_itself(client: Client) -> None:
    long, short = begun(client), begun(client)
    log(client, long, [0.5] * 40)
    log(client, short, [0.5] * 6, start=3)
    query = {"run_ids": [short, long], "metric_key": "loss", "max_results": 4}
    found = client.get("/metrics/get-history-bulk-interval", **query).said["metrics"]
    steps = {run: [each["step"] for each in found if each["run_id"] == run] for run in (long, short)}

    assert [0, 10, 20, 39] == steps[long]
    assert [3, 4, 6, 8] == steps[short]
    assert [short] * 4 + [long] * 4 == [each["run_id"] for each in found]


def test_points_of_a_chart_are_in_the_order_of_their_steps(client: Client) -> None:
    run = begun(client)
    for at, step in ((1, 5), (2, 3), (3, 5), (4, 0)):
        client.post("/runs/log-metric", run_id=run, key="loss", value=0.5, timestamp=at, step=step)
    ask = "/metrics/get-history-bulk-interval"
    found = client.get(ask, run_ids=run, metric_key="loss", max_results=3).said["metrics"]
    last = client.get(ask, run_ids=run, metric_key="loss", max_results=1).said["metrics"]

    assert [(0, 4), (3, 2), (5, 3)] == [(each["step"], each["timestamp"]) for each in found]
    assert [(5, 3)] == [(each["step"], each["timestamp"]) for each in last]


@given(st.lists(st.integers(0, 1_000), unique=True, max_size=60).map(sorted), st.integers(1, 20))
def test_samples_are_so_many_of_the_points_in_order_and_end_with_the_last(points: list[int], most: int) -> None:
    found = list(sampled(points, most))

    assert set(found) <= set(points)
    assert found == sorted(set(found))
    assert min(most, len(points)) == len(found)
    assert points[-1:] == found[-1:]


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("/metrics/get-history", {"metric_key": "a"}, "Missing value for required parameter 'run_id'"),
        ("/metrics/get-history", {"run_id": "a" * 32}, "Missing value for required parameter 'metric_key'"),
        ("/metrics/get-history-bulk", {"metric_key": "a"}, "must specify at least one run_id"),
        (
            "/metrics/get-history-bulk",
            {"run_id": ["a"] * 101, "metric_key": "a"},
            "cannot specify more than 100 run_ids",
        ),
        ("/metrics/get-history-bulk", {"run_id": "a"}, "must specify a metric_key"),
        ("/metrics/get-history-bulk-interval", {"metric_key": "a"}, "Missing value for required parameter 'run_ids'"),
        (
            "/metrics/get-history-bulk-interval",
            {"run_ids": "a", "metric_key": "a", "start_step": 1},
            "both must be specified",
        ),
        (
            "/metrics/get-history-bulk-interval",
            {"run_ids": "a", "metric_key": "a", "start_step": 5, "end_step": 1},
            "end_step must be greater than start_step. Found start_step=5 and end_step=1",
        ),
        (
            "/metrics/get-history-bulk-interval",
            {"run_ids": "a", "metric_key": "a", "max_results": 2501},
            "max_results must be between 1 and 2500",
        ),
        (
            "/metrics/get-history",
            {"run_id": "a" * 32, "metric_key": "a", "max_results": 0},
            "Invalid value 0 for parameter 'max_results' supplied",
        ),
        (
            "/metrics/get-history",
            {"run_id": "a" * 32, "metric_key": "a", "max_results": "x"},
            "Invalid value \"x\" for parameter 'max_results' supplied",
        ),
    ],
)
def test_what_is_missing_or_too_much_is_told(client: Client, path: str, query: dict[str, object], message: str) -> None:
    answer = client.get(path, **query)

    assert (400, "INVALID_PARAMETER_VALUE") == (answer.status, answer.said["error_code"])
    assert message in answer.said["message"]


@pytest.mark.parametrize(
    ("token", "message"), [("!!!", "Invalid page token, could not base64-decode"), ("e30=", "Invalid page token")]
)
def test_a_token_that_is_none_is_told(client: Client, token: str, message: str) -> None:
    run = begun(client)
    for asked in ({"max_results": 1}, {}):
        answer = client.get("/metrics/get-history", run_id=run, metric_key="a", page_token=token, **asked)

        assert (400, message) == (answer.status, answer.said["message"])

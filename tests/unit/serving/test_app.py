"""A real server process: every protocol gives the same answers, every answer says who it is, bad requests say why."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from lineal.formats import prometheus
from lineal.serving.bodies import BODY_BYTES_MAX
from lineal.serving.release import Release
from tests.unit.serving.releases import TABLE, Server, rows_of

ROWS = rows_of(TABLE.head(9))
LISTS = [list(row.values()) for row in ROWS]
COLUMNS = list(TABLE.columns)


@pytest.fixture(scope="session")
def expected(model: Any) -> list[str]:
    return list(model.predict(TABLE.head(9)))


def test_predictions_are_the_models_own_to_the_last_bit(server: Server, model: Any, expected: list[str]) -> None:
    answer = server.ask("/predict", {"rows": ROWS})

    assert answer.status == 200
    assert answer.body == {
        "predictions": expected,
        "probabilities": model.predict_proba(TABLE.head(9)).tolist(),
        "classes": ["no", "yes"],
    }


def test_no_rows_are_no_predictions(server: Server) -> None:
    assert server.ask("/predict", {"rows": []}).body == {
        "predictions": [],
        "probabilities": [],
        "classes": ["no", "yes"],
    }


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": COLUMNS, "index": list(range(9)), "data": LISTS}},
        {"dataframe_split": {"data": LISTS}},
        {"dataframe_records": ROWS},
        {"instances": ROWS},
        {"instances": LISTS},
        {"inputs": {name: [row[name] for row in ROWS] for name in reversed(COLUMNS)}},
    ],
    ids=["split", "split without names", "records", "instances", "lists", "inputs"],
)
def test_every_form_of_mlflow_gives_the_same(server: Server, expected: list[str], body: Any) -> None:
    assert server.ask("/invocations", body).body == {"predictions": expected}


def test_a_table_as_text_gives_the_same(server: Server, expected: list[str]) -> None:
    answer = server.ask("/invocations", TABLE.head(9).to_csv(index=False).encode(), kind="text/csv; charset=utf-8")

    assert answer.body == {"predictions": expected}


@pytest.mark.parametrize(
    "inputs",
    [
        [{"name": n, "datatype": "BYTES", "shape": [9], "data": [row[n] for row in ROWS]} for n in COLUMNS],
        [{"name": n, "datatype": "BYTES", "shape": [9, 1], "data": [[row[n]] for row in ROWS]} for n in COLUMNS],
        [{"name": "all", "datatype": "BYTES", "shape": [9, 3], "data": LISTS}],
        [{"name": "all", "datatype": "BYTES", "shape": [9, 3], "data": [each for row in LISTS for each in row]}],
    ],
    ids=["columns", "narrow", "matrix", "flat"],
)
def test_the_open_inference_protocol_gives_the_same(
    server: Server, model: Any, expected: list[str], inputs: Any
) -> None:
    for path in ("/v2/models/rich/infer", "/v2/models/rich/versions/1.0.0/infer"):
        answer = server.ask(path, {"id": "42", "inputs": inputs}).body
        chances = model.predict_proba(TABLE.head(9)).ravel().tolist()

        assert (answer["id"], answer["model_name"], answer["model_version"]) == ("42", "rich", "1.0.0")
        assert answer["outputs"][0] == {"name": "prediction", "datatype": "BYTES", "shape": [9], "data": expected}
        assert (answer["outputs"][1]["shape"], answer["outputs"][1]["data"]) == ([9, 2], chances)


def test_the_model_describes_itself(server: Server, release: Release) -> None:
    about = server.ask("/v2/models/rich").body

    assert (about["name"], about["versions"], about["platform"]) == ("rich", ["1.0.0"], "sklearn")
    assert [(each["name"], each["datatype"]) for each in about["inputs"]] == [
        ("age", "INT64"),
        ("hours", "FP64"),
        ("job", "BYTES"),
    ]
    assert server.ask("/v2").body["version"] == server.ask("/version").body["digest"] == release.digest


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/readyz", "/ping", "/health", "/v2/health/live", "/v2/health/ready", "/v2/models/rich/ready"],
)
def test_health_is_answered_on_both_ports(server: Server, release: Release, path: str) -> None:
    for private in (False, True):
        answer = server.ask(path, private=private)

        assert (answer.status, answer.headers["lineal-version"]) == (200, release.digest)


def test_every_answer_says_who_it_is(server: Server, release: Release) -> None:
    answers = {
        200: server.ask("/predict", {"rows": ROWS}),
        400: server.ask("/predict", {"rows": 3}),
        404: server.ask("/nothing"),
        405: server.ask("/predict"),
        413: server.ask("/predict", b" " * (BODY_BYTES_MAX + 1)),
    }

    assert {status: answer.status for status, answer in answers.items()} == {status: status for status in answers}
    for answer in answers.values():
        assert (answer.headers["lineal-version"], answer.headers["lineal-model"]) == (release.digest, "rich:1.0.0")


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/predict", {"rows": [{"age": 1, "hours": 2}]}, 400, "row 1 has no column 'job'"),
        ("/predict", {"rows": [ROWS[0], ROWS[1] | {"age": "old"}]}, 400, "row 2: 'old' in column 'age' is no int64"),
        ("/predict", {"rows": [ROWS[0] | {"job": 5}]}, 400, "row 1: 5 in column 'job'"),
        ("/predict", {"rows": [ROWS[0] | {"age": None}]}, 400, "a missing value in column 'age'"),
        ("/predict", {"rows": [ROWS[0] | {"job": "a new one"}]}, 400, "cannot take these rows"),
        ("/predict", {"rows": [7]}, 400, "row 1 is no object"),
        ("/predict", {"lines": []}, 400, "no list of rows"),
        ("/predict", [], 400, "no list of rows"),
        ("/predict", b"{", 400, "no JSON"),
        ("/predict", b"", 400, "no JSON"),
        ("/predict", b"[" * 200_000, 400, "no JSON"),
        ("/predict", b'{"rows": "\xff"}', 400, "no JSON"),
        ("/predict", b'{"rows": [{"age": 1e999}]}', 400, "no JSON"),
        ("/invocations", {"other": 1}, 400, "no table"),
        ("/invocations", None, 405, "GET /invocations"),
        ("/invocations", {"dataframe_split": {"columns": ["age"], "data": [[1, 2]]}}, 400, "dataframe_split"),
        ("/invocations", {"dataframe_records": 5}, 400, "dataframe_records"),
        ("/v2/models/rich/infer", {"inputs": []}, 200, ""),
        ("/v2/models/rich/infer", {"inputs": [{"name": "age"}]}, 400, "no columns of equal length"),
        ("/v2/models/rich/infer", {"inputs": [{"name": "x", "shape": [2, 3], "data": [1]}]}, 400, "nor one matrix"),
        ("/v2/models/poor/infer", {"inputs": []}, 404, "it is rich:1.0.0 that answers here"),
        ("/v2/models/rich/versions/2.0.0", None, 404, "it is rich:1.0.0"),
        ("/predictions", {"rows": ROWS}, 404, "POST /predictions"),
    ],
)
def test_a_bad_request_says_what_is_wrong_with_it(server: Server, path: str, body: Any, status: int, says: str) -> None:
    answer = server.ask(path, body)

    assert answer.status == status
    assert says in json.dumps(answer.body, ensure_ascii=False)
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.body["status"] == status
        assert answer.body["hint"]
        # Clients of the Open Inference Protocol look there.
        assert ("error" in answer.body) == path.startswith("/v2")


def test_a_table_with_a_bad_cell_says_where(server: Server) -> None:
    answer = server.ask("/invocations", b"age,hours,job\n1,2,nurse\n1,many,nurse\n", kind="text/csv")

    assert (answer.status, answer.body["detail"]) == (400, "row 2: 'many' in column 'hours' is no float64")


def test_requests_are_counted_by_status_and_timed(server: Server, release: Release) -> None:
    before = measured(server, release)
    server.ask("/predict", {"rows": ROWS})
    server.ask("/invocations", {"dataframe_records": ROWS})
    server.ask("/predict", {"rows": [{}]})
    server.ask("/healthz")
    after = measured(server, release)
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}

    assert (grown.pop("lineal_requests_total 200"), grown.pop("lineal_requests_total 400")) == (2, 1)
    assert (grown.pop("lineal_rows_total"), grown.pop("lineal_request_seconds_count")) == (18, 3)
    assert 0 < grown.pop("lineal_request_seconds_sum") < 30
    assert not grown


def measured(server: Server, release: Release) -> dict[str, float]:
    """Return the measures of the server without the buckets, all of which must name the version."""
    answer = server.ask("/metrics")
    samples = list(prometheus.read(answer.body.decode()))
    buckets = [value for name, labels, value in samples if labels.get("le") == "+Inf"]
    counts = [value for name, _, value in samples if name.endswith("_count")]

    assert answer.headers["content-type"] == prometheus.CONTENT_TYPE
    assert {labels["version"] for _, labels, _ in samples} <= {release.digest}
    assert buckets == counts
    assert all(math.isfinite(value) for _, _, value in samples)
    return {
        f"{name} {labels.get('status', '')}".strip(): value for name, labels, value in samples if "le" not in labels
    }

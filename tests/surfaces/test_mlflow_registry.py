"""MLflow's registry over HTTP: the same requests get answers of the same shape, with the same texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.ulid import hexadecimal
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import HTTP, Client
from tests.unit.operations.tracked import logged, tracked

MODEL = "m-7a3011a42f7d498f9be4ac561bff2299"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    """An empty repository."""
    with init(tmp_path) as found:
        yield found


@pytest.fixture
def client(local: LocalRepository) -> Iterator[Client]:
    """What talks to it."""
    with served(local) as url:
        yield Client(url)


@pytest.fixture
def golden(local: LocalRepository, client: Client) -> str:
    """The id of the run that logged a model, which is registered three times as ``golden``."""
    run = tracked(local)
    logged(local, run, MODEL)
    client.said("POST", "mlflow/registered-models/create", name="golden")
    for _ in range(3):
        client.said("POST", "mlflow/model-versions/create", name="golden", source=f"models:/{MODEL}", model_id=MODEL)
    return hexadecimal(run)


def line(number: int, run: str, **more: Any) -> dict[str, Any]:
    """Return a version as it is shown, without its times."""
    told = {"name": "golden", "version": str(number), "current_stage": "None", "description": "", "status": "READY"}
    return {**told, "source": f"models:/{MODEL}", "run_id": run, "run_link": "", **more}


def timeless(said: Any) -> Any:
    """Return an answer without its times, which must be there."""
    if isinstance(said, list):
        return [timeless(each) for each in said]
    if not isinstance(said, dict):
        return said
    if "creation_timestamp" in said:
        assert said["last_updated_timestamp"] >= said["creation_timestamp"] > 1_700_000_000_000
    return {name: timeless(value) for name, value in said.items() if not name.endswith("_timestamp")}


def test_a_new_model_has_a_name_and_times(client: Client) -> None:
    assert {"registered_model": {"name": "a"}} == timeless(
        client.said("POST", "mlflow/registered-models/create", name="a")
    )
    assert (400, "RESOURCE_ALREADY_EXISTS", "Registered Model (name=a) already exists.") == client.refused(
        "POST", "mlflow/registered-models/create", name="a"
    )
    tags = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    made = client.said("POST", "mlflow/registered-models/create", name="p", tags=tags, description="d")
    assert {"registered_model": {"name": "p", "tags": tags, "description": "d"}} == timeless(made)


def test_a_version_is_shown_as_mlflow_shows_it(client: Client, golden: str) -> None:
    client.said("POST", "mlflow/registered-models/alias", name="golden", alias="champion", version="1")
    client.said("POST", "mlflow/model-versions/set-tag", name="golden", version="1", key="k", value="v")
    tags = [{"key": "k", "value": "v"}]
    moved = client.said(
        "POST",
        "mlflow/model-versions/transition-stage",
        name="golden",
        version="1",
        stage="Production",
        archive_existing_versions=False,
    )
    first = line(1, golden, current_stage="Production", tags=tags)
    pointed = {**first, "aliases": ["champion"]}
    third = line(3, golden)

    assert {"model_version": pointed} == timeless(moved)
    for path, fields in (
        ("mlflow/model-versions/get", {"version": "1"}),
        ("mlflow/registered-models/alias", {"alias": "champion"}),
    ):
        assert {"model_version": pointed} == timeless(client.said("GET", path, name="golden", **fields))
    assert {
        "registered_model": {
            "name": "golden",
            "latest_versions": [first, third],
            "aliases": [{"alias": "champion", "version": "1"}],
        }
    } == timeless(client.said("GET", "mlflow/registered-models/get", name="golden"))
    for method, fields, expected in (
        ("POST", {"stages": ["Production"]}, [pointed]),
        ("GET", {"stages": ["production", "None"]}, [pointed, third]),
        ("POST", {}, [pointed, third]),
    ):
        found = client.said(method, "mlflow/registered-models/get-latest-versions", name="golden", **fields)
        assert {"model_versions": expected} == timeless(found)


def test_models_and_versions_are_searched_in_pages(client: Client, golden: str) -> None:
    client.said("PATCH", "mlflow/model-versions/update", name="golden", version="1", description="d")
    found = client.said("GET", "mlflow/model-versions/search", filter="name='golden'", max_results=10000)
    pages = [client.said("GET", "mlflow/model-versions/search", filter=f"run_id = '{golden}'", max_results=2)]
    pages.append(
        client.said(
            "GET",
            "mlflow/model-versions/search",
            filter=f"run_id = '{golden}'",
            max_results=2,
            page_token=pages[0]["next_page_token"],
        )
    )

    # The one that changed last comes first.
    assert [line(1, golden, description="d"), line(3, golden), line(2, golden)] == timeless(found["model_versions"])
    assert [["1", "3"], ["2"]] == [[each["version"] for each in page["model_versions"]] for page in pages]
    assert "next_page_token" not in pages[1]
    assert {} == client.said("GET", "mlflow/model-versions/search", filter=f"run_id = '{'0' * 32}'")
    asked = "name LIKE 'gold%' AND tag.`mlflow.prompt.is_prompt` != 'true'"
    models = client.said("GET", "mlflow/registered-models/search", filter=asked, max_results=100)
    assert ["golden"] == [each["name"] for each in models["registered_models"]]
    assert ["3"] == [each["version"] for each in models["registered_models"][0]["latest_versions"]]


def test_its_files_are_where_the_proxy_has_them(client: Client, golden: str) -> None:
    asked = client.said("GET", "mlflow/model-versions/get-download-uri", name="golden", version="2")
    client.said("POST", "mlflow/registered-models/create", name="prod")
    fields: dict[str, Any] = {"name": "prod", "source": "models:/golden/1", "run_id": golden, "run_link": ""}
    copied = client.said(
        "POST", "mlflow/model-versions/create", description="", tags=[{"key": "k", "value": "v"}], **fields
    )

    assert {"artifact_uri": f"mlflow-artifacts:/0/models/{MODEL}/artifacts"} == asked
    assert asked == client.said("GET", "mlflow/model-versions/get-download-uri", name="prod", version="1")
    assert {
        "model_version": {
            **line(1, golden, name="prod", source="models:/golden/1"),
            "tags": [{"key": "k", "value": "v"}],
        }
    } == timeless(copied)


def test_what_is_changed_and_removed_answers_as_mlflow_does(client: Client, golden: str) -> None:
    for key in ("a", "b"):
        client.said("POST", "mlflow/registered-models/set-tag", name="golden", key=key, value="1")
        client.said("POST", "mlflow/model-versions/set-tag", name="golden", version="3", key=key, value="1")
    client.said("POST", "mlflow/registered-models/alias", name="golden", alias="champion", version="1")
    nothing = [
        client.said("DELETE", "mlflow/registered-models/delete-tag", name="golden", key="a"),
        client.said("DELETE", "mlflow/registered-models/delete-tag", name="golden", key="never"),
        client.said("DELETE", "mlflow/model-versions/delete-tag", name="golden", version="3", key="a"),
        client.said("DELETE", "mlflow/registered-models/alias", name="golden", alias="champion"),
        client.said("DELETE", "mlflow/model-versions/delete", name="golden", version="2"),
    ]
    client.said("PATCH", "mlflow/registered-models/update", name="golden", description="all of it")
    renamed = client.said("POST", "mlflow/registered-models/rename", name="golden", new_name="silver")

    assert [{}] * 5 == nothing
    assert {
        "registered_model": {
            "name": "silver",
            "description": "all of it",
            "tags": [{"key": "b", "value": "1"}],
            "latest_versions": [line(3, golden, name="silver", tags=[{"key": "b", "value": "1"}])],
        }
    } == timeless(renamed)
    assert {} == client.said("DELETE", "mlflow/registered-models/delete", name="silver")
    assert (404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=silver not found") == client.refused(
        "GET", "mlflow/registered-models/get", name="silver"
    )


@pytest.mark.parametrize(
    ("method", "path", "fields", "expected"),
    [
        ("GET", "mlflow/registered-models/get", {"name": "x"}, (404, "Registered Model with name=x not found")),
        ("GET", "mlflow/registered-models/get", {}, (400, "Missing value for required parameter 'name'.")),
        ("POST", "mlflow/registered-models/create", {"name": ""}, (400, "Registered model name cannot be empty.")),
        ("POST", "mlflow/registered-models/create", {"name": " "}, (400, "Registered model name cannot be empty.")),
        ("POST", "mlflow/registered-models/create", {"name": ".."}, (400, "must not resolve to other names")),
        ("POST", "mlflow/registered-models/create", {"name": "a/b"}, (400, "Invalid name: 'a/b'")),
        (
            "POST",
            "mlflow/registered-models/create",
            {"name": 7},
            (400, "Invalid value 7 for parameter 'name' supplied:"),
        ),
        (
            "POST",
            "mlflow/model-versions/create",
            {"name": "x", "source": "s3://a"},
            (404, "Registered Model with name=x"),
        ),
        (
            "POST",
            "mlflow/model-versions/create",
            {"name": "m"},
            (400, "Missing value for required parameter 'source'."),
        ),
        (
            "POST",
            "mlflow/model-versions/create",
            {"name": "m", "source": "/etc"},
            (400, "Invalid model version source: '/etc'"),
        ),
        (
            "GET",
            "mlflow/model-versions/get",
            {"name": "m", "version": "9"},
            (404, "Model Version (name=m, version=9) not found"),
        ),
        (
            "GET",
            "mlflow/model-versions/get",
            {"name": "m", "version": "x"},
            (400, "Parameter 'version' must be an integer"),
        ),
        (
            "GET",
            "mlflow/registered-models/alias",
            {"name": "m", "alias": "z"},
            (400, "Registered model alias z not found."),
        ),
        (
            "GET",
            "mlflow/registered-models/alias",
            {"name": "x", "alias": "z"},
            (404, "Registered Model with name=x not found"),
        ),
        (
            "POST",
            "mlflow/registered-models/alias",
            {"name": "m", "alias": "v1", "version": "1"},
            (400, "'v1' is reserved"),
        ),
        (
            "POST",
            "mlflow/registered-models/alias",
            {"name": "m", "alias": "Latest", "version": "1"},
            (400, "is reserved"),
        ),
        (
            "POST",
            "mlflow/registered-models/alias",
            {"name": "m", "alias": "a b", "version": "1"},
            (400, "Invalid alias name"),
        ),
        (
            "POST",
            "mlflow/registered-models/alias",
            {"name": "m", "alias": "a", "version": "9"},
            (404, "version=9) not found"),
        ),
        ("GET", "mlflow/registered-models/search", {"max_results": 1001}, (400, "at most 1000, but got value 1001")),
        (
            "GET",
            "mlflow/registered-models/search",
            {"filter": "name ~ 'x'"},
            (400, "Invalid comparator '~' not one of"),
        ),
        ("GET", "mlflow/registered-models/search", {"page_token": "%%"}, (400, "could not base64-decode")),
        ("GET", "mlflow/model-versions/search", {"max_results": 200_001}, (400, "at most 200000")),
        (
            "GET",
            "mlflow/registered-models/get-latest-versions",
            {"name": "m", "stages": "Best"},
            (400, "None, Staging, Production"),
        ),
        (
            "POST",
            "mlflow/model-versions/transition-stage",
            {"name": "m", "version": "1", "stage": "None", "archive_existing_versions": True},
            (400, "'None' is not an Active stage"),
        ),
    ],
)
def test_what_is_wrong_is_told_in_mlflows_words(
    client: Client, method: str, path: str, fields: dict[str, Any], expected: tuple[int, str]
) -> None:
    client.said("POST", "mlflow/registered-models/create", name="m")
    status, _, message = client.refused(method, path, **fields)

    assert expected[0] == status
    assert expected[1] in message


def test_a_gate_that_refuses_is_told_to_the_client(local: LocalRepository, client: Client, golden: str) -> None:
    assert local.store.root
    policy = '[[gate.production]]\ncheck = "metric_floor"\nmetric = "auc"\nat_least = 0.95\n'
    (local.store.root.parent / "lineal.toml").write_text(policy, encoding="utf-8")
    status, code, message = client.refused(
        "POST", "mlflow/model-versions/transition-stage", name="golden", version="1", stage="Production"
    )

    assert (403, "PERMISSION_DENIED") == (status, code)
    assert "metric_floor: auc" in message
    assert (
        "None"
        == client.said("GET", "mlflow/model-versions/get", name="golden", version="1")["model_version"]["current_stage"]
    )


def test_both_places_answer(local: LocalRepository) -> None:
    with served(local) as url:
        Client(url, "/ajax-api").said("POST", "mlflow/registered-models/create", name="a b")

        assert "a b" == Client(url).said("GET", "mlflow/registered-models/get", name="a b")["registered_model"]["name"]


def test_pages_show_versions_that_programs_registered(local: LocalRepository, client: Client, golden: str) -> None:
    client.said("POST", "mlflow/registered-models/create", name="elsewhere")
    client.said("POST", "mlflow/model-versions/create", name="elsewhere", source="s3://bucket/model", run_id="theirs")
    client.said("POST", "mlflow/registered-models/create", name="empty")

    for page in ("models", "models/golden", "models/empty", "versions/golden:1.0.0", "versions/elsewhere:1.0.0"):
        assert (page, 200) == (page, HTTP.request("GET", f"{client.url}/{page}").status)
    assert b"s3://bucket/model" in HTTP.request("GET", f"{client.url}/versions/elsewhere:1.0.0").data

"""Models, prompts and versions by MLflow's endpoints: what is found, whose a name is, and where files may lie."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.protocols.mlflow.asking import Client

PROMPT = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
RUN = "0123456789abcdef" * 2


def names(client: Client, kind: str, text: str = "") -> list[str]:
    """Return the names of the models or versions that a filter finds."""
    found = client.get(f"/{kind}/search", filter=text).said
    return [each["name"] for each in found.get(kind.replace("-", "_"), [])]


@pytest.fixture
def kept(client: Client) -> Client:
    """Asks a repository with a model and a prompt, each with a version."""
    for name, tags in (("churn", []), ("greeting", PROMPT)):
        assert 200 == client.post("/registered-models/create", name=name, tags=tags).status
        assert 200 == client.post("/model-versions/create", name=name, source="s3://a/b", tags=tags).status
    return client


@pytest.mark.parametrize("kind", ["registered-models", "model-versions"])
def test_prompts_are_found_only_when_they_are_asked_for(kept: Client, kind: str) -> None:
    asked = "tags.`mlflow.prompt.is_prompt`"

    assert ["churn"] == names(kept, kind)
    assert [] == names(kept, kind, "name = 'greeting'")
    assert ["greeting"] == names(kept, kind, f"name LIKE '%' AND {asked} = 'true'")
    assert ["churn"] == names(kept, kind, f"{asked} != 'true'") == names(kept, kind, f"{asked} = 'false'")


@pytest.mark.parametrize(
    ("name", "tags", "message"),
    [
        ("churn", [], "Registered Model (name=churn) already exists."),
        ("greeting", PROMPT, "Prompt (name=greeting) already exists."),
        (
            "churn",
            PROMPT,
            "Tried to create a prompt with name 'churn', but the name is already taken by a registered model.",
        ),
        (
            "greeting",
            [],
            "Tried to create a registered model with name 'greeting', but the name is already taken by a prompt.",
        ),
    ],
)
def test_models_and_prompts_share_their_names(kept: Client, name: str, tags: list[Any], message: str) -> None:
    answer = kept.post("/registered-models/create", name=name, tags=tags)

    assert (400, "RESOURCE_ALREADY_EXISTS", message) == (
        answer.status,
        answer.said["error_code"],
        answer.said["message"],
    )


@pytest.mark.parametrize("run", [RUN, "run_of_another_server"])
def test_files_of_a_run_on_another_server_are_kept_as_they_were_named(kept: Client, run: str) -> None:
    source = f"runs:/{run}/model"
    made = kept.post("/model-versions/create", name="churn", source=source, run_id=run).said["model_version"]

    assert (source, run, "READY") == (made["source"], made["run_id"], made["status"])
    assert {"artifact_uri": source} == kept.get("/model-versions/get-download-uri", name="churn", version="2").said


@pytest.mark.parametrize(
    ("source", "run"), [(f"runs:/{RUN}/model", ""), (f"runs:/{RUN}/model", "f" * 32), ("runs:/a/b", "c")]
)
def test_files_of_a_run_are_those_of_the_run_that_is_named(kept: Client, source: str, run: str) -> None:
    assert kept.post("/model-versions/create", name="churn", source=source, run_id=run).status in {400, 404}


def test_a_tag_too_long_is_refused_with_its_limit(kept: Client) -> None:
    answer = kept.post("/registered-models/set-tag", name="churn", key="notes", value="a" * 100_001)

    assert 400 == answer.status
    assert (
        "'value' exceeds the maximum length of 100000 characters: the tag 'notes' has 100001" == answer.said["message"]
    )


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/registered-models/create", {"name": ""}, "Missing value for required parameter 'name'"),
        ("/registered-models/rename", {"name": "churn"}, "Missing value for required parameter 'new_name'"),
        (
            "/registered-models/rename",
            {"name": "churn", "new_name": ""},
            "Missing value for required parameter 'new_name'",
        ),
        ("/experiments/search", {"max_results": 0}, "It must be a positive integer"),
        ("/experiments/search", {"max_results": 50_001}, "It must be at most 50000, but got value 50001"),
        ("/experiments/get?experiment_id=x", {}, "Invalid experiment ID 'x'. Experiment ID must be a valid integer."),
    ],
)
def test_what_is_missing_or_too_much_is_told_in_mlflows_words(
    kept: Client, path: str, body: dict[str, Any], message: str
) -> None:
    path, _, query = path.partition("?")
    answer = kept.send("GET", path, query=query) if query else kept.post(path, **body)

    assert (400, "INVALID_PARAMETER_VALUE") == (answer.status, answer.said["error_code"])
    assert message in answer.said["message"]


def test_a_request_for_a_workspace_touches_nothing(client: Client) -> None:
    path = "/api/2.0/mlflow/registered-models/create"
    refused = client.send("POST", path, body=b'{"name": "churn"}', x_mlflow_workspace="team-a")

    assert (501, "FEATURE_DISABLED") == (refused.status, refused.said["error_code"])
    assert [] == names(client, "registered-models")
    assert 200 == client.send("POST", path, body=b'{"name": "churn"}', x_mlflow_workspace="default").status
    info = client.send("GET", "/api/3.0/mlflow/server-info", x_mlflow_workspace="team-a")
    assert (200, False) == (info.status, info.said["workspaces_enabled"])

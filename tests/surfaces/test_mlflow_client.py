"""The real MLflow, unchanged but for the address of the server: the newest that can be installed, and the last of 2.x.

What the programs do and assert is in ``programs/``; here is what they leave in the repository. Those of one test share a
process, for importing MLflow and its libraries takes longer than most of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.parts.mlflow import Mlflow
from tests.surfaces.mlflow import HTTP
from tests.surfaces.receiver import Receiver, receiving
from tests.surfaces.serving import Served

SETTINGS = {"LINEAL_SERVER_WEBHOOK_HTTP": "1", "LINEAL_SERVER_WEBHOOK_PRIVATE": "1"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of an empty repository."""
    with Served(tmp_path / "repository", variables=SETTINGS) as found:
        yield found


@pytest.fixture(params=[3, 2])
def major(request: pytest.FixtureRequest) -> int:
    """Which MLflow."""
    return int(request.param)


@pytest.fixture
def mlflow(served: Served, tmp_path: Path, major: int) -> Mlflow:
    """A client of it."""
    return Mlflow(tmp_path / "home", served.url, major=major)


def asked(served: Served, path: str) -> Any:
    # On a connection of its own: a program may have taken longer than a server keeps one that nobody uses.
    return json.loads(HTTP.request("GET", f"{served.url}/api/v1/{path}").data)


def test_what_programs_track_and_register_is_found_again(served: Served, tmp_path: Path, major: int) -> None:
    receiver = Receiver()
    with receiving(receiver) as place:
        events = [{"entity": "MODEL_VERSION", "action": "STAGE_CHANGED"}]
        hook = json.dumps({"name": "stages", "url": place, "events": events})
        assert served.ask("POST", "/api/2.0/mlflow/webhooks", hook).status == 200
        mlflow = Mlflow(tmp_path / "home", served.url, major=major, variables={"RECEIVER": place})
        only = ("mlserver_runtime",) if major == 2 else ()
        told = mlflow.programs("tracking", "models", "promises", *only)
        moved = [each.said["data"] for each in receiver.wait(8 if major > 2 else 7) if "to_stage" in each.said["data"]]

    # A name that was given up goes on counting.
    assert told["models"]["last"] == "2"
    stages = [(each["version"], each["from_stage"], each["to_stage"]) for each in moved if each["name"] == "churn"]
    assert stages == [
        ("1", "None", "Production"),
        ("1", "Production", "Archived"),
        ("2", "None", "Production"),
        ("2", "Production", "Archived"),
        ("1", "Archived", "Production"),
    ]
    # What was in production when, and who moved it there.
    acts = [each for each in asked(served, "log?reference=churn")[::-1] if each["operation"] == "version transition"]
    assert [(each["number"], each["to"]) for each in map(json.loads, (each["request"] for each in acts))] == [
        (1, "production"),
        (2, "production"),
        (1, "production"),
    ]
    assert sorted(each["at"] for each in acts) == [each["at"] for each in acts]
    assert "failed" in {each["outcome"] for each in asked(served, "log?reference=gated")}
    assert asked(served, "verify")["problems"] == []


def test_libraries_log_by_themselves_models_are_evaluated_and_every_command_works(
    mlflow: Mlflow, served: Served
) -> None:
    told = mlflow.programs("autologging", "evaluation", "command")

    assert [len(each) for each in told.values()] == [3, 2, 2]
    assert asked(served, "verify")["problems"] == []


def test_lightning_logs_by_itself_and_its_models_come_back(served: Served, tmp_path: Path) -> None:
    mlflow = Mlflow(tmp_path / "home", served.url)
    mlflow.has("torch")

    assert mlflow.programs("pytorch")["pytorch"]["network"]


TOKENS = """
[ada]
token = "sha256:{writer}"
role = "writer"

[eve]
token = "sha256:{reader}"
role = "reader"
"""

WHO = """
import json, os, mlflow
said = []
for name, password in (("ada", "let me write"), ("eve", "let me read"), ("mallory", "guessed")):
    os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = name, password
    for work in (lambda: mlflow.search_experiments()[0].name, lambda: mlflow.create_experiment("by " + name)):
        try:
            said.append(work())
        except mlflow.exceptions.MlflowException as error:
            said.append(error.error_code)
print(json.dumps(said))
"""


def test_names_and_passwords_of_its_clients_are_tokens_with_roles(tmp_path: Path) -> None:
    digests = {
        role: sha256(said.encode()).hexdigest()
        for role, said in (("writer", "let me write"), ("reader", "let me read"))
    }
    tokens = tmp_path / "tokens.toml"
    tokens.write_text(TOKENS.format(**digests), encoding="utf-8")
    with Served(tmp_path / "repository", "--tokens", str(tokens)) as served:
        printed = Mlflow(tmp_path / "home", served.url).script(WHO)

    assert json.loads(printed.strip().splitlines()[-1]) == [
        "Default",
        "1",
        "by ada",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "UNAUTHENTICATED",
    ]

"""The real client of MLflow's ``basic-auth`` app, unchanged: users, their passwords, and who may do what."""

from __future__ import annotations

import json
from pathlib import Path

from lineal.client.connect import init
from lineal.server.guard import Guard
from lineal.server.identities import Identities
from tests.parts.mlflow import Mlflow
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client

PROGRAM = """
import json, os, sys
import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.server import get_app_client

def be(name, password):
    os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = name, password

def refused(ask, *arguments, **named):
    try:
        ask(*arguments, **named)
    except MlflowException as error:
        return error.error_code
    return "done"

auth = get_app_client("basic-auth", tracking_uri=os.environ["MLFLOW_TRACKING_URI"])
client = MlflowClient()
be("grace", "grace's word")
eve = auth.create_user("eve", "eve's password")
again = refused(auth.create_user, "eve", "eve's password")
found = auth.get_user("eve")
secret, shared = client.create_experiment("secret"), client.create_experiment("shared")
run = client.create_run(shared)
client.create_registered_model("churn")
auth.grant_user_permission("eve", "experiment", secret, "DENY")
auth.grant_user_permission("eve", "registered_model", "churn", "EDIT")

be("eve", "eve's password")
said = {
    "user": [eve.username == found.username, eve.id == found.id, found.is_admin, again],
    "reads": client.get_run(run.info.run_id).info.status,
    "writes": refused(client.log_metric, run.info.run_id, "loss", 1.0),
    "hidden": refused(client.get_experiment, secret),
    "listed": sorted(each.name for each in client.search_experiments()),
    "creates": refused(client.create_experiment, "mine"),
    "model": refused(client.set_registered_model_tag, "churn", "a", "b"),
    "others": refused(auth.get_user, "grace"),
    "grants": refused(auth.grant_user_permission, "eve", "experiment", shared, "MANAGE"),
    "promotes": refused(auth.update_user_admin, "eve", True),
}
be("grace", "grace's word")
auth.grant_user_permission("eve", "experiment", shared, "EDIT")
result = auth.get_user_permission("eve", "experiment", shared)
be("eve", "eve's password")
said["granted"] = [result.allowed, result.permission, refused(client.log_metric, run.info.run_id, "loss", 1.0)]
said["without the old"] = refused(auth.update_user_password, "eve", "eve's new one")
auth.update_user_password("eve", "eve's new one", current_password="eve's password")
said["old password"] = refused(client.get_run, run.info.run_id)
be("eve", "eve's new one")
said["new password"] = refused(client.get_run, run.info.run_id)
be("grace", "grace's word")
auth.revoke_user_permission("eve", "experiment", shared)
said["revoked"] = auth.get_user_permission("eve", "experiment", shared).permission
auth.update_user_admin("eve", True)
said["admin"] = auth.get_user("eve").is_admin
auth.delete_user("eve")
said["deleted"] = refused(auth.get_user, "eve")
be("eve", "eve's new one")
said["gone"] = refused(client.get_run, run.info.run_id)
print(json.dumps(said))
"""


def test_users_and_permissions_through_mlflows_own_client(tmp_path: Path) -> None:
    with init(tmp_path / "repository") as local:
        local.user.create("grace", role="admin", password="grace's word")
        with served(local, Guard(local.store.actor, None, Identities(local.store))) as url:
            said = json.loads(Mlflow(tmp_path / "home", url).script(PROGRAM).splitlines()[-1])

    assert said == {
        "user": [True, True, False, "RESOURCE_ALREADY_EXISTS"],
        "reads": "RUNNING",
        "writes": "PERMISSION_DENIED",
        "hidden": "PERMISSION_DENIED",
        "listed": ["Default", "shared"],
        "creates": "PERMISSION_DENIED",
        "model": "done",
        "others": "PERMISSION_DENIED",
        "grants": "PERMISSION_DENIED",
        "promotes": "PERMISSION_DENIED",
        "granted": [True, "EDIT", "done"],
        "without the old": "PERMISSION_DENIED",
        "old password": "UNAUTHENTICATED",
        "new password": "done",
        "revoked": "READ",
        "admin": True,
        "deleted": "RESOURCE_DOES_NOT_EXIST",
        "gone": "UNAUTHENTICATED",
    }


def test_the_permissions_of_older_clients(client: Client, local: object) -> None:
    client.said("POST", "mlflow/users/create", {"username": "eve", "password": "eve's password"})
    client.said("POST", "mlflow/registered-models/create", {"name": "churn"})
    on_model = {"name": "churn", "username": "eve"}
    on_experiment = {"experiment_id": "0", "username": "eve"}
    for path, field, named in (
        ("experiments", "experiment_permission", on_experiment),
        ("registered-models", "registered_model_permission", on_model),
    ):
        at = f"mlflow/{path}/permissions"
        query = "&".join(f"{name}={value}" for name, value in named.items())
        assert 404 == client.refused("GET", f"{at}/get?{query}")[0]
        made = client.said("POST", f"{at}/create", {**named, "permission": "EDIT"})[field]
        assert (1, "EDIT") == (made["user_id"], made["permission"])
        assert "RESOURCE_ALREADY_EXISTS" == client.refused("POST", f"{at}/create", {**named, "permission": "READ"})[1]
        client.said("PATCH", f"{at}/update", {**named, "permission": "NO_PERMISSIONS"})
        assert "NO_PERMISSIONS" == client.said("GET", f"{at}/get?{query}")[field]["permission"]
        assert 400 == client.refused("PATCH", f"{at}/update", {**named, "permission": "OWN"})[0]
    shown = client.said("GET", "mlflow/users/get?username=eve")["user"]
    assert ["0"] == [each["experiment_id"] for each in shown["experiment_permissions"]]
    assert ["churn"] == [each["name"] for each in shown["registered_model_permissions"]]
    for path, named in (("experiments", on_experiment), ("registered-models", on_model)):
        client.said("DELETE", f"mlflow/{path}/permissions/delete", named)
        assert 404 == client.refused("DELETE", f"mlflow/{path}/permissions/delete", named)[0]
    assert ["eve"] == [each["username"] for each in client.said("GET", "mlflow/users/list")["users"]]

"""A server for a team: who gets in, by what, and what they find there."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import urllib3

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.remote import RemoteRepository
from lineal.objects.digest import digest_of
from lineal.objects.errors import Denied, Unavailable
from lineal.objects.ulid import ulid_of
from lineal.server.guard import Guard
from lineal.server.identities import Identities
from lineal.server.settings import Settings
from lineal.storage.store import Actor
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client

HTTP = urllib3.PoolManager(retries=False)
FILED = "a token of the file"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    """A repository with an admin, a writer and a reader, who has a password."""
    with init(tmp_path) as found:
        found.user.create("grace", role="admin")
        found.user.create("ada", role="writer")
        found.user.create("eve", password="open sesame")
        yield found


def guard(local: LocalRepository, settings: Settings | None = None) -> Guard:
    """Return a guard that knows the accounts of the repository, and one token of a file."""
    filed = {digest_of(FILED.encode()): Actor("filed", "writer")}
    return Guard(local.store.actor, filed, Identities(local.store), settings)


@pytest.fixture
def address(local: LocalRepository) -> Iterator[str]:
    """Where it is served."""
    with served(local, guard(local)) as url:
        yield url


def basic(name: str, password: str) -> dict[str, str]:
    """Return the header that brings a name and a password."""
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    """Return the header that brings a token."""
    return {"Authorization": f"Bearer {token}"}


def status(address: str, path: str = "/api/v1/runs", **headers: str) -> int:
    """Return the status of an answer."""
    return int(HTTP.request("GET", address + path, headers=headers).status)


def test_a_token_a_password_and_the_file_all_let_in_and_nothing_else_does(address: str, local: LocalRepository) -> None:
    token = local.token.create("ada").token
    old = local.token.create("ada", days=1)
    local.store.database.run("UPDATE access_token SET expires_at = 1 WHERE id = :id", id=old.id)
    welcome = (bearer(token), basic("whoever", token), basic("eve", "open sesame"), bearer(FILED), basic("", FILED))
    strangers = (
        {},
        bearer("lineal_guessed"),
        bearer(old.token),
        bearer("open sesame"),
        basic("eve", "open sesamE"),
        basic("ada", ""),
        basic("nobody", "open sesame"),
        {"Authorization": "Basic !"},
        {"Authorization": "Bearer"},
        {"Cookie": "lineal_session=guessed"},
    )

    assert [200] * len(welcome) == [status(address, **each) for each in welcome]
    assert [401] * len(strangers) == [status(address, **each) for each in strangers]
    assert [200, 200] == [status(address, path) for path in ("/api/v1/health", "/health")]


def test_a_login_that_failed_is_an_act_in_the_journal_and_no_name_that_nobody_has(
    address: str, local: LocalRepository
) -> None:
    for name in ("eve", "my secret password"):
        assert 401 == status(address, **basic(name, "wrong"))
    unknown, eve = local.log(limit=2)

    assert ("eve", "user login", "account:eve", "denied") == (eve.by, eve.operation, eve.subject, eve.outcome)
    assert "from 127.0.0.1" in eve.detail
    assert ("unknown", "") == (unknown.by, unknown.subject)
    assert () == local.verify(log=True).problems


def test_the_last_use_of_a_token_is_known(address: str, local: LocalRepository) -> None:
    token = local.token.create("ada").token
    assert [None] == [each.used_at for each in local.token.list("ada")]
    status(address, **bearer(token))

    assert abs((local.token.list("ada")[0].used_at or 0) - local.store.clock.now()) < 60_000


def test_what_is_taken_back_over_the_server_holds_at_once_and_elsewhere_within_a_second(
    address: str, local: LocalRepository
) -> None:
    made, kept = local.token.create("ada"), local.token.create("ada")
    assert [200, 200] == [status(address, **bearer(each.token)) for each in (made, kept)]
    with RemoteRepository(address, token=local.token.create("grace").token) as grace:
        grace.token.revoke(made.id)
    assert 401 == status(address, **bearer(made.token))

    local.token.revoke(kept.id)  # as another server would
    time.sleep(1.1)
    assert 401 == status(address, **bearer(kept.token))


def test_a_guesser_waits_longer_each_time_whether_or_not_there_is_such_a_user(address: str) -> None:
    for name in ("nobody", "eve"):
        found = [HTTP.request("GET", f"{address}/api/v1/runs", headers=basic(name, f"guess {n}")) for n in range(6)]
        assert [401] * 5 + [429] == [each.status for each in found]
        assert 1 <= int(found[-1].headers["Retry-After"]) <= 2
    # Even the right one is not looked at meanwhile, or guessing would go on.
    assert 429 == status(address, **basic("eve", "open sesame"))
    time.sleep(1.1)
    assert 200 == status(address, **basic("eve", "open sesame"))


def test_whoever_tries_one_password_at_many_names_waits_too_and_tokens_go_on(local: LocalRepository) -> None:
    token = local.token.create("ada").token
    with served(local, guard(local, Settings(stranger_requests_s=1))) as address, ThreadPoolExecutor(8) as pool:
        started = time.monotonic()
        tried = list(pool.map(lambda n: status(address, **basic(f"user{n}", "open sesame")), range(60)))
        looked_at_max = 5 + 8 + 1 + time.monotonic() - started

        assert {401, 429} == set(tried)
        assert tried.count(401) <= looked_at_max
        assert [200, 200] == [status(address, **each) for each in (bearer(token), basic("ada", token))]


def limited(address: str, path: str, **headers: str) -> Any:
    """Return the first answer that says that there were too many requests."""
    for _ in range(100):
        answer = HTTP.request("GET", address + path, headers=headers)
        if answer.status == 429:
            return answer
    raise AssertionError("nobody was told to wait")


def test_whoever_sends_too_much_is_told_when_to_go_on_in_the_form_that_they_understand(local: LocalRepository) -> None:
    settings = Settings(user_requests_s=1, stranger_requests_s=1)
    token = local.token.create("ada").token
    with served(local, guard(local, settings), settings=settings) as address:
        ours = limited(address, "/api/v1/runs", **bearer(token))
        mlflows = limited(address, "/api/2.0/mlflow/experiments/get?experiment_id=0", **bearer(token))
        page = limited(address, "/models", **bearer(token))
        assert "Unavailable" == json.loads(ours.data)["type"]
        assert "REQUEST_LIMIT_EXCEEDED" == json.loads(mlflows.data)["error_code"]
        assert "too many requests" in page.data.decode()
        assert ["1"] * 3 == [each.headers["Retry-After"] for each in (ours, mlflows, page)]
        with RemoteRepository(address, token=token) as ada, pytest.raises(Unavailable, match="too many requests"):
            [ada.runs() for _ in range(100)]
        # Others are not kept waiting, and whoever is no one is counted by address.
        assert 200 == status(address, **bearer(FILED))
        limited(address, "/api/v1/runs", **bearer("guessed"))
        assert 200 == status(address, "/api/v1/health")


@pytest.fixture
def secret(address: str, local: LocalRepository) -> tuple[Client, Client, str, str]:
    """A writer, a reader from whom an experiment is hidden, that experiment and its run with a file and a model."""
    ada = Client(address, **bearer(local.token.create("ada").token))
    eve = Client(address, **basic("eve", "open sesame"))
    hidden = ada.experiment("secret")
    ada.experiment("open")
    run = ada.run(hidden)
    ada.put(f"{hidden}/{run}/artifacts/plan.txt", b"the plan")
    ada.said("POST", "mlflow/registered-models/create", {"name": "secret"})
    local.user.grant("eve", "none", on="experiment:secret")
    local.user.grant("everyone", "none", on="model:secret")
    local.user.grant("ada", "writer", on="model:secret")
    time.sleep(1.1)  # as after a change by another server
    return ada, eve, hidden, run


def test_mlflows_clients_do_not_find_what_is_hidden(secret: tuple[Client, Client, str, str]) -> None:
    ada, eve, hidden, run = secret
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"mlflow/experiments/get?experiment_id={hidden}", None),
        ("GET", "mlflow/experiments/get-by-name?experiment_name=secret", None),
        ("GET", f"mlflow/runs/get?run_id={run}", None),
        ("GET", f"mlflow/metrics/get-history?run_id={run}&metric_key=loss", None),
        ("GET", f"mlflow/artifacts/list?run_id={run}", None),
        ("GET", f"mlflow-artifacts/artifacts/{hidden}/{run}/artifacts/plan.txt", None),
        ("GET", f"mlflow-artifacts/artifacts?path={hidden}/{run}/artifacts", None),
        ("GET", f"mlflow-artifacts/presigned/{hidden}/{run}/artifacts/plan.txt", None),
        ("GET", "mlflow/registered-models/get?name=secret", None),
        ("GET", "mlflow/registered-models/get-latest-versions?name=secret", None),
        ("POST", "mlflow/runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": 1}),
        ("POST", "mlflow/runs/create", {"experiment_id": hidden}),
    ]
    for method, path, body in asked:
        status_, code, _ = eve.refused(method, path, body)
        assert (403, "PERMISSION_DENIED") == (status_, code), path

    runs = {"experiment_ids": [hidden, "0"], "max_results": 10}
    assert 1 == len(ada.said("POST", "mlflow/runs/search", runs)["runs"])
    assert {} == eve.said("POST", "mlflow/runs/search", runs)
    for path in ("experiments/search?max_results=10", "registered-models/search", "model-versions/search"):
        assert '"secret"' not in json.dumps(eve.said("GET", f"mlflow/{path}"))
    assert "secret" in json.dumps(ada.said("GET", "mlflow/registered-models/search"))


def test_pages_do_not_show_what_is_hidden(secret: tuple[Client, Client, str, str], address: str) -> None:
    _, _, _, run = secret
    for path in ("/", "/models", "/runs", "/log", "/search?q=state+%3D+running&kind=runs"):
        page = HTTP.request("GET", address + path, headers=basic("eve", "open sesame"))
        assert (200, False) == (page.status, "secret" in page.data.decode()), path
    assert 403 == status(address, f"/runs/{ulid_of(run)}", **basic("eve", "open sesame"))
    assert 403 == status(address, "/models/secret", **basic("eve", "open sesame"))


def test_a_reader_cannot_send_files_unless_they_may_write_somewhere(address: str, local: LocalRepository) -> None:
    data = b"some bytes"
    url = f"{address}/api/v1/blobs/{digest_of(data)}"
    assert 403 == HTTP.request("PUT", url, body=data, headers=basic("eve", "open sesame")).status

    local.user.grant("eve", "writer", on="experiment:Default")
    time.sleep(1.1)
    assert 204 == HTTP.request("PUT", url, body=data, headers=basic("eve", "open sesame")).status


def test_every_change_is_in_the_journal_with_who_made_it(address: str, local: LocalRepository) -> None:
    with RemoteRepository(address, token=local.token.create("grace").token) as grace:
        grace.user.create("bob", password="a secret word")
        grace.user.role("bob", "approver")
        grace.user.grant("bob", "admin", on="experiment:Default")
        grace.token.create("bob", note="ci")
        grace.user.revoke("bob", on="experiment:Default")
        grace.user.remove("bob")
        lines = grace.log(limit=6)
    with RemoteRepository(address, token=local.token.create("ada").token) as ada, pytest.raises(Denied):
        ada.user.create("mine")

    assert ["user remove", "user revoke", "token create", "user grant", "user role", "user create"] == [
        each.operation for each in lines
    ]
    assert {("grace", "bob")} == {(each.by, each.subject) for each in lines}
    assert "a secret word" not in str(lines)

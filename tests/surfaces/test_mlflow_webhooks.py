"""Webhooks: what happened arrives, signed, at least once, whatever is down in between."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.operations.messages import outbox, webhooks
from lineal.operations.messages.retrying import judge, wait_of
from lineal.operations.messages.sending import Answer
from lineal.server.settings import Settings
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client
from tests.surfaces.receiver import Receiver, receiving, until

SETTINGS = Settings(webhook_http=1, webhook_private=1, webhook_timeout_s=2, webhook_attempts_max=3)
CREATED = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]


@pytest.fixture(params=["sqlite", "postgresql"])
def local(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalRepository]:
    """An empty repository over each database."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with init(tmp_path, database=database) as found:
        yield found


def hook(client: Client, url: str, **fields: Any) -> str:
    """Make a webhook; return its id."""
    asked = {"name": "w", "url": url, "events": CREATED, **fields}
    made = client.said("POST", "mlflow/webhooks", **asked)["webhook"]
    assert "secret" not in made
    return str(made["webhook_id"])


def delivered(local: LocalRepository, webhook: str, state: str, count: int = 1) -> None:
    """Wait until so many messages are in a state."""
    until(lambda: True if len(webhooks.deliveries(local, webhook, state=state)) >= count else None)


def test_what_happened_arrives_signed(local: LocalRepository) -> None:
    receiver = Receiver()
    with served(local, settings=SETTINGS) as url, receiving(receiver) as place:
        client = Client(url)
        webhook = hook(client, place, secret="open sesame")
        client.said("POST", "mlflow/registered-models/create", name="churn", description="d")
        (message,) = receiver.wait(1)
        delivered(local, webhook, "delivered")
    headers = message.headers
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{message.body.decode()}"
    expected = hmac.new(b"open sesame", signed.encode(), hashlib.sha256).digest()

    assert f"v1,{base64.b64encode(expected).decode()}" == headers["X-MLflow-Signature"]
    assert abs(time.time() - int(headers["X-MLflow-Timestamp"])) < 60
    assert ("registered_model", "created") == (message.said["entity"], message.said["action"])
    assert {"name": "churn", "tags": {}, "description": "d"} == message.said["data"]


def test_what_a_receiver_had_no_time_for_is_sent_again_with_the_same_id(local: LocalRepository) -> None:
    receiver = Receiver((503, 429))
    with served(local, settings=SETTINGS) as url, receiving(receiver) as place:
        webhook = hook(Client(url), place)
        Client(url).said("POST", "mlflow/registered-models/create", name="churn")
        messages = receiver.wait(3)
        delivered(local, webhook, "delivered")

    assert 1 == len({each.headers["X-MLflow-Delivery-Id"] for each in messages})
    assert 1 == len({each.body for each in messages})


def test_what_a_receiver_refuses_is_dead_and_so_is_what_fails_too_often(local: LocalRepository) -> None:
    refusing, failing = Receiver((404,)), Receiver((500,) * 9)
    with served(local, settings=SETTINGS) as url, ExitStack() as stack:
        client = Client(url)
        places = [stack.enter_context(receiving(each)) for each in (refusing, failing)]
        hooks = [hook(client, place, name=f"w{number}") for number, place in enumerate(places)]
        client.said("POST", "mlflow/registered-models/create", name="churn")
        for each in hooks:
            delivered(local, each, "dead")

    assert [1, 3] == [len(each.messages) for each in (refusing, failing)]
    assert [(404, "HTTP 404: heard", 1), (500, "HTTP 500: heard", 3)] == [
        (line.status, line.problem, line.attempt_count) for each in hooks for line in webhooks.deliveries(local, each)
    ]


def test_what_a_server_left_behind_is_sent_by_the_next(local: LocalRepository) -> None:
    receiver = Receiver()
    with served(local, settings=Settings(webhook_http=1, webhook_private=1, webhook_workers=0)) as url:
        with receiving(receiver) as place:
            port = int(place.split(":")[2].split("/")[0])
        webhook = hook(Client(url), place)
        for name in "abc":
            Client(url).said("POST", "mlflow/registered-models/create", name=name)
    # One that took a message and died.
    assert 1 == len(outbox.claim(local.store, count=1, lease_ms=500))
    assert [] == receiver.messages
    with receiving(receiver, port=port), served(local, settings=SETTINGS):
        receiver.wait(3)
        delivered(local, webhook, "delivered", 3)

    assert {"a", "b", "c"} == {each.said["data"]["name"] for each in receiver.messages}


def test_two_servers_send_each_message_once(local: LocalRepository) -> None:
    receivers = [Receiver() for _ in range(3)]
    with ExitStack() as stack:
        servers = [stack.enter_context(served(local, settings=SETTINGS)) for _ in range(2)]
        hooks = [
            hook(Client(servers[0]), stack.enter_context(receiving(each)), name=f"w{number}")
            for number, each in enumerate(receivers)
        ]
        for number in range(10):
            Client(servers[number % 2]).said("POST", "mlflow/registered-models/create", name=f"m{number}")
        for each in hooks:
            delivered(local, each, "delivered", 10)

    for receiver in receivers:
        assert [f"m{number}" for number in range(10)] == sorted(each.said["data"]["name"] for each in receiver.messages)


def test_an_address_that_does_not_answer_keeps_no_other_waiting(local: LocalRepository) -> None:
    receiver = Receiver()
    with served(local, settings=SETTINGS) as url, receiving(receiver) as place:
        client = Client(url)
        silent = hook(client, "http://127.0.0.1:5998/", name="silent")
        hook(client, place)
        for number in range(5):
            client.said("POST", "mlflow/registered-models/create", name=f"m{number}")
        receiver.wait(5)

    assert all("Connection" in each.problem or not each.problem for each in webhooks.deliveries(local, silent))
    assert {"waiting", "dead"} >= {each.state for each in webhooks.deliveries(local, silent)}


def test_a_webhook_is_made_shown_changed_tried_and_removed(local: LocalRepository) -> None:
    receiver = Receiver((200, 500))
    with served(local, settings=SETTINGS) as url, receiving(receiver) as place:
        client = Client(url)
        assert {} == client.said("GET", "mlflow/webhooks")
        events = [*CREATED, {"entity": "MODEL_VERSION", "action": "STAGE_CHANGED"}]
        webhook = hook(client, place, events=events, secret="s", description="d")
        shown = client.said("GET", f"mlflow/webhooks/{webhook}")["webhook"]
        tried = [client.said("POST", f"mlflow/webhooks/{webhook}/test", {}) for _ in range(2)]
        changed = client.said("PATCH", f"mlflow/webhooks/{webhook}", status="DISABLED", description="")["webhook"]
        hook(client, place, name="ours", events=events[1:])
        hook(client, place, name="other")
        page = client.said("GET", "mlflow/webhooks", max_results=1)
        rest = client.said("GET", "mlflow/webhooks", max_results=2, page_token=page["next_page_token"])
        assert {} == client.said("DELETE", f"mlflow/webhooks/{webhook}")
        gone = client.refused("GET", f"mlflow/webhooks/{webhook}")

    assert ("w", "d", place, "ACTIVE", CREATED) == tuple(
        shown[name] for name in ("name", "description", "url", "status", "events")
    )
    assert events[1:] == shown["more_events"]
    assert ("DISABLED", place, None) == (changed["status"], changed["url"], changed.get("description"))
    assert [
        {"result": {"success": True, "response_status": 200, "response_body": "heard"}},
        {"result": {"success": False, "response_status": 500, "response_body": "heard"}},
    ] == tried
    assert "X-MLflow-Signature" in receiver.messages[0].headers
    assert ["w", "other"] == [each["name"] for each in (*page["webhooks"], *rest["webhooks"])]
    assert "next_page_token" not in rest
    assert (404, "RESOURCE_DOES_NOT_EXIST", f"Webhook with ID {webhook} not found.") == gone


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "http://example.com/h"}, "Invalid webhook URL scheme: 'http'. Allowed schemes are: https."),
        ({"url": "https://nobody.invalid/h"}, "Cannot resolve Webhook URL hostname 'nobody.invalid': [Errno -"),
        ({"url": "https://127.0.0.1/h"}, "which is no public address"),
        ({"url": "https://127.0.0.1/h", "events": []}, "no public address"),
        ({"url": "https://1.1.1.1/h", "events": []}, "Webhook events must be a non-empty list"),
        ({"url": "https://1.1.1.1/h", "name": "-"}, "Webhook name '-' is invalid"),
        (
            {"url": "https://1.1.1.1/h", "events": [{"entity": "MODEL_VERSION", "action": "DELETED"}]},
            "Invalid action 'DELETED' for entity 'MODEL_VERSION'",
        ),
        ({"url": "https://1.1.1.1/h", "status": "SLEEPY"}, "for parameter 'status'"),
    ],
)
def test_by_default_only_public_addresses_are_called(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    with init(tmp_path) as repository, served(repository) as url:
        status, code, text = Client(url).refused(
            "POST", "mlflow/webhooks", **{"name": "w", "events": CREATED, **fields}
        )

    assert (400, "INVALID_PARAMETER_VALUE") == (status, code)
    assert message in text


def test_waits_grow_and_are_never_quite_the_same() -> None:
    waits = [[wait_of(count) for _ in range(20)] for count in range(1, 15)]

    assert all(len(set(each)) == 20 for each in waits)
    assert all(750 * 2**count <= min(each) for count, each in enumerate(waits[:9]))
    assert max(max(each) for each in waits) <= 750_000


@pytest.mark.parametrize(
    ("answer", "attempt", "expected"),
    [
        (Answer(204), 1, "delivered"),
        (Answer(301), 1, "dead"),
        (Answer(410), 1, "dead"),
        (Answer(500), 1, "waiting"),
        (Answer(500), 3, "dead"),
        (Answer(None, problem="nobody"), 2, "waiting"),
    ],
)
def test_what_is_done_follows_from_the_answer(answer: Answer, attempt: int, expected: str) -> None:
    assert expected == judge(answer, attempt, attempts_max=3, now=0).state


def test_a_receiver_says_when_to_come_again() -> None:
    assert (judge(Answer(429, retry_after_s=40), 1, attempts_max=3, now=7).again_at or 0) >= 40_007

"""A message is in the outbox if and only if its act is in the database, and is taken by one sender at a time."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lineal.client.local import LocalRepository
from lineal.formats.webhook_messages import EVENTS
from lineal.objects.errors import Invalid, LinealError, NotFound
from lineal.operations.messages import outbox, webhook_secrets, webhooks
from lineal.operations.messages.outbox import Sent
from lineal.operations.operation import Secret
from lineal.operations.versioning import registered_models, registered_versions
from lineal.storage.store import Reach
from tests.unit.operations.making import run as recorded
from tests.unit.operations.tracked import made, registered, tracked

SECRET = "open sesame {1}"


@pytest.fixture
def hooked(either: LocalRepository) -> LocalRepository:
    """A repository with a webhook that hears of everything; nothing is sent."""
    either.store = msgspec.structs.replace(either.store, reach=Reach(plain=True, private=True))
    webhooks.create(either, "all", "http://127.0.0.1:9/", events=EVENTS, secret=Secret(SECRET))
    return either


def bodies(repository: LocalRepository) -> list[dict[str, Any]]:
    rows = repository.store.database.run("SELECT body FROM delivery ORDER BY created_at, id")
    return [json.loads(row["body"]) for row in rows]


def told(repository: LocalRepository) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{each['entity']}.{each['action']}", each["data"]) for each in bodies(repository)]


def test_every_act_on_a_model_is_told_as_mlflow_tells_it(hooked: LocalRepository) -> None:
    registered_models.create(hooked, "churn", description="d", tags={"a": "1"})
    version = registered(hooked, "churn", tags={"b": "2"}, description="e")
    registered_versions.update(hooked, "churn", 1, tags={"k": "v"})
    registered_versions.update(hooked, "churn", 1, untag=("k", "never"))
    registered_versions.alias(hooked, "churn", 1, alias="champion")
    registered_versions.unalias(hooked, "churn", alias="champion")
    registered_versions.transition(hooked, "churn", 1, to="production")
    name = {"name": "churn", "version": "1"}
    run = version.source.split("/")[1]

    assert [
        ("registered_model.created", {"name": "churn", "tags": {"a": "1"}, "description": "d"}),
        (
            "model_version.created",
            {**name, "source": version.source, "run_id": run, "tags": {"b": "2"}, "description": "e"},
        ),
        ("model_version_tag.set", {**name, "key": "k", "value": "v"}),
        ("model_version_tag.deleted", {**name, "key": "k"}),
        ("model_version_alias.created", {**name, "alias": "champion"}),
        ("model_version_alias.deleted", {"name": "churn", "alias": "champion"}),
        (
            "gate.judged",
            {**name, "by": "ada", "stage": "production", "outcome": "pass", "forced": False, "verdicts": []},
        ),
        ("model_version.stage_changed", {**name, "from_stage": "None", "to_stage": "Production"}),
    ] == told(hooked)
    assert {"reference": "churn:1.0.0", "digest": version.digest} == bodies(hooked)[1]["lineal"]


def test_prompts_are_told_of_as_prompts(hooked: LocalRepository) -> None:
    tags = {outbox.PROMPT_TAG: "true"}
    registered_models.create(hooked, "p", tags=tags)
    registered(hooked, "p", tracked(hooked), tags={**tags, outbox.PROMPT_TEXT_TAG: "hi", "x": "y"})
    registered_models.update(hooked, "p", tags={"k": "v"})
    registered_versions.alias(hooked, "p", 1, alias="live")

    assert [
        ("prompt.created", {"name": "p", "tags": {}, "description": None}),
        (
            "prompt_version.created",
            {"name": "p", "version": "1", "tags": {"x": "y"}, "description": None, "template": "hi"},
        ),
        ("prompt_tag.set", {"name": "p", "key": "k", "value": "v"}),
        ("prompt_alias.created", {"name": "p", "alias": "live", "version": "1"}),
    ] == told(hooked)


def test_what_people_do_is_told_like_what_programs_do(hooked: LocalRepository) -> None:
    for data in (b"1", b"2"):
        hooked.model.register(recorded(hooked, writes={"m.pkl": data}).reference, name="churn")
        hooked.promote("churn", to="production", force=True, reason="a test")
    hooked.alias("churn", "champion")
    moved = [data for event, data in told(hooked) if event == "model_version.stage_changed"]

    assert [("1", "Production"), ("1", "Archived"), ("2", "Production")] == [
        (each["version"], each["to_stage"]) for each in moved
    ]
    assert {"model_version.created", "model_version_alias.created"} < {event for event, _ in told(hooked)}


def test_an_act_that_fails_is_not_told(hooked: LocalRepository) -> None:
    made(hooked, "churn")
    with pytest.raises(LinealError):
        made(hooked, "churn")
    with pytest.raises(NotFound):
        registered(hooked, "nobody")

    assert ["registered_model.created"] == [event for event, _ in told(hooked)]


def test_each_hears_what_it_wants_to_hear(hooked: LocalRepository) -> None:
    chosen = webhooks.create(hooked, "some", "http://127.0.0.1:9/", events=("model_version.created",))
    off = webhooks.create(hooked, "off", "http://127.0.0.1:9/", events=EVENTS, state="disabled")
    registered(hooked, made(hooked, "churn"))

    assert ["model_version.created"] == [each.event for each in webhooks.deliveries(hooked, chosen.id)]
    assert () == webhooks.deliveries(hooked, off.id)


def test_of_one_webhook_one_message_is_on_its_way_and_nobody_takes_it_twice(hooked: LocalRepository) -> None:
    made(hooked, "a")
    made(hooked, "b")
    first = outbox.claim(hooked.store, count=9, lease_ms=60_000)

    assert (1, (SECRET,)) == (len(first), webhook_secrets.valid(hooked.store, first[0]))
    assert [] == outbox.claim(hooked.store, count=9, lease_ms=60_000)
    outbox.settle(hooked.store, first[0], Sent(state="delivered", status=200))
    (second,) = outbox.claim(hooked.store, count=9, lease_ms=60_000)
    assert first[0].id != second.id


def test_what_its_sender_left_behind_is_sent_by_another(hooked: LocalRepository) -> None:
    made(hooked, "a")
    (lost,) = outbox.claim(hooked.store, count=1, lease_ms=0)
    (again,) = outbox.claim(hooked.store, count=1, lease_ms=60_000)
    outbox.settle(hooked.store, lost, Sent(state="dead", problem="too late to say so"))

    assert (lost.id, 2) == (again.id, again.attempt_count)
    assert ["sending"] == [each.state for each in webhooks.deliveries(hooked, again.webhook)]


def test_who_sees_a_message_that_another_took_just_now_does_not_get_it(hooked: LocalRepository) -> None:
    made(hooked, "a")
    row = hooked.store.database.run("SELECT * FROM delivery")[0]

    assert [True, False] == [outbox.take(hooked.store, row, 1) for _ in "12"]


def test_messages_to_where_nobody_answers_wait_together(hooked: LocalRepository) -> None:
    made(hooked, "a")
    made(hooked, "b")
    (taken,) = outbox.claim(hooked.store, count=1, lease_ms=60_000)
    later = hooked.store.clock.now() + 50_000
    outbox.settle(hooked.store, taken, Sent(state="waiting", again_at=later, is_unreachable=True))

    assert {later} == {each.due_at for each in webhooks.deliveries(hooked, taken.webhook)}


def test_what_nobody_tries_any_more_can_be_sent_again(hooked: LocalRepository) -> None:
    made(hooked, "a")
    (taken,) = outbox.claim(hooked.store, count=1, lease_ms=60_000)
    outbox.settle(hooked.store, taken, Sent(state="dead", status=404, problem="HTTP 404"))
    (dead,) = webhooks.deliveries(hooked, taken.webhook, state="dead")

    assert (404, "HTTP 404", None) == (dead.status, dead.problem, dead.due_at)
    outbox.forget(hooked.store, older_ms=-1_000_000)
    webhooks.retry(hooked, taken.webhook)
    assert [taken.id] == [each.id for each in outbox.claim(hooked.store, count=1, lease_ms=1)]


def test_what_arrived_long_ago_is_forgotten(hooked: LocalRepository) -> None:
    made(hooked, "a")
    (taken,) = outbox.claim(hooked.store, count=1, lease_ms=60_000)
    outbox.settle(hooked.store, taken, Sent(state="delivered", status=200))
    outbox.forget(hooked.store, older_ms=1_000_000)
    assert 1 == len(webhooks.deliveries(hooked, taken.webhook))
    outbox.forget(hooked.store, older_ms=-1_000_000)

    assert () == webhooks.deliveries(hooked, taken.webhook)


def test_a_secret_is_nowhere_but_in_its_row(hooked: LocalRepository) -> None:
    hook = webhooks.webhooks(hooked)[0]
    webhooks.update(hooked, hook.id, secret=Secret("other one {2}"), description="d")
    made(hooked, "a")
    tables = ("journal", "answer", "delivery", "object")
    kept = [str(row) for table in tables for row in hooked.store.database.run(f"SELECT * FROM {table}")]

    assert hook.is_signed
    assert not [row for row in kept if "sesame" in row or "other one" in row]
    assert "[masked]" in "".join(kept)
    assert "sesame" not in str(webhooks.webhooks(hooked))


def test_a_webhook_is_changed_and_removed(hooked: LocalRepository) -> None:
    hook = webhooks.webhooks(hooked)[0]
    changed = webhooks.update(hooked, hook.id, name="new", events=("prompt.created",), state="disabled")

    assert ("new", ("prompt.created",), "disabled", True) == (
        changed.name,
        changed.events,
        changed.state,
        changed.is_signed,
    )
    webhooks.delete(hooked, hook.id)
    with pytest.raises(NotFound, match=f"Webhook with ID {hook.id} not found"):
        webhooks.shown(hooked, hook.id)


@pytest.mark.parametrize("name", ["", "-a", "a b", "a" * 64, "a/b"])
def test_a_name_that_cannot_be_one_is_refused(repository: LocalRepository, name: str) -> None:
    with pytest.raises(Invalid, match="is invalid: it must start"):
        webhooks.create(repository, name, "https://example.com/", events=EVENTS)


def test_events_that_there_are_not_are_refused(hooked: LocalRepository) -> None:
    for events, message in (((), "must be a non-empty list"), (("model_version.create",), "there is no event")):
        with pytest.raises(Invalid, match=message):
            webhooks.create(hooked, "x", "http://127.0.0.1:9/", events=events)

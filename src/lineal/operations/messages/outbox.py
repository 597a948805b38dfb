"""The outbox: what webhooks are to be told, written with the act that it tells of, and sent afterwards by whoever can.

A message is in the database if and only if its act is. It is sent at least once: who sends it holds it for a time, and
when that is over and nothing was said of it, somebody else sends it again.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from lineal.formats.webhook_messages import Event, Form, body
from lineal.objects.ulid import hexadecimal, is_ulid
from lineal.operations.messages import hooking
from lineal.operations.references import Row, version_reference
from lineal.storage.store import Store

PROMPT_TAG, PROMPT_TEXT_TAG = "mlflow.prompt.is_prompt", "mlflow.prompt.text"
"""The tags that make a model a prompt, and hold what a version of it says."""

STAGE_NAMES = {"none": "None", "staging": "Staging", "production": "Production", "archived": "Archived"}
"""What MLflow calls the stages."""

_OF_PROMPTS = {
    "registered_model.created": "prompt.created",
    "registered_model_tag.set": "prompt_tag.set",
    "registered_model_tag.deleted": "prompt_tag.deleted",
    "model_version.created": "prompt_version.created",
    "model_version_tag.set": "prompt_version_tag.set",
    "model_version_tag.deleted": "prompt_version_tag.deleted",
    "model_version_alias.created": "prompt_alias.created",
    "model_version_alias.deleted": "prompt_alias.deleted",
}
"""What an event of a model is called when the model is a prompt."""

RUNNING, WAITING, SENDING, DELIVERED, DEAD = "active", "waiting", "sending", "delivered", "dead"

PROBLEM_CHARACTERS_MAX = 1_000


class Delivery(msgspec.Struct, frozen=True):
    """A message that somebody has taken to send, with what is needed for that. Its secrets are as their row has them."""

    id: str
    webhook: str
    event: str
    body: str
    url: str
    secret: str
    format: Form
    attempt_count: int
    revision: int
    previous_secret: str = ""
    previous_until: int = 0


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What came of sending a message.

    Args:
        state: whether it arrived, is to be sent again, or never will be.
        status: the status of the answer, if there was one.
        problem: what went wrong.
        again_at: when it is to be sent again.
        is_unreachable: there was no answer at all, so that there will be none to the next message either.
    """

    state: Literal["delivered", "waiting", "dead"]
    status: int | None = None
    problem: str = ""
    again_at: int | None = None
    is_unreachable: bool = False


def emit(store: Store, event: str, data: dict[str, Any], row: Row | None = None) -> None:
    """Put an event into the outbox, once for each webhook that wants to hear of it; in the transaction of the act.

    Args:
        store: where.
        event: one of ``EVENTS``, or what it is called where a model may be a prompt.
        data: what is told, as MLflow tells it; ``name`` is the model's.
        row: the version that it is about, of which the message tells what MLflow does not know.
    """
    rows = store.database.run("SELECT id, events, format FROM webhook WHERE state = :state", state=RUNNING)
    if not rows and not hooking.hooks_of(store):
        return
    if event in _OF_PROMPTS and is_prompt(store, data["name"]):
        event = _OF_PROMPTS[event]
        data = _of_prompt(data)
    wanted = [each for each in rows if event in msgspec.json.decode(each["events"])]
    happened = happening(event, data, store.clock.now(), row)
    told = [_delivery(store, each, happened) for each in wanted] + hooking.to_tell(
        store, happened, data["name"], source_of(store)
    )
    if told:
        store.database.many(_PUT, told)


def tell_version(store: Store, event: str, row: Row, **data: Any) -> None:
    """Put an event about the version of a row into the outbox."""
    emit(store, event, {"name": row["model"], "version": str(row["number"]), "by": store.actor.name, **data}, row)


def happening(event: str, data: dict[str, Any], at: int, row: Row | None = None) -> Event:
    """Return what happened, of the version of a row if there is one."""
    return Event(event, at, data, version_reference(row) if row else "", row["digest"] if row else "")


def source_of(store: Store) -> str:
    """Return who tells, as CloudEvents want it: an address that no other repository has."""
    return f"/lineal/{store.identity}"


def _of_prompt(data: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of a prompt: its text is no tag, and it has neither files nor a run."""
    tags = data.get("tags")
    if tags is None:
        return data
    told = {name: value for name, value in data.items() if name not in {"source", "run_id"}}
    told["tags"] = {key: value for key, value in tags.items() if key not in {PROMPT_TAG, PROMPT_TEXT_TAG}}
    return told | ({"template": tags.get(PROMPT_TEXT_TAG)} if "version" in data else {})


_PUT = (
    "INSERT INTO delivery (id, webhook, event, body, state, attempt_count, due_at, problem, created_at, revision)"
    " VALUES (:id, :webhook, :event, :body, 'waiting', 0, :at, '', :at, 1)"
)


def _delivery(store: Store, webhook: Row, event: Event) -> dict[str, Any]:
    id_ = store.clock.new_id()
    text = body(webhook["format"], event, delivery=id_, source=source_of(store))
    return {"id": id_, "webhook": webhook["id"], "event": event.name, "body": text, "at": store.clock.now()}


def is_prompt(store: Store, model: str) -> bool:
    """Tell whether a model is a prompt."""
    rows = store.database.run(
        "SELECT value FROM tag WHERE subject = :subject AND key = :key", subject=f"model:{model}", key=PROMPT_TAG
    )
    return bool(rows) and is_prompt_tagged({PROMPT_TAG: rows[0]["value"]})


def is_prompt_tagged(tags: dict[str, str]) -> bool:
    """Tell whether the tags of a model or a version are those of a prompt."""
    return tags.get(PROMPT_TAG, "").lower() == "true"


def told_of(row: Row, tags: dict[str, str]) -> dict[str, Any]:
    """Return what is told of the version of a row when it is new."""
    return {
        "name": row["model"],
        "version": str(row["number"]),
        "source": row["source"],
        "run_id": run_shown(row["run"] or "") or None,
        "tags": tags,
        "description": row["description"] or None,
    }


def run_shown(run: str) -> str:
    """Return the id of a run as MLflow's programs know it; one of another server is kept as it was."""
    return hexadecimal(run) if is_ulid(run) else run


def claim(store: Store, *, count: int, lease_ms: int) -> list[Delivery]:
    """Take messages that are due, at most one for each webhook, so that a slow one keeps only itself waiting.

    Args:
        store: where.
        count: at most so many.
        lease_ms: for how long they are ours; what is not settled then is sent by somebody else.
    """
    now = store.clock.now()
    due = store.database.run("SELECT due_at FROM delivery WHERE due_at <= :now LIMIT 1", now=now)
    if not due or count < 1:
        return []
    rows = store.database.run(
        "SELECT w.url, w.secret, w.previous_secret, w.previous_until, w.format, d.* FROM webhook w JOIN delivery d ON d.id = ("
        " SELECT x.id FROM delivery x WHERE x.webhook = w.id AND x.due_at <= :now ORDER BY x.due_at, x.id LIMIT 1)"
        " WHERE w.state = :running AND NOT EXISTS (SELECT 1 FROM delivery y"
        " WHERE y.webhook = w.id AND y.due_at > :now AND y.state = 'sending') ORDER BY d.due_at LIMIT :count",
        now=now,
        running=RUNNING,
        count=count,
    )
    return [_taken(row) for row in rows if take(store, row, now + lease_ms)]


def take(store: Store, row: Row, until: int) -> bool:
    """Tell whether a message is ours now: of several who saw it due, one changes its row."""
    taken = store.database.run(
        "UPDATE delivery SET state = 'sending', due_at = :until, attempt_count = attempt_count + 1,"
        " revision = revision + 1 WHERE id = :id AND revision = :revision RETURNING id",
        id=row["id"],
        revision=row["revision"],
        until=until,
    )
    return bool(taken)


def _taken(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        webhook=row["webhook"],
        event=row["event"],
        body=row["body"],
        url=row["url"],
        secret=row["secret"],
        format=row["format"],
        attempt_count=row["attempt_count"] + 1,
        revision=row["revision"] + 1,
        previous_secret=row["previous_secret"],
        previous_until=row["previous_until"],
    )


def settle(store: Store, delivery: Delivery, sent: Sent) -> None:
    """Write down what came of a message. Nothing changes when it took so long that somebody else has it now."""
    now = store.clock.now()
    with store.database.transaction():
        settled = store.database.run(
            "UPDATE delivery SET state = :state, due_at = :due_at, status = :status, problem = :problem,"
            " ended_at = :ended_at, revision = revision + 1 WHERE id = :id AND revision = :revision RETURNING id",
            id=delivery.id,
            revision=delivery.revision,
            state=sent.state,
            due_at=sent.again_at,
            status=sent.status,
            problem=sent.problem[:PROBLEM_CHARACTERS_MAX],
            ended_at=None if sent.state == WAITING else now,
        )
        if settled and sent.is_unreachable and sent.again_at is not None:
            # What else waits for the same address would only wait for its time-outs, one after the other.
            store.database.run(
                "UPDATE delivery SET due_at = :again, revision = revision + 1"
                " WHERE webhook = :webhook AND state = 'waiting' AND due_at < :again",
                webhook=delivery.webhook,
                again=sent.again_at,
            )


def forget(store: Store, *, older_ms: int) -> None:
    """Let go of messages that arrived long ago; those that never did stay until somebody removes their webhook."""
    store.database.run(
        "DELETE FROM delivery WHERE ended_at < :before AND state = :state",
        before=store.clock.now() - older_ms,
        state=DELIVERED,
    )

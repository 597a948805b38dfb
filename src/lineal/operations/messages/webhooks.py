"""Verbs of webhooks: addresses that want to hear of acts, and what was sent to them.

A secret signs what is sent, so it is kept: in the table ``webhook`` only, sealed with a key that stands outside the database
(``storage/sealed.py``). No answer, message, journal entry or log holds it.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from lineal.formats.webhook_messages import EVENTS, Form, body, headers
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.secret import Secret
from lineal.operations.answers.registry import DeliveryLine, NewSecretAnswer, WebhookAnswer, WebhookTest
from lineal.operations.messages import outbox, webhook_secrets
from lineal.operations.messages.sending import check_url, send
from lineal.operations.operation import operation
from lineal.operations.references import Row, near
from lineal.storage import sealed
from lineal.storage.store import Store

State = Literal["active", "disabled"]

_NO_SECRET = Secret("")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_TAG = {"key": "example_key", "value": "example_value"}
_TAGS = {"example_key": "example_value"}
_EXAMPLES: dict[str, dict[str, Any]] = {
    "registered_model": {"name": "example_model", "tags": _TAGS, "description": "An example registered model"},
    "model_version": {
        "name": "example_model",
        "version": "1",
        "source": "models:/123",
        "run_id": "abcd1234abcd5678",
        "tags": _TAGS,
        "description": "An example model version",
    },
    "model_version_tag": {"name": "example_model", "version": "1", **_TAG},
    "model_version_alias": {"name": "example_model", "alias": "example_alias", "version": "1"},
    "prompt": {"name": "example_prompt", "tags": _TAGS, "description": "An example prompt"},
    "prompt_version": {
        "name": "example_prompt",
        "version": "1",
        "template": "Hello {{name}}",
        "tags": _TAGS,
        "description": "An example prompt version",
    },
    "prompt_tag": {"name": "example_prompt", **_TAG},
    "prompt_version_tag": {"name": "example_prompt", "version": "1", **_TAG},
    "prompt_alias": {"name": "example_prompt", "alias": "example_alias", "version": "1"},
    "gate": {"name": "example_model", "version": "1", "stage": "production", "outcome": "pass"},
    "version": {"name": "example_model", "version": "1", "by": "ada", "reason": "an example"},
    "deployment": {"name": "example_model", "version": "1", "environment": "production", "state": "running"},
}
"""What tests are sent, by what they tell of; receivers that were tried with MLflow know these."""

_KEEP_HOURS_MAX = 24 * 90
_MOVED = {"name": "example_model", "version": "1", "from_stage": "Staging", "to_stage": "Production"}


@operation("webhooks", effect="reads")
def webhooks(store: Store, *, limit: int = 100, after: str = "") -> tuple[WebhookAnswer, ...]:
    """List webhooks, oldest first.

    Args:
        limit: at most so many.
        after: the id of the last one before, for the next page.
    """
    rows = store.database.run(
        "SELECT * FROM webhook WHERE id > :after ORDER BY id LIMIT :limit", after=after, limit=limit
    )
    return tuple(map(show, rows))


@operation("webhook create", effect="writes", role="admin")
def create(
    store: Store,
    name: str,
    url: str,
    *,
    events: tuple[str, ...],
    description: str = "",
    secret: Secret = _NO_SECRET,
    format: Form = "mlflow",  # noqa: A002 - a word of the command
    state: State = "active",
) -> WebhookAnswer:
    """Send word of acts to an address, from now on.

    Args:
        name: what people call it.
        url: where to.
        events: what it wants to hear of.
        description: what people should know of it.
        secret: signs what is sent.
        format: how messages are written: as MLflow's, by Standard Webhooks, or as CloudEvents with such a signature.
        state: whether it hears of anything yet.

    Raises:
        Invalid: the address may not be called from here, or there is no such event.
    """
    _check_name(name)
    check_url(url, store.reach)
    webhook_secrets.seal_all(store)
    id_ = store.clock.new_id()
    rows = store.database.run(
        "INSERT INTO webhook"
        " (id, name, description, url, events, secret, state, format, created_by, created_at, updated_at, revision)"
        " VALUES (:id, :name, :description, :url, :events, :secret, :state, :format, :by, :at, :at, 1) RETURNING *",
        format=format,
        id=id_,
        name=name,
        description=description,
        url=url,
        events=_events(events),
        secret=sealed.seal(store, secret, id_),
        state=state,
        by=store.actor.name,
        at=store.clock.now(),
    )
    return show(rows[0])


@operation("webhook show", effect="reads")
def shown(store: Store, webhook: str) -> WebhookAnswer:
    """Show a webhook.

    Args:
        webhook: its id.

    Raises:
        NotFound: there is none.
    """
    return show(_find(store, webhook))


@operation("webhook update", effect="writes", role="admin")
def update(
    store: Store,
    webhook: str,
    *,
    name: str | None = None,
    url: str | None = None,
    events: tuple[str, ...] = (),
    description: str | None = None,
    secret: Secret | None = None,
    state: State | None = None,
) -> WebhookAnswer:
    """Change a webhook; what is not given stays.

    Args:
        webhook: its id.
        name: what people call it.
        url: where to.
        events: what it wants to hear of.
        description: what people should know of it.
        secret: signs what is sent.
        state: whether it hears of anything.

    Raises:
        NotFound: there is none.
        Invalid: the address may not be called from here, or there is no such event.
    """
    _find(store, webhook)
    if name is not None:
        _check_name(name)
    if url is not None:
        check_url(url, store.reach)
    given = {
        "name": name,
        "url": url,
        "events": _events(events) if events else None,
        "description": description,
        "secret": None if secret is None else sealed.seal(store, secret, webhook),
        "previous_secret": None if secret is None else "",
        "state": state,
    }
    sets = "".join(f", {column} = :{column}" for column, value in given.items() if value is not None)
    rows = store.database.run(
        f"UPDATE webhook SET updated_at = :at, revision = revision + 1{sets} WHERE id = :id RETURNING *",
        id=webhook,
        at=store.clock.now(),
        **{column: value for column, value in given.items() if value is not None},
    )
    return show(rows[0])


@operation("webhook rotate", effect="writes", role="admin")
def rotate(store: Store, webhook: str, *, secret: Secret | None = None, keep_hours: int = 24) -> NewSecretAnswer:
    """Give a webhook a new secret. For a while what is sent is signed with both, so that receivers change theirs in peace.

    MLflow's messages have room for one signature only, which is by the new one at once.

    Args:
        webhook: its id.
        secret: the new one; by default one is made, and shown this once.
        keep_hours: for how long the one before signs too; 0 for no longer, as when it leaked.

    Raises:
        NotFound: there is none.
        Invalid: the hours cannot be, or the secret is empty.
    """
    row = _find(store, webhook)
    if not 0 <= keep_hours <= _KEEP_HOURS_MAX:
        raise Invalid(f"{keep_hours} is no number of hours", hint=f"0 to {_KEEP_HOURS_MAX}")
    if secret is not None and not secret:
        raise Invalid("the secret is empty", hint="leave it out to have one made")
    chosen = secret or webhook_secrets.new()
    before = webhook_secrets.valid(store, row)[:1] if row["secret"] and keep_hours else ()
    until = store.clock.now() + keep_hours * 3_600_000 if before else 0
    store.database.run(
        "UPDATE webhook SET secret = :secret, previous_secret = :before, previous_until = :until, updated_at = :at,"
        " revision = revision + 1 WHERE id = :id",
        id=webhook,
        secret=sealed.seal(store, chosen, webhook),
        before=sealed.seal(store, before[0], webhook) if before else "",
        until=until,
        at=store.clock.now(),
    )
    return NewSecretAnswer(
        reference=f"webhook:{webhook}", id=webhook, secret=Secret("" if secret else chosen), previous_until=until
    )


@operation("webhook delete", effect="writes", role="admin")
def delete(store: Store, webhook: str) -> WebhookAnswer:
    """Remove a webhook, with what was still to be sent to it.

    Args:
        webhook: its id.

    Raises:
        NotFound: there is none.
    """
    row = _find(store, webhook)
    store.database.run("DELETE FROM delivery WHERE webhook = :id", id=webhook)
    store.database.run("DELETE FROM webhook WHERE id = :id", id=webhook)
    return show(row)


@operation("webhook test", effect="acts", role="admin")
def send_example(store: Store, webhook: str, *, event: str = "") -> WebhookTest:
    """Send an example to a webhook now, once, and tell what came back.

    Args:
        webhook: its id.
        event: what the example tells of; by default the first thing that it wants to hear of.

    Raises:
        NotFound: there is none.
        Invalid: there is no such event.
    """
    row = _find(store, webhook)
    chosen = event or msgspec.json.decode(row["events"])[0]
    _events((chosen,))
    data = example_of(chosen)
    now, delivery = store.clock.now(), store.clock.new_id()
    secrets = webhook_secrets.valid(store, row)
    happened = outbox.happening(chosen, data, now)
    text = body(row["format"], happened, delivery=delivery, source=outbox.source_of(store))
    signed = headers(row["format"], text, delivery=delivery, timestamp=str(now // 1000), secrets=secrets)
    answer = send(row["url"], text, signed, store.reach)
    return WebhookTest(
        reference=f"webhook:{webhook}",
        success=answer.status is not None and 200 <= answer.status < 300,
        status=answer.status,
        body=answer.body,
        problem=answer.problem,
    )


@operation("webhook deliveries", effect="reads")
def deliveries(store: Store, webhook: str, *, state: str = "", limit: int = 100) -> tuple[DeliveryLine, ...]:
    """List what was sent to a webhook, or is to be, newest first.

    Args:
        webhook: its id.
        state: only those that are waiting, sending, delivered or dead.
        limit: at most so many.

    Raises:
        NotFound: there is no such webhook.
    """
    _find(store, webhook)
    rows = store.database.run(
        "SELECT id, webhook, event, state, attempt_count, due_at, status, problem, created_at, ended_at FROM delivery"
        " WHERE webhook = :webhook AND (state = :state OR :state = '') ORDER BY created_at DESC, id DESC LIMIT :limit",
        webhook=webhook,
        state=state,
        limit=limit,
    )
    return tuple(DeliveryLine(**row) for row in rows)


@operation("webhook retry", effect="writes", role="admin")
def retry(store: Store, webhook: str) -> WebhookAnswer:
    """Send again what nobody tries to send to a webhook any more.

    Args:
        webhook: its id.

    Raises:
        NotFound: there is none.
    """
    row = _find(store, webhook)
    store.database.run(
        "UPDATE delivery SET state = 'waiting', attempt_count = 0, due_at = :at, ended_at = NULL, revision = revision + 1"
        " WHERE webhook = :webhook AND state = 'dead'",
        webhook=webhook,
        at=store.clock.now(),
    )
    return show(row)


def show(row: Row) -> WebhookAnswer:
    """Return what is known of the webhook of a row, but for its secret."""
    return WebhookAnswer(
        reference=f"webhook:{row['id']}",
        id=row["id"],
        name=row["name"],
        description=row["description"],
        url=row["url"],
        events=tuple(msgspec.json.decode(row["events"])),
        state=row["state"],
        format=row["format"],
        is_signed=bool(row["secret"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def example_of(event: str) -> dict[str, Any]:
    """Return what an example of an event tells."""
    return _MOVED if event == "model_version.stage_changed" else _EXAMPLES[event.partition(".")[0]]


def _find(store: Store, webhook: str) -> Row:
    if rows := store.database.run("SELECT * FROM webhook WHERE id = :id", id=webhook):
        return rows[0]
    raise NotFound(f"Webhook with ID {webhook} not found.", hint="look at the list of webhooks")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"Webhook name {name!r} is invalid: it must start and end with a letter or digit, contain only letters, digits,"
            " hyphens, underscores, and dots, and be between 1 and 63 characters long",
            hint="choose another name",
        )


def _events(events: tuple[str, ...]) -> str:
    """Return events as they are kept. Raises Invalid for none, or one that there is not."""
    if not events:
        raise Invalid(
            "Webhook events must be a non-empty list, but they are empty.", hint="name what it wants to hear of"
        )
    if unknown := next((each for each in events if each not in EVENTS), ""):
        raise Invalid(f"there is no event {unknown!r}", hint=near(unknown, EVENTS, "events: " + ", ".join(EVENTS)))
    return msgspec.json.encode(list(dict.fromkeys(events))).decode()

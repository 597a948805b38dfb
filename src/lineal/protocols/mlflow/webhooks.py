"""MLflow's endpoints of webhooks.

MLflow's programs know some events only, and cannot read a list that holds another one. What we add to them is asked for like
the others, and shown beside them, in ``more_events``, which those programs leave alone. Nor can they read a webhook without
an event that they know: the list leaves those out, which ``/api/v1/webhooks`` has.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.client.local import LocalRepository
from lineal.formats.webhook_messages import EVENTS, OWN_EVENTS
from lineal.objects.errors import Invalid
from lineal.objects.secret import Secret
from lineal.objects.ulid import is_ulid
from lineal.operations.answers.registry import WebhookAnswer
from lineal.operations.messages import webhooks as verbs
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.experiments import NOTHING, Nothing

RESULTS_MAX = 1_000

ADDED = frozenset(OWN_EVENTS)
"""Events that MLflow does not have."""

_STATES: dict[str, verbs.State] = {"ACTIVE": "active", "DISABLED": "disabled", "1": "active", "2": "disabled"}


class Event(msgspec.Struct):
    """What happened to what."""

    entity: str = ""
    action: str = ""


class Webhook(msgspec.Struct, omit_defaults=True):
    """A webhook as MLflow writes it."""

    webhook_id: str
    name: str
    url: str
    events: list[Event]
    status: Literal["ACTIVE", "DISABLED"]
    creation_timestamp: int
    last_updated_timestamp: int
    description: str = ""
    more_events: list[Event] = []


class _Shown(msgspec.Struct):
    webhook: Webhook


class _Webhooks(msgspec.Struct, omit_defaults=True):
    webhooks: list[Webhook] = []
    next_page_token: str = ""


class _Create(msgspec.Struct):
    name: str
    url: str
    events: list[Event] = []
    description: str = ""
    secret: str = ""
    status: str = "ACTIVE"


class _List(msgspec.Struct):
    max_results: int = 100
    page_token: str = ""


class _OneOf(msgspec.Struct):
    webhook_id: str = ""


class _Update(msgspec.Struct):
    webhook_id: str = ""
    name: str | None = None
    description: str | None = None
    url: str | None = None
    events: list[Event] = []
    secret: str | None = None
    status: str | None = None


class _Test(msgspec.Struct):
    webhook_id: str = ""
    event: Event | None = None


class _Result(msgspec.Struct, omit_defaults=True):
    success: bool
    response_status: int | None = None
    response_body: str = ""
    error_message: str = ""


class _Tested(msgspec.Struct):
    result: _Result


def _create(repository: LocalRepository, asked: _Create) -> _Shown:
    made = verbs.create(
        repository,
        asked.name,
        asked.url,
        events=tuple(map(_word, asked.events)),
        description=asked.description,
        secret=Secret(asked.secret),
        state=_state(asked.status),
    )
    return _Shown(_shown(made))


def _list(repository: LocalRepository, asked: _List) -> _Webhooks:
    if not 1 <= asked.max_results <= RESULTS_MAX:
        raise Invalid(f"max_results must be between 1 and {RESULTS_MAX}, but got {asked.max_results}")
    if asked.page_token and not is_ulid(asked.page_token):
        raise Invalid("Invalid page token", hint="send the token that the page before gave")
    # One more than a page has tells whether there is a next one.
    found = verbs.webhooks(repository, limit=asked.max_results + 1, after=asked.page_token)
    page = found[: asked.max_results]
    shown = [_shown(each) for each in page if not ADDED.issuperset(each.events)]
    return _Webhooks(shown, page[-1].id if len(found) > len(page) else "")


def _get(repository: LocalRepository, asked: _OneOf) -> _Shown:
    return _Shown(_shown(verbs.shown(repository, asked.webhook_id)))


def _update(repository: LocalRepository, asked: _Update) -> _Shown:
    changed = verbs.update(
        repository,
        asked.webhook_id,
        name=asked.name or None,
        url=asked.url or None,
        events=tuple(map(_word, asked.events)),
        description=asked.description,
        secret=None if asked.secret is None else Secret(asked.secret),
        state=_state(asked.status) if asked.status else None,
    )
    return _Shown(_shown(changed))


def _delete(repository: LocalRepository, asked: _OneOf) -> Nothing:
    verbs.delete(repository, asked.webhook_id)
    return NOTHING


def _test(repository: LocalRepository, asked: _Test) -> _Tested:
    found = verbs.send_example(repository, asked.webhook_id, event=_word(asked.event) if asked.event else "")
    return _Tested(_Result(found.success, found.status, found.body, found.problem))


def _word(event: Event) -> str:
    """Return what we call an event. Raises Invalid for one that there is not."""
    entity, action = event.entity.lower(), event.action.lower()
    known = [each.partition(".")[2].upper() for each in EVENTS if each.partition(".")[0] == entity]
    if not known:
        raise Invalid(f"Invalid value \"{event.entity}\" for parameter 'entity' supplied: there is no such entity.")
    if action.upper() not in known:
        raise Invalid(f"Invalid action '{event.action}' for entity '{event.entity}'. Valid actions are: {known}")
    return f"{entity}.{action}"


def _state(status: str) -> verbs.State:
    if status not in _STATES:
        raise Invalid(f"Invalid value \"{status}\" for parameter 'status' supplied: it is one of ACTIVE, DISABLED.")
    return _STATES[status]


def _shown(found: WebhookAnswer) -> Webhook:
    events = {each: Event(*(part.upper() for part in each.split("."))) for each in found.events}
    return Webhook(
        webhook_id=found.id,
        name=found.name,
        url=found.url,
        events=[event for name, event in events.items() if name not in ADDED],
        status="ACTIVE" if found.state == "active" else "DISABLED",
        creation_timestamp=found.created_at,
        last_updated_timestamp=found.updated_at,
        description=found.description,
        more_events=[event for name, event in events.items() if name in ADDED],
    )


_AT = "/2.0/mlflow/webhooks"

ENDPOINTS = (
    Endpoint("POST", _AT, _Create, _create),
    Endpoint("GET", _AT, _List, _list),
    Endpoint("GET", f"{_AT}/{{webhook_id}}", _OneOf, _get),
    Endpoint("PATCH", f"{_AT}/{{webhook_id}}", _Update, _update),
    Endpoint("DELETE", f"{_AT}/{{webhook_id}}", _OneOf, _delete),
    Endpoint("POST", f"{_AT}/{{webhook_id}}/test", _Test, _test),
)

"""Which hooks of the policy want to hear of an event, and what the outbox keeps for them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lineal.formats.webhook_messages import Event, body
from lineal.operations.versioning.policies import policy_text
from lineal.storage.store import Store

if TYPE_CHECKING:
    from lineal.checks.policies.hooks import HookPolicy
    from lineal.checks.policies.policy import Policy

PREFIX = "hook:"
"""Begins what the outbox calls the receiver of a message that is a hook."""


def hooks_of(store: Store) -> tuple[HookPolicy, ...]:
    """Return the hooks of the policy that holds now. Raises Invalid."""
    text = policy_text(store)
    # Most policies have none, and many small acts ask.
    if "hook" not in text and "git" not in text:
        return ()
    return _parsed(text).hooks


@lru_cache(8)
def _parsed(text: str) -> Policy:
    from lineal.checks.policies.policy import parse_policy  # noqa: PLC0415 - it brings every check

    return parse_policy(text)


def to_tell(store: Store, event: Event, model: str, source: str) -> list[dict[str, Any]]:
    """Return the messages, as rows of the outbox, to hooks that want to hear of an event."""
    stage = stage_of(event.data)
    wanted = [each for each in hooks_of(store) if not each.before and each.wants(event.name, model, stage)]
    rows = list[dict[str, Any]]()
    for hook in wanted:
        id_ = store.clock.new_id()
        said = event._replace(data={**event.data, "by": store.actor.name})
        text = body("cloudevents", said, delivery=id_, source=source)
        at = store.clock.now()
        rows.append({"id": id_, "webhook": PREFIX + hook.name, "event": event.name, "body": text, "at": at})
    return rows


def stage_of(data: dict[str, Any]) -> str:
    """Return the stage that an event is about; empty where it is about none."""
    return str(data.get("to_stage") or data.get("stage") or "").lower()

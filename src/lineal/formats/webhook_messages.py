"""Messages to webhooks, as receivers know them: MLflow's, those of Standard Webhooks, and CloudEvents.

Each form is a body, its type, and the headers that carry its id, its time and its signature. All three sign the same
thing by HMAC with SHA-256: the id, the time and the body, joined by full stops.

Sources: Standard Webhooks specification 1.0.0 (standardwebhooks.com); CloudEvents 1.0.2, JSON event format and HTTP
structured mode; for MLflow what its client sends, version 3.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec

Form = Literal["mlflow", "standard", "cloudevents"]

OWN_EVENTS = (
    *("model_version.stage_changed", "gate.judged"),
    *("version.approved", "version.held", "version.released", "version.removed", "deployment.changed"),
)
"""What MLflow has no word for."""

EVENTS = (
    *("registered_model.created", "model_version.created"),
    *("model_version_tag.set", "model_version_tag.deleted"),
    *("model_version_alias.created", "model_version_alias.deleted"),
    *("prompt.created", "prompt_version.created"),
    *("prompt_tag.set", "prompt_tag.deleted", "prompt_version_tag.set", "prompt_version_tag.deleted"),
    *("prompt_alias.created", "prompt_alias.deleted"),
    *OWN_EVENTS,
)
"""What can be heard of, as ``what.happened``."""

TYPE_PREFIX = "dev.lineal."
"""Begins the types of CloudEvents: a name of ours, reversed, as the specification asks for."""

_STANDARD_SECRET = "whsec_"  # noqa: S105 - how a secret begins is none


class Event(NamedTuple):
    """What happened.

    Args:
        name: as ``what.happened``.
        at: when, in milliseconds since 1970 UTC.
        data: what is told of it.
        reference: the version that it is about; empty where it is about none.
        digest: of that version.
    """

    name: str
    at: int
    data: dict[str, Any]
    reference: str = ""
    digest: str = ""


class _Written(NamedTuple):
    content_type: str
    id_header: str
    time_header: str
    signature_header: str


_HEADERS: dict[str, _Written] = {
    "mlflow": _Written("application/json", "X-MLflow-Delivery-Id", "X-MLflow-Timestamp", "X-MLflow-Signature"),
    "standard": _Written("application/json", "webhook-id", "webhook-timestamp", "webhook-signature"),
    "cloudevents": _Written(
        "application/cloudevents+json; charset=utf-8", "webhook-id", "webhook-timestamp", "webhook-signature"
    ),
}


def body(form: str, event: Event, *, delivery: str, source: str) -> str:
    """Return a message as JSON text.

    Args:
        form: one of ``Form``.
        event: what it tells of.
        delivery: its id.
        source: who tells, as an address.
    """
    written = {"mlflow": _mlflow, "standard": _standard, "cloudevents": _cloudevents}[form]
    return msgspec.json.encode(written(event, delivery, source)).decode()


def headers(form: str, text: str, *, delivery: str, timestamp: str, secrets: tuple[str, ...]) -> dict[str, str]:
    """Return the headers of a message; without a secret it has no signature.

    With several it has one by each, as Standard Webhooks asks for while one follows the other. MLflow's receivers read one
    signature only: that by the first.
    """
    said = _HEADERS[form]
    signatures = [signature(each, delivery, timestamp, text) for each in secrets[: 1 if form == "mlflow" else None]]
    signed = {said.signature_header: " ".join(signatures)} if signatures else {}
    return {
        "Content-Type": said.content_type,
        "User-Agent": "lineal",
        said.id_header: delivery,
        said.time_header: timestamp,
        **signed,
    }


def signature(secret: str, delivery: str, timestamp: str, text: str) -> str:
    """Return the signature of a message: HMAC with SHA-256 over its id, its time and its body, in base 64."""
    signed = hmac.new(_key(secret), f"{delivery}.{timestamp}.{text}".encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def _key(secret: str) -> bytes:
    """Return the bytes of a secret; one of Standard Webhooks is written in base 64 behind its sign."""
    if secret.startswith(_STANDARD_SECRET):
        try:
            return base64.b64decode(secret.removeprefix(_STANDARD_SECRET), validate=True)
        except binascii.Error:
            pass  # another's secret that happens to begin so
    return secret.encode()


def _mlflow(event: Event, _delivery: str, _source: str) -> dict[str, Any]:
    entity, _, action = event.name.partition(".")
    about = {"reference": event.reference, "digest": event.digest}
    told = {"entity": entity, "action": action, "timestamp": _time(event.at), "data": event.data}
    return told | ({"lineal": about} if event.reference else {})


def _standard(event: Event, _delivery: str, _source: str) -> dict[str, Any]:
    return {"type": event.name, "timestamp": _time(event.at), "data": _data(event)}


def _cloudevents(event: Event, delivery: str, source: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": delivery,
        "source": source,
        "type": TYPE_PREFIX + event.name,
        **({"subject": event.reference} if event.reference else {}),
        "time": _time(event.at),
        "datacontenttype": "application/json",
        "data": _data(event),
    }


def _data(event: Event) -> dict[str, Any]:
    return event.data | ({"reference": event.reference, "digest": event.digest} if event.reference else {})


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()

"""Messages are what receivers of each kind expect, and signed so that a receiver can check them by the specification."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from lineal.formats.webhook_messages import Event, body, headers, signature

EVENT = Event("model_version.stage_changed", 1_700_000_000_123, {"name": "churn"}, "churn:1.0.0", "sha256:ab")
FORMS = ("mlflow", "standard", "cloudevents")


def test_mlflow_is_told_the_entity_and_the_action() -> None:
    assert {
        "entity": "model_version",
        "action": "stage_changed",
        "timestamp": "2023-11-14T22:13:20.123000+00:00",
        "data": {"name": "churn"},
        "lineal": {"reference": "churn:1.0.0", "digest": "sha256:ab"},
    } == json.loads(body("mlflow", EVENT, delivery="d", source="/lineal/x"))


def test_standard_webhooks_have_a_type_a_time_and_data() -> None:
    assert {
        "type": "model_version.stage_changed",
        "timestamp": "2023-11-14T22:13:20.123000+00:00",
        "data": {"name": "churn", "reference": "churn:1.0.0", "digest": "sha256:ab"},
    } == json.loads(body("standard", EVENT, delivery="d", source="/lineal/x"))


def test_cloudevents_have_what_the_specification_requires() -> None:
    assert {
        "specversion": "1.0",
        "id": "d",
        "source": "/lineal/x",
        "type": "dev.lineal.model_version.stage_changed",
        "subject": "churn:1.0.0",
        "time": "2023-11-14T22:13:20.123000+00:00",
        "datacontenttype": "application/json",
        "data": {"name": "churn", "reference": "churn:1.0.0", "digest": "sha256:ab"},
    } == json.loads(body("cloudevents", EVENT, delivery="d", source="/lineal/x"))


@pytest.mark.parametrize("form", FORMS)
def test_what_is_about_no_version_names_none(form: str) -> None:
    assert "churn:1.0.0" not in body(form, EVENT._replace(reference="", digest=""), delivery="d", source="/")


@pytest.mark.parametrize("form", FORMS)
def test_without_a_secret_there_is_no_signature(form: str) -> None:
    assert not [
        name for name in headers(form, "{}", delivery="d", timestamp="1", secrets=()) if "signature" in name.lower()
    ]


def test_the_signature_is_that_of_id_time_and_body() -> None:
    signed = hmac.new(b"secret", b"id.17.{}", hashlib.sha256).digest()

    assert "v1," + base64.b64encode(signed).decode() == signature("secret", "id", "17", "{}")


def test_a_secret_of_standard_webhooks_is_bytes_in_base_64() -> None:
    # The example of the specification's own libraries.
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"test": 2432232314}'

    said = headers(
        "standard", message, delivery="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp="1614265330", secrets=(secret,)
    )

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == said["webhook-signature"]
    assert ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330") == (said["webhook-id"], said["webhook-timestamp"])


def test_a_secret_that_only_begins_so_is_taken_as_it_is() -> None:
    assert signature("whsec_!", "i", "1", "{}") != signature("whsec_?", "i", "1", "{}")

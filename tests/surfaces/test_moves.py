"""A server makes planned moves when they are due, and tells of them in the form that a webhook asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from lineal.client.connect import init
from lineal.formats.webhook_messages import signature
from lineal.objects.secret import Secret
from lineal.operations.messages import webhooks
from lineal.operations.references import find_version
from lineal.operations.versioning import moves
from lineal.server.settings import Settings
from lineal.storage.store import Reach
from tests.surfaces.conftest import served
from tests.surfaces.receiver import Receiver, receiving, until
from tests.unit.operations.tracked import made, registered, tracked

SETTINGS = Settings(webhook_http=1, webhook_private=1)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize("form", ["standard", "cloudevents"])
def test_a_planned_move_is_made_and_told(tmp_path: Path, form: str) -> None:
    (tmp_path / "lineal.toml").write_text("gate.production = []\n", encoding="utf-8")
    receiver = Receiver()
    with init(tmp_path) as local, receiving(receiver) as place, served(local, settings=SETTINGS):
        for model in ("churn", "fraud"):
            made(local, model)
            registered(local, model, tracked(local))
        local.store = msgspec.structs.replace(local.store, reach=Reach(plain=True, private=True))
        webhooks.create(
            local, "bus", place, events=("model_version.stage_changed",), secret=Secret(SECRET), format=form
        )
        at = datetime.now(UTC) + timedelta(seconds=2)
        moves.plan(local, ("churn", "fraud"), to="production", at=at.strftime("%Y-%m-%dT%H:%M:%S"))
        messages = receiver.wait(2)
        until(lambda: True if not moves.list_moves(local) else None)
        stages = [find_version(local.store, each)["stage"] for each in ("churn", "fraud")]
        by = local.log(limit=1)[0].by

    assert ["production", "production"] == stages
    assert "timetable" == by
    for each in messages:
        headers = {name.lower(): value for name, value in each.headers.items()}
        signed = signature(SECRET, headers["webhook-id"], headers["webhook-timestamp"], each.body.decode())
        assert signed == headers["webhook-signature"]
        assert "Production" == each.said["data"]["to_stage"]
    if form == "cloudevents":
        assert {"application/cloudevents+json; charset=utf-8"} == {each.headers["Content-Type"] for each in messages}
        assert {"churn:1.0.0", "fraud:1.0.0"} == {each.said["subject"] for each in messages}

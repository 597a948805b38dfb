"""The registry under many versions of one model."""

from __future__ import annotations

from benchmarks.store.measure import talk
from benchmarks.tracking.client import Client, posted, said, together
from benchmarks.tracking.servers import Server

MODEL = "churn"


def versions_on(server: Server, count: int) -> None:
    """Register so many versions of one model, each of a run without files; the last but ten has an alias."""
    talk(f"{server.name}: {count:,} versions of a model")
    client = Client(server.port)
    client.post("/registered-models/create", name=MODEL)
    run = client.begin("0", 0)
    source = f"{client.get(f'/runs/get?run_id={run}')['run']['info']['artifact_uri']}/model"

    more = [posted("/model-versions/create", name=MODEL, source=source, run_id=run)] * (count // 2)
    together(server.port, [said(more), said(more)])
    client.post("/registered-models/alias", name=MODEL, alias="champion", version=str(count - 10))

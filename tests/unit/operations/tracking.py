"""Repositories on a disk, over both databases, with a run and a logged model that begin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.operations.recording import artifacts, logged_models, tracking
from lineal.operations.recording.logged_models import NewModel
from lineal.operations.recording.tracking import NewRun

MODEL = "m-" + "0f" * 16
LOGGED = artifacts.LOGGED + MODEL


@pytest.fixture(params=["sqlite", "postgresql"])
def tracked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalRepository]:
    """A repository of each kind in turn."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with init(tmp_path, database=database) as found:
        yield found


def begin(repository: LocalRepository, name: str = "train") -> str:
    """Begin a run and return its id."""
    run = repository.store.clock.new_id()
    tracking.create(repository, NewRun(id=run, name=name, started_at=1))
    return run


def log_model(repository: LocalRepository, model: str = MODEL, **known: object) -> str:
    """Begin a logged model and return its id."""
    logged_models.create(repository, NewModel(id=model, **{"name": "model", **known}))  # type: ignore[arg-type]
    return model


def put(repository: LocalRepository, subject: str, path: str, data: bytes = b"data") -> None:
    """Keep bytes as the file of a run or a logged model."""
    digest = repository.blobs.put(data)
    artifacts.put(repository, subject, path, digest=digest, size_bytes=len(data))

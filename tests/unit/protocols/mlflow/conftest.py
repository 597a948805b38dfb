"""An empty repository, and a client of MLflow's endpoints over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lineal.client.local import LocalRepository
from lineal.storage.database.sqlite import MEMORY, Sqlite
from tests.unit.operations.recording.test_tracking import in_database
from tests.unit.protocols.mlflow.asking import Client


@pytest.fixture
def repository() -> Iterator[LocalRepository]:
    """An empty repository."""
    with in_database(Sqlite(MEMORY)) as found:
        yield found


@pytest.fixture
def client(repository: LocalRepository) -> Client:
    """Asks it."""
    return Client(repository)

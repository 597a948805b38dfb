"""A repository in memory but for its database, and runs that told of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.local import LocalRepository
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.clock import FixedClock
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.store import Actor, Store


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[LocalRepository]:
    """An empty repository, used by its administrator."""
    database = Sqlite(tmp_path / "database.sqlite")
    migrate(database, phase="pre")
    with LocalRepository(
        Store(blobs=MemoryBlobs(), database=database, clock=FixedClock(), actor=Actor("ada", "admin"))
    ) as found:
        yield found

"""A repository in memory but for its database, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from lineal.client.local import LocalRepository
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.clock import FixedClock
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
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


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalRepository]:
    """An empty repository over each database in turn, used by its administrator."""
    is_here = request.param == "sqlite"
    database = Sqlite(tmp_path / "either.sqlite") if is_here else Postgres(request.getfixturevalue("postgres_url"))
    migrate(database, phase="pre")
    with LocalRepository(
        Store(blobs=MemoryBlobs(), database=database, clock=FixedClock(), actor=Actor("ada", "admin"))
    ) as found:
        yield found


@pytest.fixture
def policy(repository: LocalRepository, tmp_path: Path) -> Callable[[str], None]:
    """Give the repository a policy, from its text."""
    root = tmp_path / ".lineal"
    root.mkdir()
    repository.store = msgspec.structs.replace(repository.store, root=root)
    return lambda text: (tmp_path / "lineal.toml").write_text(text, encoding="utf-8") and None

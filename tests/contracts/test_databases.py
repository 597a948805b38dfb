"""Every database keeps the contract: SQLite in a file and in memory, and a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from lineal.testing.contracts.database import Connect, DatabaseContract, SharedDatabaseContract


class TestSqlite(SharedDatabaseContract):
    """A file."""

    @pytest.fixture
    def connect(self, tmp_path: Path) -> Connect:
        """Open the same file again each time."""
        return lambda: Sqlite(tmp_path / "a name with % ? and #.sqlite")


class TestSqliteInMemory(DatabaseContract):
    """Nothing but memory."""

    @pytest.fixture
    def connect(self) -> Connect:
        """Open one that is gone afterwards."""
        return lambda: Sqlite(MEMORY)


class TestPostgres(SharedDatabaseContract):
    """A server."""

    @pytest.fixture
    def connect(self, postgres_url: str) -> Connect:
        """Open the same database again each time."""
        return lambda: Postgres(postgres_url)

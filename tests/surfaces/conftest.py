"""Repositories of three kinds: on this machine, over PostgreSQL, and behind a server over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from lineal.client.connect import Repository, init
from lineal.client.local import LocalRepository
from lineal.client.remote import RemoteRepository
from lineal.server.app import LoginRoutes, create_app, no_logins
from lineal.server.guard import Guard
from lineal.server.settings import Settings
from lineal.server.wire import protocol
from tests.surfaces.mlflow import Client
from tests.surfaces.project import make_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project under Git, with a table to learn from, one held out, a script and a policy."""
    return make_project(tmp_path / "project")


@pytest.fixture(params=["local", "postgresql", "server"])
def repository(request: pytest.FixtureRequest, project: Path) -> Iterator[Repository]:
    """The repository of ``project``, of each kind in turn; nothing that it deployed outlives the test."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with init(project, database=database) as local:
        if request.param == "server":
            with served(local) as url, RemoteRepository(url) as remote:
                yield remote
        else:
            yield local
        for each in local.deployments():
            local.undeploy(each.reference)


@contextmanager
def served(
    repository: LocalRepository,
    guard: Guard | None = None,
    *,
    port: int = 0,
    settings: Settings | None = None,
    logins: LoginRoutes = no_logins,
) -> Iterator[str]:
    """Serve ``repository`` on ``port``, or a free one, while the block runs; give the address."""
    app = create_app(repository, guard or Guard(repository.store.actor), settings or Settings(), logins)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, http=protocol(), log_level="warning", lifespan="on")
    listening = config.bind_socket()
    listening.listen()  # whoever has the address may connect at once
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    """An empty repository."""
    with init(tmp_path) as found:
        yield found


@pytest.fixture
def client(local: LocalRepository) -> Iterator[Client]:
    """A client of MLflow's protocol, of its server."""
    with served(local) as url:
        yield Client(url)


@pytest.fixture
def run(client: Client) -> str:
    """The id of a run of the default experiment."""
    return client.run("0")


@pytest.fixture
def root(run: str) -> str:
    """Where the proxy has its artifacts."""
    return f"0/{run}/artifacts"

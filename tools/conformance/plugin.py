"""Points MLflow's own tests at a server of ours; a plugin of pytest that runs in MLflow's environment and knows nothing of ours.

Their fixtures start servers in four ways; each is given one of ours on an empty repository instead. What else they do, and
what they claim, stays theirs. What is out of scope is not run. Every outcome is a line of JSON in ``CONFORMANCE_RESULTS``.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.store.model_registry.rest_store import RestStore as RegistryStore
from mlflow.store.tracking.rest_store import RestStore as TrackingStore
from mlflow.utils.rest_utils import MlflowHostCreds

_VARIABLES = os.environ
_IS_OURS = _VARIABLES["CONFORMANCE_SERVER"] == "lineal"
_RULES = json.loads(_VARIABLES["CONFORMANCE_RULES"])
_PLAIN_WEBHOOKS = {
    "LINEAL_SERVER_WEBHOOK_HTTP": "1",
    "LINEAL_SERVER_WEBHOOK_PRIVATE": "1",
    "LINEAL_SERVER_WEBHOOK_ATTEMPTS_MAX": "4",
}
_LISTENING = re.compile(r"http://[^:/\s]+:\d+")

_running = contextlib.ExitStack()
"""Servers of stores, which nothing of theirs ends."""


@contextlib.contextmanager
def _server(port: int = 0, **variables: str) -> Iterator[str]:
    """Yield the address of one of our servers on an empty repository."""
    command = json.loads(_VARIABLES["CONFORMANCE_COMMAND"])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    known = {
        **kept,
        "PYTHONPATH": _VARIABLES["CONFORMANCE_PYTHONPATH"],
        "LINEAL_SERVER_WEBHOOK_PRIVATE": "1",
        **variables,
    }
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        repository = [*command, "--repository", place]
        subprocess.run([*command, "init", place], env=known, check=True, capture_output=True)
        options = ("server", "--port", str(port))
        with subprocess.Popen([*repository, *options], env=known, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield _address(process)
            finally:
                process.terminate()


def _address(process: subprocess.Popen[str]) -> str:
    said: Any = process.stderr
    line = said.readline()
    if not (found := _LISTENING.search(line)):
        raise RuntimeError(line + said.read())
    threading.Thread(target=said.read, daemon=True).start()
    return found[0]


class _ServerThread:
    """In place of theirs, which runs a server in a thread."""

    def __init__(self, _app: object, port: int) -> None:
        self._cm = _server(port)

    def __enter__(self) -> str:
        url = self._cm.__enter__()
        # Their command line would open the database of their own server, which nobody has here.
        mlflow.set_tracking_uri(url)
        return url

    def __exit__(self, *_: object) -> None:
        self._cm.__exit__(None, None, None)


@contextlib.contextmanager
def _init_server(*_: object, **__: object) -> Iterator[str]:
    with _server() as url:
        yield url


@contextlib.contextmanager
def _launch_server(_host: str, port: int, *_: object) -> Iterator[object]:
    with _server(port):
        yield types.SimpleNamespace(pid=0)


@contextlib.contextmanager
def _run_mlflow_server(_tmp_path: Path) -> Iterator[str]:
    with _server(**_PLAIN_WEBHOOKS) as url:
        yield url


class _Runs(TrackingStore):
    """As theirs, with what the tests use of a store over a database: defaults that the protocol's store does not have."""

    DEFAULT_EXPERIMENT_ID = "0"

    def search_experiments(self, *more: Any, **named: Any) -> Any:
        return super().search_experiments(*more, **({"max_results": 1_000} | named))

    def create_run(self, experiment_id: str, user_id: str, start_time: int, tags: Any, run_name: str) -> Any:
        return super().create_run(experiment_id, user_id, start_time, tags or [], run_name)


class _Models(RegistryStore):
    """As theirs, with what the tests expect of a store over a database: it takes any source, and no token is ``None``."""

    def create_model_version(self, name: str, source: str, *more: Any, **named: Any) -> Any:
        elsewhere = source if ":" in source or source in _PROMPT_SOURCES else f"s3://models/{source}"
        return super().create_model_version(name, elsewhere, *more, **named)


_PROMPT_SOURCES = {"dummy-source", "prompt-template"}


def _stored(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of `_Models` whose answers are those of a store over a database: numbers, and None for what is empty."""

    def asked(self: _Models, *more: Any, **named: Any) -> Any:
        if "max_results" in named:
            named["max_results"] = int(named["max_results"])
        return _as_stored(method(self, *more, **named))

    return asked


def _as_stored(found: Any) -> Any:
    if isinstance(found, list):
        for each in found:
            _as_stored(each)
        if hasattr(found, "token"):
            found.token = found.token or None
        return found
    for name, change in _CHANGES.items():
        if hasattr(found, name):
            setattr(found, name, change(getattr(found, name)))
    return found


_CHANGES: dict[str, Callable[[Any], Any]] = {
    "_version": int,
    "_description": lambda text: text or None,
    "_latest_version": _as_stored,
    "_aliases": lambda known: {name: int(each) for name, each in known.items()} if isinstance(known, dict) else known,
}
_ANSWERING = (
    *("create_registered_model", "get_registered_model", "update_registered_model", "rename_registered_model"),
    *("search_registered_models", "search_model_versions", "get_latest_versions", "get_model_version"),
    *("update_model_version", "transition_model_version_stage", "get_model_version_by_alias", "copy_model_version"),
    *("create_model_version", "list_webhooks"),
)
for _name in _ANSWERING:
    setattr(_Models, _name, _stored(getattr(_Models, _name)))


def _store(kind: type) -> Callable[..., Any]:
    """Return what makes a store that speaks to a server, in place of one over a database."""

    def made(database: str, artifacts: str = "", **__: object) -> Any:
        url = _running.enter_context(_server() if _IS_OURS else _their_server(database, artifacts))
        store = kind(lambda: MlflowHostCreds(url))
        store.engine = types.SimpleNamespace(dispose=lambda: None)
        store._dispose_engine = lambda: None  # noqa: SLF001 - they call it
        return store

    return made


@contextlib.contextmanager
def _their_server(database: str, artifacts: str) -> Iterator[str]:
    from mlflow.server import fastapi_app, handlers  # noqa: PLC0415 - the stores are made at the first import
    from tests.helper_functions import get_safe_port  # noqa: PLC0415 - theirs, which is not there yet when this is imported
    from tests.tracking.integration_test_utils import ServerThread  # noqa: PLC0415

    handlers._tracking_store = handlers._model_registry_store = None  # noqa: SLF001 - as their fixtures do
    handlers.initialize_backend_stores(database, default_artifact_root=artifacts or tempfile.gettempdir())
    with ServerThread(fastapi_app.app, get_safe_port()) as url:
        yield url


_REPLACED = {
    "ServerThread": _ServerThread,
    "_init_server": _init_server,
    "_launch_server": _launch_server,
    "_run_mlflow_server": _run_mlflow_server,
}


@pytest.fixture(autouse=True)
def _end_servers() -> Iterator[None]:
    yield
    _running.pop_all().close()


def why_not(path: str, name: str, source: str) -> str:
    """Return why a test is out of scope; nothing when it is in scope."""
    for rule in _RULES:
        if rule["file"] in path and re.search(rule["name"], name) and re.search(rule["uses"], source):
            return str(rule["why"])
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is out of scope, and replace what starts servers where the tests have bound it."""
    wanted = []
    for each in items:
        path, _, name = each.nodeid.partition("::")
        if why := why_not(path, name, inspect.getsource(each.function)):  # type: ignore[attr-defined]
            _tell(each.nodeid, "out of scope", why)
        else:
            wanted.append(each)
    config.hook.pytest_deselected(items=[each for each in items if each not in wanted])
    items[:] = wanted
    fixtures = {each for name, each in sys.modules.items() if name.endswith("sqlalchemy_store.conftest")}
    for module in {each.module for each in items} | fixtures:  # type: ignore[attr-defined]
        _replace(module)


def _replace(module: types.ModuleType) -> None:
    if "sqlalchemy_store" in module.__name__:
        module.SqlAlchemyStore = _store(_Models if "model_registry" in module.__name__ else _Runs)
    if not _IS_OURS:
        return
    for name, ours in _REPLACED.items():
        if hasattr(module, name):
            setattr(module, name, ours)
    if hasattr(module, "initialize_backend_stores"):
        module.initialize_backend_stores = lambda *_, **__: None


_EXPECTED = "MLflow itself expects it to fail, or lets it"
_told = set[str]()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell of a test that has ended, or could not begin."""
    if report.nodeid in _told or (report.when != "call" and report.passed):
        return
    _told.add(report.nodeid)
    if hasattr(report, "wasxfail"):
        _tell(report.nodeid, "skipped", _EXPECTED)
        return
    if report.skipped:
        _tell(
            report.nodeid, "skipped", str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        )
        return
    crash = getattr(report.longrepr, "reprcrash", None)
    _tell(report.nodeid, report.outcome, crash.message if crash else str(report.longrepr or ""))


def _tell(test: str, outcome: str, said: str) -> None:
    with Path(_VARIABLES["CONFORMANCE_RESULTS"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"test": test, "outcome": outcome, "said": said}) + "\n")

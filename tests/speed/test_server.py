"""An idle server has in memory what the requests of programs need, and nothing else. Counted in modules, not in bytes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
import urllib3

_OWN_MAX, _ALL_MAX = 316, 720
_LOOKS_S = 2.5
"""So long until all that looks for work by itself has looked once."""

_PROGRAM = (
    "import sys; from lineal.cli.main import main; status = main(sys.argv[1:]);"
    "print(status, *(name for name in sys.modules if sys.modules[name]))"
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a server that answered programs for a while, and nobody who looks at pages."""
    place = tmp_path_factory.mktemp("idle")
    subprocess.run((sys.executable, "-m", "lineal", "init"), cwd=place, capture_output=True, check=True)
    command = (sys.executable, "-c", _PROGRAM, "--repository", str(place), "server", "--port", "0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        address = server.stderr.readline().split()[-1]
        for request in ("/health", "/api/2.0/mlflow/experiments/search?max_results=5"):
            assert urllib3.request("GET", address + request).status == 200
        time.sleep(_LOOKS_S)
        server.send_signal(signal.SIGINT)
        status, *modules = server.communicate(timeout=60)[0].split()
    assert status == "0"
    return set(modules)


@pytest.mark.parametrize(
    "module",
    [
        "jinja2",
        "lineal.web.pages.home",
        "lineal.web.rendering",
        "lineal.operations.versioning.registration",
        "lineal.operations.versioning.promotions",
        "lineal.checks.judges",
        "lineal.formats.structures.reading",
        "lineal.storage.buckets",
        "numpy",
        "psycopg",
        "statistics",
        "urllib3",
        "xml",
        "yaml",
        "zipfile",
    ],
)
def test_an_idle_server_has_not_loaded(module: str, loaded: set[str]) -> None:
    assert module not in loaded


def test_an_idle_server_has_loaded_few_modules(loaded: set[str]) -> None:
    own = {each for each in loaded if each.partition(".")[0] == "lineal"}

    assert len(own) <= _OWN_MAX
    assert len(loaded) <= _ALL_MAX

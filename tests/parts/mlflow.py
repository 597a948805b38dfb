"""The real MLflow client and server, in environments of their own: each brings a hundred packages, none of them ours."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import urllib3

from tests.parts.part import INSTALLED, TOP, missing

PYTHON = INSTALLED / "mlflow" / "bin" / "python"
PROGRAMS = TOP / "tests" / "surfaces" / "programs"

_SECONDS_MAX = 300


class Mlflow:
    """Programs that import MLflow, and its command, with a home of their own.

    Args:
        place: a directory for what they keep.
        url: the server that they talk to.
        major: which MLflow.
        variables: more of their environment.
    """

    def __init__(self, place: Path, url: str, *, major: int = 3, variables: dict[str, str] | None = None) -> None:
        self._home = INSTALLED / ("mlflow" if major > 2 else f"mlflow{major}")
        if not (self._home / f"installed-{self._home.name}").exists():
            missing(f"MLflow {major} is not installed: make parts")
        place.mkdir(parents=True, exist_ok=True)
        self._place = place
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LINEAL_", "PYTHON"))}
        self.variables = {
            **kept,
            "HOME": str(place),
            "MLFLOW_TRACKING_URI": url,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
            "GIT_PYTHON_REFRESH": "quiet",
            "PATH": f"{self._home / 'bin'}{os.pathsep}{os.environ['PATH']}",
            **(variables or {}),
        }

    def has(self, module: str) -> None:
        """Miss the test where the environment has no such library; which ones there are depends on the machine."""
        if not list(self._home.glob(f"lib/python*/site-packages/{module}/__init__.py")):
            missing(f"{module} is not installed beside MLflow: make parts")

    def programs(self, *names: str) -> dict[str, Any]:
        """Run programs that assert what they find, in one process; return what each of them tells."""
        told: dict[str, Any] = json.loads(self.run("python", str(PROGRAMS), *names).strip().splitlines()[-1])
        return told

    def script(self, text: str, *arguments: str, status: int = 0) -> str:
        """Return what a Python program prints; it must exit with ``status``."""
        return self.run("python", "-c", text, *arguments, status=status)

    def run(self, *command: str, status: int = 0) -> str:
        """Return what a command prints; it must exit with ``status``."""
        done = subprocess.run(
            (str(self._home / "bin" / command[0]), *command[1:]),
            cwd=self._place,
            env=self.variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_SECONDS_MAX,
            check=False,
        )
        assert status == done.returncode, done.stdout + done.stderr
        return done.stdout


@contextmanager
def serving(place: Path) -> Iterator[str]:
    """Run MLflow's own server over a database in ``place`` while the block runs, and give its address."""
    if not PYTHON.exists():
        missing("MLflow is not installed: make parts")
    place.mkdir(parents=True, exist_ok=True)
    # Somebody else may take the port before the server does.
    for is_last in (False, False, True):
        url, server = _start(place)
        if _answers(url, server):
            break
        assert not is_last, (place / "log").read_text()
    try:
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _start(place: Path) -> tuple[str, subprocess.Popen[bytes]]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = str(bound.getsockname()[1])
    command = (str(PYTHON), "-m", "mlflow", "server", "--backend-store-uri", "sqlite:///mlflow.db", "--workers", "1")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("LINEAL_", "PYTHONPATH"))}
    variables |= {"HOME": str(place), "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    variables |= {"PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"}
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            (*command, "--host", "127.0.0.1", "--port", port),
            cwd=place,
            env=variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return f"http://127.0.0.1:{port}", server


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Return whether a server answers, once it does, or has ended."""
    until = time.monotonic() + _SECONDS_MAX
    while time.monotonic() < until and server.poll() is None:
        with suppress(urllib3.exceptions.HTTPError):
            if urllib3.request("GET", f"{url}/health", retries=False).status == 200:
                return True
        time.sleep(0.2)
    return False

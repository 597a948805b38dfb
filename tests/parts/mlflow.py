"""The real MLflow client and server, in an environment of its own: it brings a hundred packages, and none of them is ours."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import urllib3

from tests.parts.part import INSTALLED, missing

PYTHON = INSTALLED / "mlflow" / "bin" / "python"

_SECONDS_MAX = 300


class Mlflow:
    """Programs that import MLflow, and its command, with a home of their own.

    Args:
        place: a directory for what they keep.
        url: the server that they talk to.
    """

    def __init__(self, place: Path, url: str) -> None:
        if not PYTHON.exists():
            missing("MLflow is not installed: make parts")
        place.mkdir(parents=True, exist_ok=True)
        self._place = place
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LINEAL_", "PYTHONPATH"))}
        self._variables = {
            **kept,
            "HOME": str(place),
            "MLFLOW_TRACKING_URI": url,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
            "GIT_PYTHON_REFRESH": "quiet",
            "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
        }

    def script(self, text: str, *arguments: str, status: int = 0) -> str:
        """Return what a Python program prints; it must exit with ``status``."""
        return self.run(str(PYTHON), "-c", text, *arguments, status=status)

    def run(self, *command: str, status: int = 0) -> str:
        """Return what a command prints; it must exit with ``status``."""
        done = subprocess.run(
            command,
            cwd=self._place,
            env=self._variables,
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

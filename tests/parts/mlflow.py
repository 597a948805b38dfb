"""The real MLflow client, in an environment of its own: it brings a hundred packages, and none of them is ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

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
        self.variables = {
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
            env=self.variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_SECONDS_MAX,
            check=False,
        )
        assert status == done.returncode, done.stdout + done.stderr
        return done.stdout

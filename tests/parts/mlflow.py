"""The real MLflow, in environments of their own: each brings a hundred packages, and none of them is ours."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.parts.part import INSTALLED, TOP, missing

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
        if not (self._home / "installed").exists():
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

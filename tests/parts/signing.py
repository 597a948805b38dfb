"""The programs that others verify signed models with, in an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.parts.part import INSTALLED, missing

PYTHON = INSTALLED / "signing" / "bin" / "python"

_PROGRAM = Path(__file__).with_name("signing_program.py")
_SECONDS_MAX = 180


def asked(cases: list[dict[str, Any]]) -> list[str]:
    """Have each case done, in one process, and return what went wrong with each; empty where nothing did."""
    if not PYTHON.exists():
        missing("the verifiers of signed models are not installed: make parts")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [PYTHON, _PROGRAM],
        input=json.dumps(cases),
        env=variables,
        capture_output=True,
        check=False,
        text=True,
        timeout=_SECONDS_MAX,
    )
    assert not done.returncode, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found

"""The peers, in an environment of their own under ``.peers/``, made on first use."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[2]
REQUIREMENTS = ("fairlearn==0.15.0", "statsmodels==0.15.0", "scikit-learn==1.9.1", "scipy==1.17.1")


@cache
def python() -> Path:
    """Return the interpreter of the environment with all of them."""
    home, wanted = TOP / ".peers" / "gates", " ".join(REQUIREMENTS)
    stamp = home / "installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"installing {wanted} into {home.relative_to(TOP)}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run((sys.executable, "-m", "venv", home), check=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS)
        subprocess.run((home / "bin" / "python", *install), check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return home / "bin" / "python"


def ask(work: str, arrays: Path) -> Any:
    """Return what the peers answer to ``work`` on some arrays."""
    program = Path(__file__).with_name("answering.py")
    said = subprocess.run((python(), program, work, arrays), check=True, capture_output=True, text=True)
    return json.loads(said.stdout)

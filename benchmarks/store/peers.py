"""The peer, in an environment of its own under ``.peers/``, made on first use."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from benchmarks.store.measure import talk

TOP = Path(__file__).parents[2]
DVC_VERSION = "3.67.1"


@cache
def dvc() -> Path:
    """Return DVC's program, with what it needs for S3."""
    home, requirement = TOP / ".peers" / "dvc", f"dvc[s3]=={DVC_VERSION}"
    stamp = home / "installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != requirement:
        talk(f"installing {requirement} into {home.relative_to(TOP)}")
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run((sys.executable, "-m", "venv", home), check=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement)
        subprocess.run((home / "bin" / "python", *install), check=True)
        stamp.write_text(requirement, encoding="utf-8")
    return home / "bin" / "dvc"

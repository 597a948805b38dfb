"""The peers, each in an environment of its own under ``.peers/``, made on first use."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.store.measure import talk

TOP = Path(__file__).parents[2]
HOME = TOP / ".peers"

DVC = "dvc[s3]==3.67.1"
MOTO = "moto[s3,server]>=5.2"
PYARROW = "pyarrow>=21"


def programs(requirement: str) -> Path:
    """Return the folder of the programs of an environment that holds ``requirement`` and what it needs."""
    home = HOME / re.split(r"\W", requirement, maxsplit=1)[0]
    stamp = home / "installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != requirement:
        talk(f"installing {requirement} into {home.relative_to(TOP)}")
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run((sys.executable, "-m", "venv", home), check=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement)
        subprocess.run((home / "bin" / "python", *install), check=True, stderr=subprocess.DEVNULL)
        stamp.write_text(requirement, encoding="utf-8")
    return home / "bin"


def path_of_pyarrow() -> dict[str, str]:
    """Return the variables with which this Python finds pyarrow: none, where it has it."""
    if importlib.util.find_spec("pyarrow"):
        return {}
    libraries = next((programs(PYARROW).parent / "lib").glob("python*")) / "site-packages"
    return {"PYTHONPATH": os.pathsep.join((str(libraries), os.environ.get("PYTHONPATH", "")))}

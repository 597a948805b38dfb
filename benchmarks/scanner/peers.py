"""The peers, in an environment of their own under ``.peers/``, made on first use; and what each says that it reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from benchmarks.store.measure import talk

TOP = Path(__file__).parents[2]
REQUIREMENTS = (
    "picklescan==1.0.5",
    "modelscan[h5py]==0.8.8",
    "fickling==0.1.12",
    "py7zr==1.1.4",
    "typing_extensions==4.16.0",
)

_TORCH = {".pkl", ".pickle", ".joblib", ".dat", ".data", ".bin", ".pt", ".pth", ".ckpt", ".npy", ".npz", ".zip"}

READS: dict[str, set[str]] = {
    "picklescan": _TORCH | {".7z"},
    "modelscan": _TORCH | {".dill", ".h5", ".keras", ".pb"},
    "fickling": {".pkl", ".pickle", ".joblib", ".bin", ".pt", ".pth", ".ckpt"},
}
"""The names of files that each says it reads."""


@cache
def interpreter() -> Path:
    """Return the Python that has the peers."""
    home = TOP / ".peers" / "scanner"
    stamp = home / "installed"
    wanted = "\n".join(REQUIREMENTS)
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        talk(f"installing {', '.join(REQUIREMENTS)} into {home.relative_to(TOP)}")
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run((sys.executable, "-m", "venv", home), check=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS)
        subprocess.run((home / "bin" / "python", *install), check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return home / "bin" / "python"

"""A package with a build backend of its own, so that real installers work without any network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_BACKEND = """
import base64, hashlib, pathlib, zipfile

def _line(path, text):
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(text)}\\n"

def _wheel(folder, files):
    name = "tiny-1.0-py3-none-any.whl"
    files = {**files, "METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n",
             "WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
             "entry_points.txt": "[console_scripts]\\ntiny = tiny:main\\n"}
    inside = {path if path.endswith((".py", ".pth")) else f"tiny-1.0.dist-info/{path}": text for path, text in files.items()}
    inside["tiny-1.0.dist-info/RECORD"] = "".join(_line(*each) for each in inside.items())
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        for path, text in inside.items():
            wheel.writestr(path, text)
    return name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {"tiny.py": pathlib.Path("tiny.py").read_text()})

def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {"_tiny.pth": str(pathlib.Path.cwd())})
"""


def write_package(folder: Path) -> Path:
    """Write a package called ``tiny`` that builds itself."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "backend.py").write_text(_BACKEND)
    (folder / "tiny.py").write_text("def main(): print(1)\n")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "tiny"\nversion = "1.0"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    return folder


def build(folder: Path, into: Path) -> Path:
    """Return the package's wheel."""
    subprocess.run(
        (sys.executable, "-c", f"import backend; backend.build_wheel({str(into)!r})"), cwd=folder, check=True
    )
    return into / "tiny-1.0-py3-none-any.whl"


def uv(*arguments: str | Path, home: Path) -> None:
    """Run uv without a network, with a cache in ``home``."""
    quiet = {"UV_CACHE_DIR": str(home / "uv"), "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}
    command = (sys.executable, "-m", "uv", *map(str, arguments))
    subprocess.run(command, env={**os.environ, **quiet}, capture_output=True, check=True)


def venv(folder: Path, *installed: str | Path, home: Path) -> Path:
    """Return the interpreter of a new environment with these packages, which uv installs."""
    uv("venv", "--python", sys.executable, folder, home=home)
    python = folder / "bin" / "python"
    for each in installed:
        options = ("-e", each) if isinstance(each, Path) and each.is_dir() else (each,)
        uv("pip", "install", "--python", python, "--no-index", *options, home=home)
    return python
